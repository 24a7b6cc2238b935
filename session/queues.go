package session

import (
	"sync"

	"github.com/crafteasy/auth/internal/turns"
)

// queues are one for each payload whose signature is being verified: those who present it with different signatures come one after the
// other. Somebody with one genuine payload can write as many signatures under it as they like, and must not be the whole queue for the curve.
type queues struct {
	mu sync.Mutex
	of map[string]*queue
}

// queue lets one at a time through. It is there as long as somebody is in it.
type queue struct {
	turns *turns.Turns
	held  int
}

// enter answers the queue of a payload. [queues.leave] follows.
func (q *queues) enter(payload string) *queue {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.of == nil {
		q.of = map[string]*queue{}
	}
	one := q.of[payload]
	if one == nil {
		one = &queue{turns: turns.New(1, errBusy)}
		q.of[payload] = one
	}
	one.held++
	return one
}

func (q *queues) leave(payload string, one *queue) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if one.held--; one.held == 0 {
		delete(q.of, payload)
	}
}

package memstore

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"github.com/crafteasy/auth/abuse"
)

var _ abuse.Store = (*locks)(nil)

// How long a lock is kept after its wait: a few stray failures are soon forgotten, a series is not.
const (
	fewFailures = 5
	keepFew     = 24 * time.Hour
	keepMany    = 30 * 24 * time.Hour
)

// locks is the view of failed guesses.
type locks struct {
	now func() time.Time
	max int

	mu    sync.Mutex
	held  map[string]abuse.Lock
	broom broom[string]
}

func newLocks(o Options) *locks {
	return &locks{now: o.Now, max: o.MaxEntries, held: map[string]abuse.Lock{}}
}

func kept(l abuse.Lock) time.Time {
	if l.Failures < fewFailures {
		return l.Until.Add(keepFew)
	}
	return l.Until.Add(keepMany)
}

// Lock answers the lock of a subject.
func (l *locks) Lock(ctx context.Context, subject string) (abuse.Lock, error) {
	if err := ctx.Err(); err != nil {
		return abuse.Lock{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held[subject], nil
}

// Swap replaces the lock if it still equals from.
func (l *locks) Swap(ctx context.Context, subject string, from, to abuse.Lock) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broom.sweep(l.now(), l.gone)
	old, known := l.held[subject]
	if old.Failures != from.Failures || !old.Until.Equal(from.Until) {
		return false, nil
	}
	if !known && len(l.held) >= l.max && !l.makeRoom() {
		return false, ErrFull
	}
	to.Until = exact(to.Until)
	l.held[subject] = to
	if !known {
		l.broom.add(kept(to), subject)
	}
	return true, nil
}

// gone drops a lock whose time is over, or answers when it will be.
func (l *locks) gone(subject string) time.Time {
	held, ok := l.held[subject]
	if !ok {
		return time.Time{}
	}
	if end := kept(held); end.After(l.now()) {
		return end
	}
	delete(l.held, subject)
	return time.Time{}
}

// makeRoom forgets a lock of a few failures, the one that ends first: whoever fills the memory with failures at a million subjects gains a
// handful of guesses at one.
func (l *locks) makeRoom() bool {
	const tries = 256
	for range min(tries, len(l.broom.due)) {
		d, _ := heap.Pop(&l.broom.due).(due[string])
		held, known := l.held[d.what]
		switch {
		case !known:
		case held.Failures < fewFailures:
			delete(l.held, d.what)
			return true
		default:
			l.broom.add(kept(held), d.what)
		}
	}
	return false
}

// Clear forgets the lock of a subject.
func (l *locks) Clear(ctx context.Context, subject string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, subject)
	return nil
}

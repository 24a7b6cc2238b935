// Package turns bounds how much is under way at a time. Whoever comes later waits, and where no turn becomes free is refused before
// anything was done for them: what has begun comes to its end within its deadlines, and nobody's code is spent on a request that does not.
// [Open] says what has not ended yet.
package turns

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/crafteasy/auth/internal/ctxkey"
	"github.com/crafteasy/auth/internal/problem"
)

// Wait is how long a turn is waited for.
const Wait = 5 * time.Second

// Turns are a number of turns. They are safe for concurrent use. A nil one bounds nothing.
type Turns struct {
	places chan struct{}
	busy   error
}

// New makes n turns. What is busy is the cause of a refusal.
func New(n int, busy error) *Turns { return &Turns{make(chan struct{}, n), busy} }

// OnHalf makes turns for work that takes a processor whole: as many as half of the processors, and one at least.
func OnHalf(busy error) *Turns { return New(max(runtime.GOMAXPROCS(0)/2, 1), busy) }

// Take waits for a turn, in the order of coming, for as long as [Wait] and ctx last. The refusal is unavailable.
func (t *Turns) Take(ctx context.Context) (*Turn, error) {
	if t == nil {
		return nil, nil //nolint:nilnil // a turn of nobody's, which may be given back
	}
	late, err := t.enter(ctx)
	if err != nil {
		return nil, err
	}
	return &Turn{of: t, late: late}, nil
}

// Do runs f in a turn, which is waited for like one of [Turns.Take]. When it answers an error, f has not run.
func (t *Turns) Do(ctx context.Context, f func()) error {
	if t != nil {
		if _, err := t.enter(ctx); err != nil {
			return err
		}
		defer func() { <-t.places }()
	}
	f()
	return nil
}

// enter waits for a place, and says whether it had to.
func (t *Turns) enter(ctx context.Context) (late bool, err error) {
	select {
	case t.places <- struct{}{}:
		return false, nil
	default:
	}
	timer := time.NewTimer(Wait)
	defer timer.Stop()
	select {
	case t.places <- struct{}{}:
		return true, nil
	case <-timer.C:
		return true, problem.Unavailable(t.busy)
	case <-ctx.Done():
		return true, problem.Unavailable(context.Cause(ctx))
	}
}

// Turn is one that was taken.
type Turn struct {
	of   *Turns
	late bool
	over atomic.Bool
}

// Late says that the turn was waited for, so that what was found before may no longer hold.
func (t *Turn) Late() bool { return t != nil && t.late }

// GiveBack lets the next one in. It may be called again, and at the same time.
func (t *Turn) GiveBack() {
	if t != nil && !t.over.Swap(true) {
		<-t.of.places
	}
}

// GiveBack gives back the turn of the request that ctx belongs to, if it has one. Whoever waits for something that a stranger can make slow
// goes on without a turn: otherwise a few who do so would keep everybody out.
func GiveBack(ctx context.Context) {
	if t, ok := ctx.Value(ctxkey.Turn{}).(*Turn); ok {
		t.GiveBack()
	}
}

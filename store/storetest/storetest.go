package storetest

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Open makes an empty store for one rule and registers what must be cleaned up with t. Stores that share a server must
// not see one another's data. A back end that compares times itself takes them from now.
type Open[S any] func(t *testing.T, now func() time.Time) S

// racers is how many goroutines compete where a rule names one winner.
const racers = 100

// patience bounds the wait for a server that keeps its own time.
const patience = 2 * time.Second

// tb is as much of [testing.TB] as a rule needs, so that the rules themselves can be tested.
type tb interface {
	Helper()
	Context() context.Context
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// rule is one sentence of a contract and the check that enforces it.
type rule[S any] struct {
	sentence string
	check    func(t tb, s S, c *clock)
}

// run checks every rule on a fresh store.
func run[S any](t *testing.T, open Open[S], rules []rule[S]) {
	t.Helper()
	for _, r := range rules {
		t.Run(r.sentence, func(t *testing.T) {
			c := newClock()
			s := open(t, c.Now)
			if absent(s) {
				t.Fatal("open answers no store")
			}
			r.check(t, s, c)
		})
	}
}

// absent reports whether a store is nil, or a nil pointer in an interface.
func absent(s any) bool {
	v := reflect.ValueOf(s)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// clock is moved by hand. It begins at the present, so that a server's own expiry does not remove what a rule just wrote.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Now().UTC().Truncate(time.Millisecond)} }

// Now is the present of the store under test.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the present on.
func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// race calls fn n times at once, with the number of the caller, and returns when all are done. fn must not call Fatalf.
func race(n int, fn func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	wg.Wait()
}

// oneWinner lets all racers call fn at once and demands that exactly one is told true, and none fails. It answers the
// number of the winner.
func oneWinner(t tb, fn func(i int) (bool, error)) int {
	t.Helper()
	var wins, winner atomic.Int64
	race(racers, func(i int) {
		won, err := fn(i)
		if err != nil {
			t.Errorf("racer %d: %v", i, err)
		}
		if won {
			wins.Add(1)
			winner.Store(int64(i))
		}
	})
	if n := wins.Load(); n != 1 {
		t.Fatalf("%d of %d racers won, want 1", n, racers)
	}
	return int(winner.Load())
}

// cancelled is a context that is over before the store is asked.
func cancelled(t tb) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// eventually polls until done, for stores whose server keeps its own time.
func eventually(t tb, what string, done func() bool) {
	t.Helper()
	const step = 20 * time.Millisecond
	for range patience / step {
		if done() {
			return
		}
		time.Sleep(step)
	}
	t.Fatalf("%s: not within %v", what, patience)
}

// noError stops the rule when the store failed.
func noError(t tb, err error, doing string) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", doing, err)
	}
}

// wantError stops the rule unless err is the sentinel want.
func wantError(t tb, err, want error, doing string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s: error %v, want %v", doing, err, want)
	}
}

// same stops the rule unless got is want in every field. Times must be in UTC and without a monotonic reading to be the same.
func same[V any](t tb, got, want V, what string) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: got %+v, want %+v", what, got, want)
	}
}

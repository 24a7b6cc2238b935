package authtest

import (
	"context"
	"errors"
	"strings"
	"sync"
)

// ErrInjected is the failure that a [Fault] answers when it names none.
var ErrInjected = errors.New("authtest: injected failure")

// Effect is what a [Fault] does to a call.
type Effect uint8

// The effects.
const (
	// Refuse answers the error and does nothing.
	Refuse Effect = iota
	// Hang waits until the caller's context ends, and answers its error. It does nothing.
	Hang
	// FailAfter does what was asked and answers the error all the same, as a connection does that breaks too late.
	FailAfter
	// Garbage answers a value that nobody stored, and no error: bytes that mean nothing, or the zero value.
	Garbage
	// Pause does what was asked. It is for [Fault.Before] and [Fault.After].
	Pause
	// Lose does what was asked, and answers the error of the caller's context where that has ended by then, as a driver does that gives
	// a call up when its client leaves. It is for [Fault.After].
	Lose
)

// Fault is a rule for calls to a back end.
type Fault struct {
	// On names the calls: a view and a verb as in "kv.Take", a view ("kv", "users", "sessions", "locks", "totp", "passkeys", "apikeys",
	// "links"), or empty for all.
	On string
	// Key restricts it to calls whose key, id or address contains the text.
	Key string
	// Beside says that it hits what the sending of messages asks too. That comes at any time after the request that led to it, so that
	// without it a fault is for requests alone, as the log of calls is.
	Beside bool
	// Times is how many calls it hits, and 0 means all.
	Times int
	// Do is what happens to them.
	Do Effect
	// Err is the failure. Default: [ErrInjected].
	Err error
	// Before is called before the call is served, for tests that need something to happen in between. It runs once for each call
	// that is hit, without a lock held.
	Before func()
	// After is called in the same way after what was asked is done: not by Refuse, Hang and Garbage.
	After func()
}

// Call is one call to a back end.
type Call struct {
	// Verb is the view and the verb, such as "sessions.Rotate".
	Verb string
	// Key is the key, id or address that it names.
	Key string
}

// Faults stands between a program and its back ends: it logs every call, and breaks those that the test wants broken. It is
// safe for concurrent use; the zero value breaks nothing.
type Faults struct {
	mu    sync.Mutex
	rules []*rule
	calls []Call
}

type rule struct {
	Fault

	left int
}

// Inject adds a fault and answers the function that takes it away again. Of several that fit a call, the first counts.
func (f *Faults) Inject(fault Fault) (remove func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := &rule{fault, fault.Times}
	f.rules = append(f.rules, r)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		for i, held := range f.rules {
			if held == r {
				f.rules = append(f.rules[:i:i], f.rules[i+1:]...)
				return
			}
		}
	}
}

// Calls are all calls of requests since the last [Faults.Forget], broken or not, in their order.
func (f *Faults) Calls() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Call(nil), f.calls...)
}

// Count is how many calls fit: on is as in [Fault.On].
func (f *Faults) Count(on string) int {
	n := 0
	for _, c := range f.Calls() {
		if fits(on, c.Verb) {
			n++
		}
	}
	return n
}

// Forget empties the log of calls.
func (f *Faults) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = nil
}

func fits(on, verb string) bool {
	return on == "" || on == verb || strings.HasPrefix(verb, on+".")
}

// hit logs a call and answers the fault that breaks it, or nil.
func (f *Faults) hit(verb, key string, beside bool) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !beside {
		f.calls = append(f.calls, Call{verb, key})
	}
	for _, r := range f.rules {
		if beside && !r.Beside || !fits(r.On, verb) || !strings.Contains(key, r.Key) || (r.Times > 0 && r.left == 0) {
			continue
		}
		r.left--
		found := r.Fault
		return &found
	}
	return nil
}

type besideKey struct{}

// beside tells what the sending of messages asks of a store, some time after the request that led to it, from what requests ask.
func beside(observe func(context.Context, string) (context.Context, func(string))) func(context.Context, string) (context.Context, func(string)) {
	return func(ctx context.Context, op string) (context.Context, func(string)) {
		done := func(string) {}
		if observe != nil {
			ctx, done = observe(ctx, op)
		}
		if strings.HasPrefix(op, "send ") {
			ctx = context.WithValue(ctx, besideKey{}, true)
		}
		return ctx, done
	}
}

// serve is a call: do does it, garbage is what a lying back end answers.
func serve[T any](ctx context.Context, f *Faults, verb, key string, garbage T, do func() (T, error)) (T, error) {
	fault := f.hit(verb, key, ctx.Value(besideKey{}) != nil)
	if fault == nil {
		return do()
	}
	if fault.Before != nil {
		fault.Before()
	}
	err := fault.Err
	if err == nil {
		err = ErrInjected
	}
	var zero T
	switch fault.Do {
	case Refuse:
		return zero, err
	case Hang:
		<-ctx.Done()
		return zero, ctx.Err()
	case Garbage:
		return garbage, nil
	case FailAfter, Pause, Lose:
	}
	v, failed := do()
	if fault.After != nil {
		fault.After()
	}
	if ended := ctx.Err(); fault.Do == Lose && ended != nil {
		return zero, ended
	}
	if fault.Do == FailAfter {
		return zero, err
	}
	return v, failed
}

// act is [serve] for verbs that answer nothing but an error.
func act(ctx context.Context, f *Faults, verb, key string, do func() error) error {
	_, err := serve(ctx, f, verb, key, struct{}{}, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

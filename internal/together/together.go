package together

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/crafteasy/auth/internal/problem"
)

// errUnfinished is the error of a function that ended its goroutine: what it was to find out is not known.
var errUnfinished = errors.New("together: a function did not return")

// end is how a function ended.
type end struct {
	err      error
	panicked any
}

func (e end) failed() bool { return e.err != nil || e.panicked != nil }

// Do calls all functions at once, and comes back when every one has ended. It answers the first error, which ends the context of the
// others. A panic goes on in the caller's goroutine, where it ends a request and not the program.
func Do(ctx context.Context, all ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ends := make(chan end, len(all))
	for _, f := range all {
		go call(ctx, f, ends)
	}
	var first end
	for range all {
		e := <-ends
		if e.failed() && !first.failed() {
			first = e
			cancel()
		}
	}
	if first.panicked != nil {
		panic(first.panicked)
	}
	return first.err
}

// Beside is [Do] for a decision and for a look at what the caller needs next, which changes nothing. A refusal is the answer whatever was
// seen, and unlike a failure it does not end the look: a driver may close the connection of a question that is given up, and then whoever is
// refused could have one closed by every request.
func Beside(ctx context.Context, decide, look func(context.Context) error) error {
	var refusal error
	err := Do(ctx, func(ctx context.Context) error {
		err := decide(ctx)
		if p, ok := problem.As(err); ok && p.Status() < http.StatusInternalServerError {
			refusal = err
			return nil
		}
		return err
	}, look)
	if refusal != nil {
		return refusal
	}
	return err
}

func call(ctx context.Context, f func(context.Context) error, ends chan<- end) {
	e := end{err: errUnfinished}
	defer func() {
		e.panicked = traced(recover())
		ends <- e
	}()
	e.err = f(ctx)
}

// traced adds to what a function panicked with where it did: the caller's stack does not show it.
func traced(cause any) any {
	if cause == nil || cause == http.ErrAbortHandler { //nolint:errorlint,err113 // the sentinel itself is panicked, never wrapped
		return cause
	}
	return fmt.Sprintf("%v\n%s", cause, debug.Stack())
}

package together_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/together"
)

var errBroken = errors.New("broken")

func fine(context.Context) error { return nil }

func waits(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestDo(t *testing.T) {
	for _, tt := range []struct {
		name string
		all  []func(context.Context) error
		want error
	}{
		{"nothing to do is no error", nil, nil},
		{"all end well", []func(context.Context) error{fine, fine, fine}, nil},
		{"the first error ends the others and is the answer", []func(context.Context) error{
			waits, func(context.Context) error { return errBroken }, waits,
		}, errBroken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // a function that is left behind fails it
				if err := together.Do(t.Context(), tt.all...); !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
			})
		})
	}
	t.Run("what ends its goroutine has not succeeded", func(t *testing.T) {
		gone := func(context.Context) error { runtime.Goexit(); return nil }
		if err := together.Do(t.Context(), fine, gone); err == nil {
			t.Error("no error")
		}
	})
	t.Run("they run at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a, b := make(chan struct{}), make(chan struct{})
			err := together.Do(
				t.Context(),
				func(context.Context) error { close(a); <-b; return nil },
				func(context.Context) error { <-a; close(b); return nil },
			)
			if err != nil {
				t.Error(err)
			}
		})
	})
}

// TestBeside: a refusal is the answer and lets the look come to its end; a failure of either ends the other.
func TestBeside(t *testing.T) {
	slow := func(err error) func(context.Context) error {
		return func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Second):
				return err
			}
		}
	}
	at := func(err error) func(context.Context) error { return func(context.Context) error { return err } }
	unavailable := problem.Unavailable(errBroken)
	for _, tt := range []struct {
		name         string
		decide, look func(context.Context) error
		want         error
		took         time.Duration
	}{
		{"let through", fine, slow(nil), nil, time.Second},
		{"refused", at(problem.ErrRateLimited), slow(nil), problem.ErrRateLimited, time.Second},
		{"refused, and then nothing is seen", at(problem.ErrRateLimited), slow(errBroken), problem.ErrRateLimited, time.Second},
		{"not decided", at(unavailable), waits, problem.ErrUnavailable, 0},
		{"not decided for a reason that is no refusal", at(errBroken), waits, errBroken, 0},
		{"nothing is seen", waits, at(errBroken), errBroken, 0},
		{"nothing is seen, and then it is let through", slow(nil), slow(errBroken), errBroken, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				if err := together.Beside(t.Context(), tt.decide, tt.look); !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				if took := time.Since(begun); took != tt.took {
					t.Errorf("it takes %v, want %v", took, tt.took)
				}
			})
		})
	}
}

// TestDo_Panics: a panic reaches who called, and ends the others first.
func TestDo_Panics(t *testing.T) {
	for _, tt := range []struct {
		name string
		with any
		same bool
	}{
		{"with the place it came from", "out of order", false},
		{"the sentinel of net/http as it is", http.ErrAbortHandler, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			defer func() {
				cause := recover()
				if tt.same && cause != tt.with { //nolint:errorlint // the sentinel itself is panicked
					t.Errorf("panics with %v", cause)
				}
				if text, _ := cause.(string); !tt.same && (!strings.HasPrefix(text, "out of order") || !strings.Contains(text, "together_test.go")) {
					t.Errorf("panics with %v", cause)
				}
			}()
			err := together.Do(t.Context(), waits, func(context.Context) error { panic(tt.with) })
			t.Errorf("comes back with %v", err)
		})
	}
}

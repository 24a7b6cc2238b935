package together_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

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

package storetest

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// recorder is a test that may fail without failing the one it runs in.
type recorder struct {
	t        *testing.T
	mu       sync.Mutex
	failures []string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.t.Context() }
func (r *recorder) Logf(string, ...any)      {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// broken runs every rule on a fresh store and answers what the rules that fail had to say, by their sentence. Rules that
// poll in vain do so in no time.
func broken[S any](t *testing.T, open Open[S], rules []rule[S]) map[string][]string {
	t.Helper()
	all := make(map[string][]string)
	for _, r := range rules {
		synctest.Test(t, func(t *testing.T) {
			rec := &recorder{t: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				c := newClock()
				r.check(rec, open(t, c.Now), c)
			}()
			<-done
			if len(rec.failures) > 0 {
				all[r.sentence] = rec.failures
			}
		})
	}
	return all
}

// flaw is a defect of a store and a rule that must notice it.
type flaw[S any] struct {
	name  string
	open  Open[S]
	rules []string
}

// notice demands that for each flaw the rules named, at least, fail; and that every rule notices some flaw.
func notice[S any](t *testing.T, flaws []flaw[S], rules []rule[S]) {
	t.Helper()
	idle := make(map[string]bool)
	for _, r := range rules {
		if idle[r.sentence] {
			t.Errorf("two rules say %q", r.sentence)
		}
		idle[r.sentence] = true
	}
	ran := 0
	for _, f := range flaws {
		t.Run(f.name, func(t *testing.T) {
			ran++
			failed := broken(t, f.open, rules)
			unnoticed := func(want string) bool { return len(failed[want]) == 0 }
			// A race shows in most orders of the goroutines and not in all.
			for range 20 {
				if !slices.ContainsFunc(f.rules, unnoticed) {
					break
				}
				maps.Copy(failed, broken(t, f.open, rules))
			}
			for _, want := range f.rules {
				if unnoticed(want) {
					t.Errorf("the rule %q does not notice, or there is none", want)
				}
			}
			for sentence, failures := range failed {
				delete(idle, sentence)
				t.Logf("%q: %s", sentence, failures[0])
			}
		})
	}
	if ran < len(flaws) {
		return // a filter left some out
	}
	for sentence := range idle {
		t.Errorf("the rule %q notices none of the flaws: it may be unable to fail", sentence)
	}
}

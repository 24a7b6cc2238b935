package abuse_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/internal/secret"
)

var victim = abuse.Subject{Method: "code", ID: "victim"}

// wait is what a refused guess is told.
func (f *fixture) wait(t *testing.T, s abuse.Subject) time.Duration {
	t.Helper()
	return f.refused(t, f.Admit(t.Context(), s), abuse.ErrRateLimited, "backoff").RetryAfter()
}

// TestR05_TheDelayGrowsToTheCap: five guesses are free, then each failure doubles the wait from 30 seconds to an hour.
func TestR05_TheDelayGrowsToTheCap(t *testing.T) {
	f := fixed(t, abuse.Options{})
	for range 5 {
		must(t, f.Admit(t.Context(), victim))
	}
	for i, want := range []time.Duration{30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600} {
		want *= time.Second
		f.take()
		if got := f.wait(t, victim); got != want {
			t.Fatalf("after failure %d the wait is %v, want %v", i+5, got, want)
		}
		f.advance(want - time.Millisecond)
		f.wait(t, victim)
		f.advance(time.Millisecond)
		must(t, f.Admit(t.Context(), victim))
	}
}

// TestR05_ASuccessClearsItsOwnCounterAlone: neither another account, nor another kind of code, nor the address is forgiven.
func TestR05_ASuccessClearsItsOwnCounterAlone(t *testing.T) {
	f := fixed(t, abuse.Options{})
	ctx := from("192.0.2.1")
	mine := abuse.Subject{Method: "code", ID: "attacker"}
	other := abuse.Subject{Method: "sms_otp", ID: "victim"}
	for range 5 {
		must(t, f.Admit(ctx, victim))
		must(t, f.FailedIP(ctx))
		must(t, f.Admit(ctx, mine))
		must(t, f.Succeeded(ctx, mine))
		must(t, f.Admit(ctx, other))
		must(t, f.Succeeded(ctx, other))
	}
	f.take()
	f.wait(t, victim)
	f.refused(t, f.CheckIP(ctx), abuse.ErrRateLimited, "ip_backoff")
	must(t, f.Admit(ctx, mine))
	must(t, f.Admit(ctx, other))
}

// TestR05_ClockJumps: a clock that jumps by a day, either way, neither frees a guesser nor freezes the owner out.
func TestR05_ClockJumps(t *testing.T) {
	for name, jump := range map[string]time.Duration{"back": -24 * time.Hour, "forward": 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			f := fixed(t, abuse.Options{})
			ctx := from("192.0.2.1")
			for range 5 {
				must(t, f.Admit(ctx, victim))
				must(t, f.FailedIP(ctx))
			}
			f.advance(jump)
			f.take()
			if jump < 0 {
				if got := f.wait(t, victim); got != 30*time.Second {
					t.Errorf("the wait is %v, want 30s", got)
				}
				if got := f.refused(t, f.CheckIP(ctx), abuse.ErrRateLimited, "ip_backoff").RetryAfter(); got != 30*time.Second {
					t.Errorf("the wait of the address is %v, want 30s", got)
				}
				f.advance(29 * time.Second)
				f.wait(t, victim)
				f.refused(t, f.CheckIP(ctx), abuse.ErrRateLimited, "ip_backoff")
				f.advance(time.Second)
				must(t, f.CheckIP(ctx))
			}
			// One guess is admitted, and the failures before the jump have not been forgotten.
			must(t, f.Admit(ctx, victim))
			if got := f.wait(t, victim); got != time.Minute {
				t.Errorf("after the jump the wait is %v, want 1m", got)
			}
		})
	}
}

// TestR05_AJumpBackCostsNoFreeTry: what is free stays free when the clock goes back.
func TestR05_AJumpBackCostsNoFreeTry(t *testing.T) {
	f := fixed(t, abuse.Options{})
	for range 5 {
		must(t, f.Admit(t.Context(), victim))
		f.advance(-time.Hour)
	}
	f.wait(t, victim)
}

// TestR05_Restart: another instance, or the same one after a restart, goes on counting.
func TestR05_Restart(t *testing.T) {
	f := fixed(t, abuse.Options{})
	ctx := from("192.0.2.1")
	for range 5 {
		must(t, f.twin().Admit(ctx, victim))
		must(t, f.twin().FailedIP(ctx))
	}
	f.take()
	f.wait(t, victim)
	f.refused(t, f.twin().CheckIP(ctx), abuse.ErrRateLimited, "ip_backoff")
}

// TestR05_ParallelGuesses: of 300 guesses at once on two instances five are admitted, and one for each wait.
func TestR05_ParallelGuesses(t *testing.T) {
	f := fixed(t, abuse.Options{})
	guards := []*abuse.Guard{f.Guard, f.twin()}
	for _, want := range []int64{5, 1, 1} {
		var admitted atomic.Int64
		var all sync.WaitGroup
		for i := range 300 {
			all.Go(func() {
				if err := guards[i%2].Admit(t.Context(), victim); err == nil {
					admitted.Add(1)
				} else if !errors.Is(err, abuse.ErrRateLimited) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if admitted.Load() != want {
			t.Errorf("%d guesses were admitted, want %d", admitted.Load(), want)
		}
		f.advance(time.Hour)
	}
}

// overtaken lets another guess go first, between the look at the lock and its change.
type overtaken struct {
	abuse.Store

	by func()
}

func (o *overtaken) Swap(ctx context.Context, subject string, from, to abuse.Lock) (bool, error) {
	if by := o.by; by != nil {
		o.by = nil
		by()
	}
	return o.Store.Swap(ctx, subject, from, to)
}

// TestR05_NoGuessIsLost: who is overtaken between the look and the change counts all the same.
func TestR05_NoGuessIsLost(t *testing.T) {
	f := fixed(t, abuse.Options{})
	ring, err := secret.NewRing(f.secret)
	must(t, err)
	locks := &overtaken{Store: f.store.Locks(), by: func() { must(t, f.Admit(t.Context(), victim)) }}
	slow, err := abuse.New(f.store.KV(), locks, ring, abuse.Options{Now: f.Now})
	must(t, err)
	must(t, slow.Admit(t.Context(), victim))
	for range 3 {
		must(t, f.Admit(t.Context(), victim))
	}
	f.wait(t, victim)
}

// TestIPBackoff: wrong codes of one address add up over accounts, its /64 is one, and they are forgotten after two hours.
func TestIPBackoff(t *testing.T) {
	f := fixed(t, abuse.Options{})
	for _, ip := range []string{"2001:db8:1:1::1", "2001:db8:1:1::2", "2001:db8:1:1:ffff::", "2001:db8:1:1:1:2:3:4"} {
		must(t, f.FailedIP(from(ip)))
		must(t, f.CheckIP(from(ip)))
	}
	must(t, f.FailedIP(from("2001:db8:1:1::5")))
	for i, want := range []time.Duration{30, 60, 120, 240, 480, 960, 1920, 3600} {
		want *= time.Second
		f.take()
		if got := f.refused(t, f.CheckIP(from("2001:db8:1:1::6")), abuse.ErrRateLimited, "ip_backoff").RetryAfter(); got != want {
			t.Fatalf("after failure %d the wait is %v, want %v", i+5, got, want)
		}
		f.advance(want)
		must(t, f.CheckIP(from("2001:db8:1:1::7")))
		if i < 7 {
			must(t, f.FailedIP(from("2001:db8:1:1::8")))
		}
	}
	f.advance(2 * time.Hour)
	for range 4 {
		must(t, f.FailedIP(from("2001:db8:1:1::9")))
	}
	must(t, f.CheckIP(from("2001:db8:1:1::9")))
	must(t, f.CheckIP(from("2001:db8:1:2::9"))) // its neighbour
	must(t, f.CheckIP(t.Context()))             // nobody knows where this comes from
	must(t, f.FailedIP(t.Context()))
}

// TestMostLoose: codes are never disabled. After a hundred failures only those guesses are admitted that something else bounds, and
// a right one ends that.
func TestMostLoose(t *testing.T) {
	f := fixed(t, abuse.Options{})
	s := guesses(ada)
	for range abuse.MostFailures {
		must(t, f.Failed(t.Context(), s))
	}
	f.advance(100 * 24 * time.Hour)
	f.take()
	p := f.refused(t, f.Admit(t.Context(), s), abuse.ErrRateLimited, "only_bounded")
	if p.RetryAfter() != time.Hour {
		t.Errorf("the wait is %v", p.RetryAfter())
	}
	must(t, f.Failed(t.Context(), s))
	must(t, f.Succeeded(t.Context(), s))
	must(t, f.Admit(t.Context(), s))
}

// TestMost: an authenticator is disabled at the hundredth failure, whatever the clock says, until it is bound again.
func TestMost(t *testing.T) {
	f := fixed(t, abuse.Options{})
	s := abuse.Subject{Method: "second_factor", ID: "u", Most: abuse.MostFailures}
	for range abuse.MostFailures {
		must(t, f.Admit(t.Context(), s))
		f.advance(time.Hour)
	}
	for _, jump := range []time.Duration{0, 400 * 24 * time.Hour, -800 * 24 * time.Hour, 24 * time.Hour} {
		f.advance(jump)
		f.take()
		f.refused(t, f.Admit(t.Context(), s), abuse.ErrRateLimited, "disabled")
	}
	must(t, f.Succeeded(t.Context(), s))
	must(t, f.Admit(t.Context(), s))
}

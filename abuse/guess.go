package abuse

import (
	"context"
	"time"

	"github.com/crafteasy/auth/internal/problem"
)

// Subject is what guesses are made against: an authenticator of an account, known or not.
type Subject struct {
	// Method is the authenticator: "email_otp", "sms_otp", "second_factor".
	Method string
	// ID names the account or the address.
	ID string
	// Most is how many consecutive failures disable the authenticator: nothing is admitted any more until [Guard.Succeeded] is
	// called, when it is bound again. 0 never disables.
	Most int
	// MostLoose is how many consecutive failures end the guesses that nothing else bounds: [Guard.Admit] admits none any more, while
	// [Guard.Failed] goes on counting those that are bounded, and one of these that is right ends it. 0 never does.
	MostLoose int
}

// MostFailures is the highest [Subject.Most] that NIST SP 800-63B-4 section 3.2.2 allows.
const MostFailures = 100

// forever is a wait that nobody lives to see the end of.
const forever = 100 * 365 * 24 * time.Hour

// swapTries bounds how often a guess competes with others for the lock. Whoever loses so often is one of a crowd, and
// the crowd is refused as soon as the free tries are gone.
const swapTries = 16

// Admit counts a guess as failed, before anything is compared, and admits it; [Guard.Succeeded] takes the failures back. After
// the free tries it admits one guess for each wait, and answers [ErrRateLimited] in between, without counting. Parallel
// guesses on any number of instances are admitted as if they came one after the other.
func (g *Guard) Admit(ctx context.Context, s Subject) error {
	return g.fail(ctx, s, true)
}

// Failed counts a failed guess that something else bounds, such as a challenge's own five guesses.
func (g *Guard) Failed(ctx context.Context, s Subject) error {
	return g.fail(ctx, s, false)
}

func (g *Guard) fail(ctx context.Context, s Subject, wait bool) error {
	name := g.lockName(s)
	for range swapTries {
		now := g.opts.Now().Truncate(time.Millisecond)
		lock, err := g.locks.Lock(ctx, name)
		if err != nil {
			return problem.Unavailable(err)
		}
		// A clock that was set back must not freeze the owner out: not within the free tries, and not for longer than the wait.
		until := lock.Until
		if latest := now.Add(g.wait(s, lock.Failures)); until.After(latest) {
			until = latest
		}
		if wait {
			if refused, err := g.early(ctx, s, name, lock, now, until); refused {
				return err
			}
		}
		next := Lock{Failures: lock.Failures + 1, Until: now.Add(g.wait(s, lock.Failures+1))}
		if next.Until.Before(until) {
			next.Until = until
		}
		ok, err := g.locks.Swap(ctx, name, lock, next)
		if err != nil {
			return problem.Unavailable(err)
		}
		if ok {
			return nil
		}
	}
	if !wait {
		return nil // something else bounds these guesses, and those who won have counted
	}
	return g.deny(ctx, g.guess.Name, time.Second)
}

// early refuses a guess that comes before its time.
func (g *Guard) early(ctx context.Context, s Subject, name string, lock Lock, now, until time.Time) (refused bool, err error) {
	left := until.Sub(now)
	switch {
	case s.MostLoose > 0 && lock.Failures >= s.MostLoose:
		return true, g.deny(ctx, "only_bounded", g.guess.Longest)
	case left <= 0:
		return false, nil
	case until.Before(lock.Until):
		// Whoever loses this race leaves it to the winner.
		if _, err := g.locks.Swap(ctx, name, lock, Lock{Failures: lock.Failures, Until: until}); err != nil {
			return true, problem.Unavailable(err)
		}
	}
	return true, g.deny(ctx, s.limit(lock), min(left, g.guess.Longest))
}

func (g *Guard) lockName(s Subject) string { return g.name("lock", s.Method, s.ID) }

// wait is how long the next guess has to wait after n failures.
func (g *Guard) wait(s Subject, n int) time.Duration {
	if s.Most > 0 && n >= s.Most {
		return forever
	}
	return g.guess.wait(n)
}

// limit names what refuses a guess.
func (s Subject) limit(l Lock) string {
	if s.Most > 0 && l.Failures >= s.Most {
		return "disabled"
	}
	return "backoff"
}

// Succeeded clears the failures of the subject.
func (g *Guard) Succeeded(ctx context.Context, s Subject) error {
	if err := g.locks.Clear(ctx, g.lockName(s)); err != nil {
		return problem.Unavailable(err)
	}
	return nil
}

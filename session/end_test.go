package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// ends are the ways a session ends at once.
var ends = map[string]func(ctx context.Context, g *gate, token string) error{
	"logout": func(ctx context.Context, g *gate, token string) error { return leave(ctx, g.instance(), token) },
	"end": func(ctx context.Context, g *gate, token string) error {
		return g.instance().End(ctx, "ada", g.payload(token).SessionID)
	},
	"end of all":        func(ctx context.Context, g *gate, _ string) error { return g.instance().EndAll(ctx, "ada", "") },
	"end of others":     func(ctx context.Context, g *gate, _ string) error { return g.instance().EndAll(ctx, "ada", "another") },
	"end of everything": func(ctx context.Context, g *gate, _ string) error { return g.instance().EndEverything(ctx) },
	"forget":            func(ctx context.Context, g *gate, _ string) error { return g.instance().Forget(ctx, "ada") },
}

// TestEndAgainstRefresh ends a session in between any two steps of a refresh. Once the end has returned, nothing of the session
// passes, the successor of the refresh that was under way included.
func TestEndAgainstRefresh(t *testing.T) {
	for name, end := range ends {
		for _, at := range []string{"sessions.Load", "users.ByID", "sessions.Revoke", "sessions.Rotate"} {
			t.Run(name+" before "+at, func(t *testing.T) {
				g := open(t, session.Options{})
				token := g.signIn()
				var ended error
				g.faults.Inject(authtest.Fault{On: at, Times: 1, Do: authtest.Pause, Before: func() { ended = end(t.Context(), g, token) }})
				next, err := swap(t.Context(), g.Service, token)
				if ended != nil {
					t.Fatal(ended)
				}
				g.dead(t, "the token", token)
				if err == nil {
					g.dead(t, "the successor that was made meanwhile", next)
				}
				g.clock.Advance(session.Grace + time.Second)
				g.dead(t, "the token, after the grace", token)
			})
		}
	}
}

// TestEndRacesRefresh does the same without a script, fifty times at once.
func TestEndRacesRefresh(t *testing.T) {
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			g := open(t, session.Options{})
			token := g.signIn()
			other := g.instance()
			tokens := make([]string, 50)
			var racers sync.WaitGroup
			for i := range tokens {
				racers.Go(func() { tokens[i], _ = swap(t.Context(), other, token) })
			}
			if err := end(t.Context(), g, token); err != nil && !errors.Is(err, problem.ErrNotFound) {
				t.Error(err)
			}
			racers.Wait()
			g.dead(t, "the token", token)
			for i, next := range tokens {
				if next != "" {
					g.dead(t, fmt.Sprintf("successor %d", i), next)
					break // they are all the same
				}
			}
		})
	}
}

// TestEndAgainstSignIn ends all sessions in between any two steps of a sign-in: the session that begins is born dead.
func TestEndAgainstSignIn(t *testing.T) {
	for name, end := range map[string]func(ctx context.Context, g *gate) error{
		"the owner signs out everywhere": func(ctx context.Context, g *gate) error { return g.instance().EndAll(ctx, "ada", "another") },
		"the host ends them":             func(ctx context.Context, g *gate) error { return g.instance().EndAll(ctx, "ada", "") },
		"the host ends everything":       func(ctx context.Context, g *gate) error { return g.instance().EndEverything(ctx) },
		"the host disables the account": func(ctx context.Context, g *gate) error {
			if err := g.memory.SetDisabled(ctx, "ada", true); err != nil {
				return err
			}
			return g.instance().EndAll(ctx, "ada", "")
		},
		"the host deletes the account": func(ctx context.Context, g *gate) error {
			if err := g.memory.DeleteUser(ctx, "ada"); err != nil {
				return err
			}
			return g.instance().Forget(ctx, "ada")
		},
	} {
		for _, at := range []string{"sessions.Epoch", "users.ByID", "sessions.Create", "sessions.List"} {
			t.Run(name+" before "+at, func(t *testing.T) { endAgainst(t, (*gate).signInTwice, at, name, end) })
		}
		for _, at := range []string{"sessions.Epoch", "users.Find", "sessions.Create", "sessions.List"} {
			t.Run(name+" before "+at+" of a proof that names the account", func(t *testing.T) { endAgainst(t, (*gate).signInAs, at, name, end) })
		}
	}
}

// signInTwice signs the gate's user in by a proof that has read the account, which is read again.
func (g *gate) signInTwice() (session.TokenResponse, error) {
	return g.SignIn(g.t.Context(), g.ada, session.Factor{Method: "email_otp"}, "web")
}

// signInAs signs the gate's user in by a proof that names the account before it is read.
func (g *gate) signInAs() (session.TokenResponse, error) {
	came, err := g.Arrive(g.t.Context(), g.ada.ID)
	if err != nil {
		return session.TokenResponse{}, err
	}
	return g.SignInAs(g.t.Context(), came, session.Factor{Method: "email_otp"}, "web", func(ctx context.Context) (user.User, error) {
		u, err := g.faults.Users(g.memory.Users()).Find(ctx, user.Identifier{Kind: user.Email, Value: g.ada.Email})
		if errors.Is(err, user.ErrNotFound) {
			err = errWrong
		}
		return u, err
	})
}

func endAgainst(
	t *testing.T, signIn func(*gate) (session.TokenResponse, error), at, name string, end func(ctx context.Context, g *gate) error,
) {
	t.Helper()
	g := open(t, session.Options{})
	ended := errors.New("the sign-in never came to " + at)
	g.faults.Inject(authtest.Fault{On: at, Times: 1, Do: authtest.Pause, Before: func() { ended = end(t.Context(), g) }})
	a, err := signIn(g)
	if ended != nil {
		t.Fatal(ended)
	}
	gone := name == "the host disables the account" || name == "the host deletes the account"
	if at == "sessions.Epoch" && !gone {
		// It ended before this sign-in was admitted: a newer session is no part of it.
		if err != nil || !g.live(a.Token) {
			t.Errorf("the sign-in afterwards answers %v", err)
		}
		return
	}
	if err == nil {
		g.dead(t, "the session that began meanwhile", a.Token)
	}
	if before := at == "sessions.Epoch" || strings.HasPrefix(at, "users."); gone && before && (err == nil || g.faults.Count("sessions.Create") > 0) {
		t.Error("a session began for an account that was gone when it was read")
	}
}

// TestEpochs goes through a history of ends with exceptions.
func TestEpochs(t *testing.T) {
	g := open(t, session.Options{})
	tokens := map[string]string{}
	sid := func(name string) string { return g.payload(tokens[name]).SessionID }
	check := func(when string, want map[string]bool) {
		t.Helper()
		for name, live := range want {
			if got := g.live(tokens[name]); got != live {
				t.Errorf("%s: %s is live: %v", when, name, got)
			}
		}
	}
	tokens["a"], tokens["b"] = g.signIn(), g.signIn()
	if err := g.EndAll(t.Context(), "ada", sid("a")); err != nil {
		t.Fatal(err)
	}
	check("all but a", map[string]bool{"a": true, "b": false})
	tokens["c"] = g.signIn()
	check("a new one after that", map[string]bool{"a": true, "b": false, "c": true})
	next, err := swap(t.Context(), g.Service, tokens["a"])
	if err != nil {
		t.Fatal(err)
	}
	tokens["a'"] = next
	check("the exception is refreshed", map[string]bool{"a": true, "a'": true, "c": true})
	if err := g.EndAll(t.Context(), "ada", sid("c")); err != nil {
		t.Fatal(err)
	}
	check("all but c", map[string]bool{"a": false, "a'": false, "b": false, "c": true})
	g.clock.Advance(-time.Hour) // the clock of another instance, or one that was set back
	if err := g.EndAll(t.Context(), "ada", ""); err != nil {
		t.Fatal(err)
	}
	check("all, by a clock that is behind", map[string]bool{"c": false})
	g.clock.Advance(time.Hour)
	tokens["d"] = g.signIn()
	if err := g.EndEverything(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("everything", map[string]bool{"a": false, "c": false, "d": false})
	tokens["e"] = g.signIn()
	check("a new one after everything", map[string]bool{"e": true})
}

// TestEndFailsLoudly breaks the store: an end that did not happen is never told as one.
func TestEndFailsLoudly(t *testing.T) {
	for name, end := range ends {
		for _, on := range []string{"sessions.Revoke", "sessions.Delete", "sessions.DeleteAll", "sessions.MoveEpoch", "sessions.MoveFloor", "sessions.Load"} {
			t.Run(name+" without "+on, func(t *testing.T) {
				g := open(t, session.Options{})
				token := g.signIn()
				g.faults.Forget()
				g.faults.Inject(authtest.Fault{On: on})
				err := end(t.Context(), g, token)
				if used := g.faults.Count(on) > 0; used != errors.Is(err, problem.ErrUnavailable) {
					t.Errorf("the store failed: %v, the verb answers %v", used, err)
				}
				if err == nil && g.live(token) {
					t.Error("it answers success and the session lives")
				}
			})
		}
	}
}

// TestMaxSessions signs in more often than the bound, one after the other and all at once: the newest stay.
func TestMaxSessions(t *testing.T) {
	live := func(g *gate) int {
		list, err := g.List(t.Context(), "ada")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	t.Run("one after the other", func(t *testing.T) {
		g := open(t, session.Options{MaxSessions: 3})
		var tokens []string
		for range 5 {
			tokens = append(tokens, g.signIn())
			g.clock.Advance(time.Second)
		}
		for i, token := range tokens {
			if g.live(token) != (i >= 2) {
				t.Errorf("session %d of 5 is live: %v", i+1, g.live(token))
			}
		}
		if n := len(g.events.Named("session.limit")); n != 2 {
			t.Errorf("%d events", n)
		}
	})
	t.Run("all at once", func(t *testing.T) {
		g := open(t, session.Options{MaxSessions: 3})
		var racers sync.WaitGroup
		for range 20 {
			racers.Go(func() { g.signIn() })
		}
		racers.Wait()
		g.clock.Advance(time.Second)
		last := g.signIn()
		if n := live(g); n != 3 || !g.live(last) {
			t.Errorf("%d sessions are live, the last one: %v", n, g.live(last))
		}
	})
	t.Run("what rests too long takes no place", func(t *testing.T) {
		g := open(t, session.Options{MaxSessions: 3})
		kept := g.signIn()
		g.clock.Advance(time.Second)
		g.signIn()
		g.signIn()
		for range 2 {
			g.clock.Advance(20 * time.Minute)
			var err error
			if kept, err = swap(t.Context(), g.Service, kept); err != nil {
				t.Fatal(err)
			}
		}
		g.signIn() // the two that nobody refreshed have ended by themselves
		if !g.live(kept) || live(g) != 2 {
			t.Errorf("the one that is in use is live: %v, of %d", g.live(kept), live(g))
		}
	})
	t.Run("the default is 20", func(t *testing.T) {
		g := open(t, session.Options{})
		for range 22 {
			g.signIn()
			g.clock.Advance(time.Second)
		}
		if n := live(g); n != 20 {
			t.Errorf("%d sessions are live", n)
		}
	})
}

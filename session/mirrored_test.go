package session_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/session"
)

// pair are two instances with mirrors on one store. Their clock is moved by hand; their own questions come so rarely that the
// test asks theirs.
func pair(t *testing.T) (g *gate, a, b *session.Service) {
	t.Helper()
	g = open(t, session.Options{RevocationLag: session.LongestLag})
	a, b = g.Service, g.instance()
	a.Poll(t.Context())
	b.Poll(t.Context())
	return g, a, b
}

func accepts(t *testing.T, s *session.Service, token string) bool {
	t.Helper()
	_, err := s.Authenticate(t.Context(), token)
	if err != nil && !errors.Is(err, session.ErrInvalidToken) {
		t.Fatal(err)
	}
	return err == nil
}

// machine is a service token of the gate's user.
func machine(t *testing.T, s *session.Service) string {
	t.Helper()
	answer, err := s.Machine(t.Context(), session.Machine{OwnerID: "ada", TenantID: "acme", KeyID: "key", Generation: "g", Method: "api_key"})
	if err != nil {
		t.Fatal(err)
	}
	return answer.Token
}

// ways are all ways in which a token ends.
var ways = []struct {
	name string
	end  func(t *testing.T, g *gate, s *session.Service, token string)
}{
	{"logout", func(t *testing.T, _ *gate, s *session.Service, token string) { must(t, leave(t.Context(), s, token)) }},
	{"the end of its session", func(t *testing.T, g *gate, s *session.Service, token string) {
		must(t, s.End(t.Context(), "ada", g.payload(token).SessionID))
	}},
	{"the end of all sessions", func(t *testing.T, _ *gate, s *session.Service, _ string) { must(t, s.EndAll(t.Context(), "ada", "")) }},
	{"the end of all others", func(t *testing.T, g *gate, s *session.Service, _ string) {
		must(t, s.EndOthers(t.Context(), g.payload(g.signIn())))
	}},
	{"the end of everything", func(t *testing.T, _ *gate, s *session.Service, _ string) { must(t, s.EndEverything(t.Context())) }},
	{"its revocation", func(t *testing.T, g *gate, s *session.Service, token string) {
		must(t, s.RevokeToken(t.Context(), g.payload(token)))
	}},
	{"the reset of second factors", func(t *testing.T, _ *gate, s *session.Service, _ string) {
		must(t, s.ResetSecondFactors(t.Context(), "ada"))
	}},
	{"a refresh and the grace after it", func(t *testing.T, g *gate, s *session.Service, token string) {
		if _, err := swap(t.Context(), s, token); err != nil {
			t.Fatal(err)
		}
		g.clock.Advance(session.Grace)
	}},
	{"the end of its API key", func(t *testing.T, g *gate, s *session.Service, _ string) {
		must(t, s.EndKey(t.Context(), "ada", "key", g.clock.Now(), "g"))
	}},
}

// TestAnEndHoldsHereAtOnceAndThereWithinTheLag ends a token at one instance: that one refuses it by its mirror at once, the other by
// its mirror after its next question, or by the store when the lag is over.
func TestAnEndHoldsHereAtOnceAndThereWithinTheLag(t *testing.T) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			g, a, b := pair(t)
			token := g.signIn()
			if w.name == "the end of its API key" {
				token = machine(t, a)
			}
			if !accepts(t, a, token) || !accepts(t, b, token) {
				t.Fatal("a live token is refused")
			}
			w.end(t, g, a, token)
			g.faults.Forget()
			if accepts(t, a, token) {
				t.Error("the instance that ended it lets it in")
			}
			if !accepts(t, b, token) {
				t.Error("the other one asks nobody and knows") // or this test proves nothing
			}
			if n := g.faults.Count("sessions.State"); n != 0 {
				t.Errorf("the store is asked %d times", n)
			}
			if _, err := b.Identify(t.Context(), token); !errors.Is(err, session.ErrInvalidToken) {
				t.Errorf("the endpoints of the other one answer %v", err)
			}
			c := g.instance() // a third one, which begins with all there is
			c.Poll(t.Context())
			b.Poll(t.Context())
			g.faults.Forget()
			if accepts(t, b, token) || accepts(t, c, token) {
				t.Error("it is let in after the question")
			}
			if n := g.faults.Count("sessions.State"); n != 0 {
				t.Errorf("the store is asked %d times", n)
			}
		})
		t.Run(w.name+", nobody asks", func(t *testing.T) {
			g, a, b := pair(t)
			token := g.signIn()
			if w.name == "the end of its API key" {
				token = machine(t, a)
			}
			accepts(t, b, token)
			g.faults.Inject(authtest.Fault{On: "sessions.Changes"})
			w.end(t, g, a, token)
			g.clock.Advance(session.LongestLag)
			if accepts(t, b, token) {
				t.Error("it is let in when the lag is over")
			}
		})
	}
}

// TestTheHotPathAsksNobody: with a mirror a token that was seen costs no call and no memory; without one, one call.
func TestTheHotPathAsksNobody(t *testing.T) {
	for name, c := range map[string]struct {
		lag  time.Duration
		want int
	}{"with a mirror": {session.LongestLag, 0}, "without": {0, 100}} {
		t.Run(name, func(t *testing.T) {
			g := open(t, session.Options{RevocationLag: c.lag})
			if c.lag > 0 {
				g.Poll(t.Context())
			}
			for kind, token := range map[string]string{"a user's": g.signIn(), "a machine's": machine(t, g.Service)} {
				accepts(t, g.Service, token)
				g.faults.Forget()
				for range 100 {
					if !accepts(t, g.Service, token) {
						t.Fatal("refused")
					}
				}
				if n := g.faults.Count(""); n != c.want {
					t.Errorf("%d calls for 100 checks of %s token", n, kind)
				}
				if testutil.Race || c.lag == 0 {
					continue // the detector allocates, and so does the list of calls
				}
				ctx := t.Context()
				if n := testing.AllocsPerRun(1000, func() { _, _ = g.Authenticate(ctx, token) }); n != 0 {
					t.Errorf("%v allocations for %s token", n, kind)
				}
			}
		})
	}
}

// TestNothingPassesOnAStaleMirror: past the lag the store decides, and where it cannot be asked, nobody is let in.
func TestNothingPassesOnAStaleMirror(t *testing.T) {
	for name, do := range map[string]authtest.Effect{
		"refused": authtest.Refuse, "failed after": authtest.FailAfter, "hangs": authtest.Hang, "lies": authtest.Garbage,
	} {
		t.Run(name, func(t *testing.T) {
			g := open(t, session.Options{RevocationLag: session.LongestLag})
			g.Poll(t.Context())
			token := g.signIn()
			accepts(t, g.Service, token)
			heal := g.faults.Inject(authtest.Fault{On: "sessions.Changes", Do: do})
			over, cancel := context.WithCancel(t.Context())
			cancel()
			g.Poll(over)
			g.clock.Advance(session.LongestLag - time.Millisecond)
			g.faults.Forget()
			if !accepts(t, g.Service, token) || g.faults.Count("sessions.State") != 0 {
				t.Error("the store is asked before the lag is over")
			}
			g.clock.Advance(time.Millisecond)
			if !accepts(t, g.Service, token) || g.faults.Count("sessions.State") != 1 {
				t.Error("the store is not asked when the lag is over")
			}
			broken := g.faults.Inject(authtest.Fault{On: "sessions.State"})
			if p, err := g.Authenticate(t.Context(), token); p != nil || !errors.Is(err, problem.ErrUnavailable) {
				t.Errorf("neither mirror nor store: %+v, %v", p, err)
			}
			heal()
			g.Poll(t.Context())
			if !accepts(t, g.Service, token) {
				t.Error("refused by a mirror that is good again")
			}
			broken()
		})
	}
}

// TestTheMirrorAsksByItself runs the goroutine on the clock of a bubble, and ends it.
func TestTheMirrorAsksByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := open(t, session.Options{RevocationLag: lag})
		step := func(d time.Duration) {
			for range 10 {
				time.Sleep(d / 10)
				g.clock.Advance(d / 10)
				synctest.Wait()
			}
		}
		other := g.instance()
		token := g.signIn()
		step(lag)
		if !accepts(t, other, token) {
			t.Fatal("a live token is refused")
		}
		must(t, leave(t.Context(), g.Service, token))
		g.faults.Forget()
		step(lag)
		if accepts(t, other, token) {
			t.Error("the lag is over and the token is let in")
		}
		if g.faults.Count("sessions.State") != 0 || g.faults.Count("sessions.Changes") < 4 {
			t.Errorf("two mirrors asked %d times, and the store was asked about a token", g.faults.Count("sessions.Changes"))
		}
		must(t, other.Close(t.Context()))
		must(t, other.Close(t.Context()))
		g.faults.Forget()
		step(lag)
		another := g.signIn()
		must(t, leave(t.Context(), g.Service, another))
		if accepts(t, other, another) || g.faults.Count("sessions.State") == 0 {
			t.Error("a service that was closed trusts its mirror")
		}
	})
}

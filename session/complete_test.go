package session_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// owe signs the gate's user in, who has a second factor, and answers the pre_auth token.
func (g *gate) owe() string {
	g.t.Helper()
	g.factor.mu.Lock()
	g.factor.enrolled = []string{"totp"}
	g.factor.mu.Unlock()
	a, err := g.SignIn(g.t.Context(), g.ada, session.Factor{Method: "email_otp"}, "web")
	if err != nil || a.TokenType != jwt.TypePreAuth || !a.RequiresTwoFactor || len(*a.SecondFactors) != 1 {
		g.t.Fatalf("the first factor answers %+v, %v", a, err)
	}
	return a.Token
}

// pay presents a second factor at an instance, as the route does.
func pay(ctx context.Context, s *session.Service, token, code string) (session.TokenResponse, error) {
	c, err := s.Identify(ctx, token)
	if err != nil {
		return session.TokenResponse{}, err
	}
	return s.Complete(ctx, c.Payload, session.Proof{Code: code})
}

func TestComplete(t *testing.T) {
	g := open(t, session.Options{})
	token := g.owe()
	if _, err := g.Authenticate(t.Context(), token); !errors.Is(err, problem.ErrSecondFactorRequired) {
		t.Errorf("at the door the pre_auth token is told %v", err)
	}
	if _, err := pay(t.Context(), g.Service, token, "wrong"); !errors.Is(err, errWrong) {
		t.Errorf("a wrong code is told %v", err)
	}
	a, err := pay(t.Context(), g.instance(), token, "right")
	if err != nil || a.TokenType != jwt.TypeUser || a.RequiresTwoFactor || a.SecondFactors != nil || !g.live(a.Token) {
		t.Fatalf("answers %+v, %v", a, err)
	}
	p := g.payload(a.Token)
	if len(p.Methods) != 2 || p.Methods[0] != "email_otp" || p.Methods[1] != "totp" || p.AAL != 1 || p.OriginApp != "web" {
		t.Errorf("the token says %+v", p)
	}
	for _, code := range []string{"right", "wrong"} {
		if _, err := pay(t.Context(), g.Service, token, code); !errors.Is(err, session.ErrInvalidToken) {
			t.Errorf("again: %v", err)
		}
	}
}

// TestFiveGuesses: the fifth wrong guess voids the pre_auth token; the right code comes too late.
func TestFiveGuesses(t *testing.T) {
	g := open(t, session.Options{})
	instances := []*session.Service{g.Service, g.instance()}
	token := g.owe()
	for i := range session.Guesses {
		if _, err := pay(t.Context(), instances[i%2], token, "wrong"); !errors.Is(err, errWrong) {
			t.Errorf("guess %d is told %v", i+1, err)
		}
	}
	for range 2 {
		if _, err := pay(t.Context(), g.Service, token, "right"); !errors.Is(err, session.ErrInvalidToken) {
			t.Errorf("the right code is told %v", err)
		}
	}
	if g.factor.asked != session.Guesses {
		t.Errorf("%d guesses were compared", g.factor.asked)
	}
	next := g.owe()
	if _, err := pay(t.Context(), g.Service, next, "right"); !errors.Is(err, problem.ErrRateLimited) {
		t.Errorf("a new pre_auth token makes the account's failures forgotten: %v", err)
	}
	g.clock.Advance(30 * time.Second)
	if _, err := pay(t.Context(), g.Service, next, "right"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

// TestWaitingCostsNoGuess: being told to wait is no guess. The owner who was impatient still has five.
func TestWaitingCostsNoGuess(t *testing.T) {
	g := open(t, session.Options{})
	first := g.owe()
	for range session.Guesses {
		_, _ = pay(t.Context(), g.Service, first, "wrong")
	}
	token := g.owe()
	for range 2 * session.Guesses {
		if _, err := pay(t.Context(), g.Service, token, "right"); !errors.Is(err, problem.ErrRateLimited) {
			t.Fatalf("told %v", err)
		}
	}
	if g.factor.asked != session.Guesses {
		t.Errorf("%d guesses were compared, want those before the wait", g.factor.asked)
	}
	g.clock.Advance(30 * time.Second)
	if _, err := pay(t.Context(), g.Service, token, "right"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

// TestCompleteRace presents the right code fifty times at once, on two instances: one session.
func TestCompleteRace(t *testing.T) {
	g := open(t, session.Options{})
	instances := []*session.Service{g.Service, g.instance()}
	token := g.owe()
	c, err := g.Identify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var won int
	var racers sync.WaitGroup
	start := make(chan struct{})
	for i := range 50 {
		racers.Go(func() {
			<-start
			a, err := instances[i%2].Complete(t.Context(), c.Payload, session.Proof{Code: "right"})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && a.TokenType == jwt.TypeUser:
				won++
			case !errors.Is(err, session.ErrInvalidToken) && !errors.Is(err, problem.ErrRateLimited):
				t.Error(err)
			}
		})
	}
	close(start)
	racers.Wait()
	if n := g.faults.Count("sessions.Create"); won != 1 || n != 1 {
		t.Errorf("%d winners, %d sessions", won, n)
	}
}

// TestGuessRace presents wrong codes fifty times at once: five are compared.
func TestGuessRace(t *testing.T) {
	g := open(t, session.Options{})
	c, err := g.Identify(t.Context(), g.owe())
	if err != nil {
		t.Fatal(err)
	}
	var racers sync.WaitGroup
	for range 50 {
		racers.Go(func() { _, _ = g.Complete(t.Context(), c.Payload, session.Proof{Code: "wrong"}) })
	}
	racers.Wait()
	if g.factor.asked > session.Guesses {
		t.Errorf("%d guesses were compared", g.factor.asked)
	}
}

// TestCompleteRefuses breaks the back ends under a completion: never a token without every step.
func TestCompleteRefuses(t *testing.T) {
	for _, on := range []string{"kv.Get", "kv.Count", "locks.Lock", "locks.Swap", "locks.Clear", "kv.Take", "users.ByID", "sessions.Create"} {
		for name, do := range map[string]authtest.Effect{"refused": authtest.Refuse, "failed after": authtest.FailAfter} {
			t.Run(on+" "+name, func(t *testing.T) {
				g := open(t, session.Options{})
				token := g.owe()
				g.faults.Inject(authtest.Fault{On: on, Do: do})
				a, err := pay(t.Context(), g.Service, token, "right")
				if a.Token != "" || !errors.Is(err, problem.ErrUnavailable) {
					t.Errorf("answers %+v, %v", a, err)
				}
			})
		}
	}
	for _, on := range []string{"kv.Get", "kv.Take"} {
		t.Run("a store that lies about the record, "+on, func(t *testing.T) {
			g := open(t, session.Options{})
			token := g.owe()
			g.faults.Inject(authtest.Fault{On: on, Do: authtest.Garbage})
			if a, err := pay(t.Context(), g.Service, token, "right"); a.Token != "" || !errors.Is(err, problem.ErrUnavailable) {
				t.Errorf("answers %+v, %v", a, err)
			}
		})
	}
	for name, record := range map[string]string{"another user's record": `{"user_id":"bob"}`, "a record that names nobody": `{}`} {
		t.Run(name, func(t *testing.T) {
			g := open(t, session.Options{})
			token := g.owe()
			if err := g.memory.KV().Set(t.Context(), "2fa:"+g.payload(token).TokenID, []byte(record), session.PreAuthLife); err != nil {
				t.Fatal(err)
			}
			if a, err := pay(t.Context(), g.Service, token, "right"); a.Token != "" || !errors.Is(err, session.ErrInvalidToken) {
				t.Errorf("answers %+v, %v", a, err)
			}
		})
	}
	t.Run("an emptied store refuses", func(t *testing.T) {
		g := open(t, session.Options{})
		token := g.owe()
		g.faults.Inject(authtest.Fault{On: "kv.Get", Key: "2fa:", Err: kv.ErrNotFound})
		if a, err := pay(t.Context(), g.Service, token, "right"); a.Token != "" || !errors.Is(err, session.ErrInvalidToken) {
			t.Errorf("answers %+v, %v", a, err)
		}
	})
	t.Run("a factor that fails is no wrong guess", func(t *testing.T) {
		g := open(t, session.Options{})
		token := g.owe()
		g.factor.verify = func(string) error { return errors.New("the device is on fire") }
		if a, err := pay(t.Context(), g.Service, token, "right"); a.Token != "" || !errors.Is(err, problem.ErrUnavailable) {
			t.Errorf("answers %+v, %v", a, err)
		}
	})
}

// TestCompleteAfterTheAccountChanged ends, disables and deletes between the first factor and the second.
func TestCompleteAfterTheAccountChanged(t *testing.T) {
	for name, change := range map[string]func(g *gate) error{
		"ended":           func(g *gate) error { return g.EndAll(t.Context(), "ada", "") },
		"ended elsewhere": func(g *gate) error { return g.EndAll(t.Context(), "ada", "another") },
		"everything":      func(g *gate) error { return g.EndEverything(t.Context()) },
		"disabled":        func(g *gate) error { return g.memory.SetDisabled(t.Context(), "ada", true) },
		"deleted":         func(g *gate) error { return g.memory.DeleteUser(t.Context(), "ada") },
		"logged out":      func(*gate) error { return nil },
		"expired":         func(g *gate) error { g.clock.Advance(session.PreAuthLife + 30*time.Second); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			g := open(t, session.Options{})
			token := g.owe()
			if name == "logged out" {
				if err := leave(t.Context(), g.Service, token); err != nil {
					t.Fatal(err)
				}
			}
			if err := change(g); err != nil {
				t.Fatal(err)
			}
			if a, err := pay(t.Context(), g.Service, token, "right"); a.Token != "" || !errors.Is(err, session.ErrInvalidToken) {
				t.Errorf("answers %+v, %v", a, err)
			}
		})
	}
}

// TestWhoOwesWhat enumerates what the first factor yields.
func TestWhoOwesWhat(t *testing.T) {
	for _, tt := range []struct {
		name                       string
		enrolled, demanded, strong bool
		want                       jwt.TokenType
	}{
		{"nothing enrolled, nothing demanded", false, false, false, jwt.TypeUser},
		{"a factor is enrolled", true, false, false, jwt.TypePreAuth},
		{"a factor is demanded", false, true, false, jwt.TypePreAuth},
		{"both", true, true, false, jwt.TypePreAuth},
		{"a verified passkey stands for two", true, true, true, jwt.TypeUser},
		{"and so it does where none is enrolled", false, true, true, jwt.TypeUser},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := open(t, session.Options{RequireSecondFactor: func(user.User) bool { return tt.demanded }})
			if tt.enrolled {
				g.factor.enrolled = []string{"totp"}
			}
			a, err := g.SignIn(t.Context(), g.ada, session.Factor{Method: "webauthn", UserVerified: tt.strong}, "")
			if err != nil || a.TokenType != tt.want || a.RequiresTwoFactor != (tt.want == jwt.TypePreAuth) {
				t.Errorf("answers %+v, %v", a, err)
			}
			if (g.faults.Count("sessions.Create") == 1) != (tt.want == jwt.TypeUser) {
				t.Errorf("%d sessions began", g.faults.Count("sessions.Create"))
			}
		})
	}
}

// TestGuessesOfOneToken: a right factor by another token clears the account's failures, and gives this token no guess back.
func TestGuessesOfOneToken(t *testing.T) {
	g := open(t, session.Options{})
	c, err := g.Identify(t.Context(), g.owe())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for range 3 {
			_, _ = g.Complete(t.Context(), c.Payload, session.Proof{Code: "wrong"})
		}
		if _, err := pay(t.Context(), g.Service, g.owe(), "right"); err != nil {
			t.Fatal(err)
		}
	}
	if guessed := g.factor.asked - 3; guessed != session.Guesses {
		t.Errorf("%d guesses of one token were compared", guessed)
	}
}

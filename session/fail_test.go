package session_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// TestSignInRefuses breaks the back ends under a sign-in: unavailable, and never a token.
func TestSignInRefuses(t *testing.T) {
	for _, on := range []string{"sessions.Epoch", "users.ByID", "sessions.Create", "sessions.List"} {
		for name, do := range map[string]authtest.Effect{"refused": authtest.Refuse, "failed after": authtest.FailAfter, "hangs": authtest.Hang} {
			t.Run(on+" "+name, func(t *testing.T) {
				g := open(t, session.Options{})
				g.faults.Inject(authtest.Fault{On: on, Do: do})
				ctx, cancel := context.WithCancel(t.Context())
				if do == authtest.Hang {
					cancel() // the client has left
				}
				defer cancel()
				a, err := g.SignIn(ctx, g.ada, session.Factor{Method: "email_otp"}, "")
				if a.Token != "" || !errors.Is(err, problem.ErrUnavailable) {
					t.Errorf("answers %+v, %v", a, err)
				}
			})
		}
	}
	for name, opts := range map[string]session.Options{
		"Claims fail": {Claims: func(context.Context, user.User) (map[string]any, error) { return nil, errors.New("no") }},
		"Claims answer what JSON cannot say": {Claims: func(context.Context, user.User) (map[string]any, error) {
			return map[string]any{"f": func() {}}, nil
		}},
		"Claims answer a number beyond JSON": {Claims: func(context.Context, user.User) (map[string]any, error) {
			return map[string]any{"n": 1<<60 + 1}, nil
		}},
		"Claims answer 9 kB": {Claims: func(context.Context, user.User) (map[string]any, error) {
			return map[string]any{"s": string(make([]byte, 9000))}, nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			g := open(t, opts)
			if a, err := g.SignIn(t.Context(), g.ada, session.Factor{Method: "email_otp"}, ""); a.Token != "" || err == nil {
				t.Errorf("answers %+v, %v", a, err)
			}
			if n := g.faults.Count("sessions.Create"); n != 0 {
				t.Errorf("%d sessions began", n)
			}
		})
	}
}

// TestSignInAsRefuses: what reading the account answers is the answer, and another account than the one that was proven is none.
func TestSignInAsRefuses(t *testing.T) {
	bob := user.User{ID: "bob", Email: "bob@example.com"}
	for _, tt := range []struct {
		name string
		came string
		u    user.User
		err  error
		want error
	}{
		{"a refusal of the proof", "ada", user.User{}, errWrong, errWrong},
		{"a store that fails", "ada", user.User{}, problem.Unavailable(errors.New("no")), problem.ErrUnavailable},
		{"a disabled account", "ada", user.User{ID: "ada", Disabled: true}, nil, session.ErrDisabled},
		{"another account", "ada", bob, nil, problem.ErrInternal},
		{"nobody", "ada", user.User{}, nil, problem.ErrInternal},
		{"nobody who came as nobody", "", user.User{}, nil, problem.ErrInternal},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := open(t, session.Options{})
			read := func(context.Context) (user.User, error) { return tt.u, tt.err }
			came, err := g.Arrive(t.Context(), tt.came)
			if err != nil {
				t.Fatal(err)
			}
			a, err := g.SignInAs(t.Context(), came, session.Factor{Method: "email_otp"}, "", read)
			if a.Token != "" || !errors.Is(err, tt.want) || g.faults.Count("sessions.Create") > 0 {
				t.Errorf("answers %+v, %v", a, err)
			}
		})
	}
	t.Run("without an arrival", func(t *testing.T) {
		g := open(t, session.Options{})
		read := func(context.Context) (user.User, error) { return g.ada, nil }
		a, err := g.SignInAs(t.Context(), session.Arrival{}, session.Factor{Method: "email_otp"}, "", read)
		if a.Token != "" || !errors.Is(err, problem.ErrInternal) {
			t.Errorf("answers %+v, %v", a, err)
		}
	})
	t.Run("it reads the account once", func(t *testing.T) {
		g := open(t, session.Options{})
		if a, err := g.signInAs(); err != nil || !g.live(a.Token) {
			t.Fatal(err)
		}
		if n := g.faults.Count("users"); n != 1 {
			t.Errorf("%d reads", n)
		}
	})
}

// TestAuthenticateRefuses breaks what every request asks: 503, and never a pass.
func TestAuthenticateRefuses(t *testing.T) {
	for name, do := range map[string]authtest.Effect{"refused": authtest.Refuse, "failed after": authtest.FailAfter, "hangs": authtest.Hang} {
		t.Run(name, func(t *testing.T) {
			g := open(t, session.Options{})
			token := g.signIn()
			g.live(token) // remembered
			g.faults.Inject(authtest.Fault{On: "sessions.State", Do: do})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if do == authtest.Hang {
				cancel()
			}
			defer cancel()
			for range 3 {
				if p, err := g.Authenticate(ctx, token); p != nil || !errors.Is(err, problem.ErrUnavailable) {
					t.Errorf("answers %+v, %v", p, err)
				}
			}
		})
	}
}

// TestClaimsOverrideNothing: the host's claims live in "extra" and nowhere else, the name of the method included.
func TestClaimsOverrideNothing(t *testing.T) {
	g := open(t, session.Options{Claims: func(context.Context, user.User) (map[string]any, error) {
		return map[string]any{
			"auth_method": "passkey", "sub": "root", "token_type": "service", "scope": "system", "epoch": 99, "own": []any{"a", true, 1.5, nil},
		}, nil
	}})
	p := g.payload(g.signIn())
	if p.UserID != "ada" || p.TokenType != jwt.TypeUser || p.Scope == "system" || p.Epoch == 99 || p.Extra["auth_method"] != "email_otp" {
		t.Errorf("the token says %+v", p)
	}
	if own, ok := p.Extra["own"].([]any); !ok || len(own) != 4 {
		t.Errorf("extra is %v", p.Extra)
	}
}

// TestAssurance is the level that a set of factors reaches.
func TestAssurance(t *testing.T) {
	for _, tt := range []struct {
		name  string
		first session.Factor
		code  string
		want  int
	}{
		{"mail proves nothing that NIST counts", session.Factor{Method: "email_otp"}, "", 0},
		{"a text message is one factor", session.Factor{Method: "sms_otp"}, "", 1},
		{"a passkey without verification is one", session.Factor{Method: "webauthn"}, "", 1},
		{"two of possession are still one", session.Factor{Method: "sms_otp"}, "right", 1},
		{"a verified passkey is two", session.Factor{Method: "webauthn", UserVerified: true}, "", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := open(t, session.Options{})
			if tt.code != "" {
				g.factor.enrolled = []string{"totp"}
			}
			a, err := g.SignIn(t.Context(), g.ada, tt.first, "")
			if err == nil && tt.code != "" {
				a, err = pay(t.Context(), g.Service, a.Token, tt.code)
			}
			if err != nil || g.payload(a.Token).AAL != tt.want {
				t.Errorf("aal %d, want %d (%v)", g.payload(a.Token).AAL, tt.want, err)
			}
		})
	}
}

// TestSeal: nothing is served before the registry is closed, and nothing is registered afterwards.
func TestSeal(t *testing.T) {
	g := open(t, session.Options{})
	if g.RegisterSecond(session.ByCredential, g.factor) == nil || g.RegisterFirst(nil) == nil {
		t.Error("a factor was registered while serving")
	}
}

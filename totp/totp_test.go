package totp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	pquerna "github.com/pquerna/otp/totp"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/outbox"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/totp"
	"github.com/crafteasy/auth/user"
)

// gate lets every guess through and owes nobody anything.
type gate struct {
	others error
}

func (g *gate) Guess(ctx context.Context, _ string, verify func(context.Context) (session.Factor, error)) (session.Factor, error) {
	return verify(ctx)
}
func (g *gate) SecondFactors(context.Context, string) ([]string, error) { return nil, nil }
func (g *gate) EndOthers(context.Context, *jwt.TokenPayload) error      { return g.others }

func (g *gate) CompleteEnrolment(context.Context, *jwt.TokenPayload, session.Factor) (session.TokenResponse, error) {
	return session.TokenResponse{}, g.others
}

// fixture is a service in memory at a time that the test sets.
type fixture struct {
	store *memstore.Store
	gate  *gate
	now   time.Time
	sent  *outbox.Outbox
	owner user.User
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{gate: &gate{}, now: time.Date(2026, 11, 24, 12, 0, 1, 0, time.UTC), sent: outbox.New(outbox.Options{Email: discard, Renderer: silent, Log: slog.Default()})}
	t.Cleanup(f.sent.Abandon)
	f.store = memstore.New(&memstore.Options{Now: func() time.Time { return f.now }})
	var err error
	if f.owner, err = f.store.Users().Create(t.Context(), user.NewUser{Identifier: user.Identifier{Kind: user.Email, Value: "ada@example.com"}}); err != nil {
		t.Fatal(err)
	}
	return f
}

var (
	discard = sender.EmailFunc(func(context.Context, sender.Message) error { return nil })
	silent  = sender.RendererFunc(func(context.Context, sender.Channel, sender.Kind, sender.Data) (sender.Message, error) {
		return sender.Message{Text: "notice"}, nil
	})
)

func (f *fixture) service(t *testing.T, ring *secret.Ring, opts totp.Options) (*totp.Service, error) {
	t.Helper()
	if opts.Issuer == "" {
		opts.Issuer = "Example"
	}
	opts.Outbox, opts.Now = f.sent, func() time.Time { return f.now }
	opts.Audit = audit.NewRecorder(audit.SinkFunc(func(context.Context, audit.Event) {}), nil)
	return totp.New(f.store.TOTP(), f.store.KV(), f.store.Users(), f.gate, ring, opts)
}

func (f *fixture) must(t *testing.T, ring *secret.Ring) *totp.Service {
	t.Helper()
	s, err := f.service(t, ring, totp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (f *fixture) code(t *testing.T, secret string) string {
	t.Helper()
	code, err := pquerna.GenerateCode(secret, f.now)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func ring(t *testing.T, current secret.Secret, previous ...secret.Secret) *secret.Ring {
	t.Helper()
	r, err := secret.NewRing(current, previous...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestT05_UnsafeOptions: what is not safe does not start.
func TestT05_UnsafeOptions(t *testing.T) {
	f := newFixture(t)
	for name, c := range map[string]struct {
		opts totp.Options
		ok   bool
	}{
		"the zero value":                 {totp.Options{}, true},
		"8 digits and a minute":          {totp.Options{Digits: 8, Period: time.Minute}, true},
		"a period of two minutes":        {totp.Options{Period: 2 * time.Minute}, true},
		"a window of 3":                  {totp.Options{Window: 3}, false},
		"a window of 2":                  {totp.Options{Window: 2}, false},
		"a negative window":              {totp.Options{Window: -1}, false},
		"5 digits":                       {totp.Options{Digits: 5}, false},
		"9 digits":                       {totp.Options{Digits: 9}, false},
		"a period beyond two minutes":    {totp.Options{Period: 2*time.Minute + time.Second}, false},
		"a period that is no second":     {totp.Options{Period: 1500 * time.Millisecond}, false},
		"an issuer with nothing to show": {totp.Options{Issuer: " :\r\n"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := f.service(t, ring(t, secret.New()), c.opts); (err == nil) != c.ok {
				t.Errorf("New answers %v", err)
			}
		})
	}
}

// TestT07_TheStoredSecret is encrypted, bound to its user and enrolment, readable after a rotation, and by nobody else.
func TestT07_TheStoredSecret(t *testing.T) {
	old, next := secret.New(), secret.New()
	f := newFixture(t)
	p := &jwt.TokenPayload{TokenType: jwt.TypeUser, UserID: f.owner.ID}
	before := f.must(t, ring(t, old))
	made, err := before.Prepare(t.Context(), f.owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.must(t, ring(t, next, old)).Enable(t.Context(), p, f.code(t, made.Secret)); err != nil {
		t.Fatalf("a setup does not survive a rotation: %v", err)
	}
	f.now = f.now.Add(30 * time.Second)
	for _, c := range []struct {
		name string
		ring *secret.Ring
		want error
	}{
		{"before the rotation", ring(t, old), problem.ErrUnavailable},
		{"with both secrets", ring(t, old, next), nil},
		{"after the rotation", ring(t, next, old), nil},
		{"when the old secret is gone", ring(t, next), nil}, // it was enrolled under the new one
		{"with another secret", ring(t, secret.New()), problem.ErrUnavailable},
		{"in another namespace", ring(t, next).In("other"), problem.ErrUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := f.must(t, c.ring).Verify(t.Context(), f.owner.ID, session.Proof{Code: f.code(t, made.Secret)})
			if !errors.Is(err, c.want) && err != c.want { //nolint:errorlint // nil is nil
				t.Errorf("answers %v, want %v", err, c.want)
			}
			f.now = f.now.Add(30 * time.Second)
		})
	}
	t.Run("recovery codes need no secret", func(t *testing.T) {
		if _, err := f.must(t, ring(t, secret.New())).Verify(t.Context(), f.owner.ID, session.Proof{Code: made.Codes[0]}); err != nil {
			t.Error(err)
		}
	})
	t.Run("a record that was moved to another user opens for nobody", func(t *testing.T) {
		e, err := f.store.TOTP().Load(t.Context(), f.owner.ID)
		if err != nil {
			t.Fatal(err)
		}
		e.UserID = "mallory"
		if err := f.store.TOTP().Enrol(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		s := f.must(t, ring(t, next))
		if _, err := s.Verify(t.Context(), "mallory", session.Proof{Code: f.code(t, made.Secret)}); !errors.Is(err, problem.ErrUnavailable) {
			t.Errorf("the secret answers %v", err)
		}
		if _, err := s.Verify(t.Context(), "mallory", session.Proof{Code: made.Codes[1]}); !errors.Is(err, totp.ErrInvalidCode) {
			t.Errorf("a recovery code answers %v", err)
		}
	})
}

// TestEnableLeavesNothingBehind: a caller whose session was ended in the meantime has enrolled nothing.
func TestEnableLeavesNothingBehind(t *testing.T) {
	for _, kind := range []jwt.TokenType{jwt.TypeUser, jwt.TypePreAuth} {
		t.Run(string(kind), func(t *testing.T) {
			f := newFixture(t)
			s := f.must(t, ring(t, secret.New()))
			made, err := s.Prepare(t.Context(), f.owner.ID)
			if err != nil {
				t.Fatal(err)
			}
			f.gate.others = problem.ErrInvalidToken
			_, err = s.Enable(t.Context(), &jwt.TokenPayload{TokenType: kind, UserID: f.owner.ID}, f.code(t, made.Secret))
			if !errors.Is(err, problem.ErrInvalidToken) {
				t.Errorf("Enable answers %v", err)
			}
			if names, err := s.Names(t.Context(), f.owner.ID); err != nil || len(names) != 0 {
				t.Errorf("the user has %v: %v", names, err)
			}
		})
	}
}

// TestSetupCannotPrintItself: what is shown once must not end up in a log.
func TestSetupCannotPrintItself(t *testing.T) {
	f := newFixture(t)
	made, err := f.must(t, ring(t, secret.New())).Prepare(t.Context(), f.owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("made", "setup", made, "at", &made)
	for _, text := range []string{fmt.Sprint(made), fmt.Sprintf("%+v %#v %s", made, &made, made), log.String()} {
		if strings.Contains(text, made.Secret) || strings.Contains(text, made.Codes[0]) {
			t.Errorf("it prints %q", text)
		}
	}
	if b, err := json.Marshal(any(made)); err != nil || string(b) != `"[totp setup]"` {
		t.Errorf("it marshals to %s: %v", b, err)
	}
}

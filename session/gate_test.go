package session_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/user"
)

// gate is a service with everything about it in the test's hands.
type gate struct {
	*session.Service

	t      testing.TB
	clock  *authtest.Clock
	events *authtest.Events
	faults *authtest.Faults
	memory *memstore.Store
	secret secret.Secret
	opts   session.Options
	factor *factor
	ada    user.User
}

// factor is a second factor whose right code is "right", each time it is asked.
type factor struct {
	mu       sync.Mutex
	enrolled []string
	asked    int
	verify   func(code string) error
}

var errWrong = problem.ErrInvalidCode

func (f *factor) Names(context.Context, string) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.enrolled, nil
}

func (f *factor) Begin(context.Context, string) (any, error) { return nil, nil } //nolint:nilnil // nothing to send
func (f *factor) Forget(context.Context, string) error       { return nil }

func (f *factor) Verify(_ context.Context, _ string, p session.Proof) (session.Factor, error) {
	f.mu.Lock()
	f.asked++
	verify := f.verify
	f.mu.Unlock()
	if verify != nil {
		if err := verify(p.Code); err != nil {
			return session.Factor{}, err
		}
	} else if p.Code != "right" {
		return session.Factor{}, errWrong
	}
	return session.Factor{Method: "totp"}, nil
}

// open makes a gate in memory. Its user is there and has no second factor.
func open(t testing.TB, opts session.Options) *gate {
	t.Helper()
	g := &gate{
		t: t, clock: authtest.NewClock(time.Now()), events: &authtest.Events{}, faults: &authtest.Faults{}, secret: secret.New(), factor: &factor{}, opts: opts,
	}
	g.memory = memstore.New(&memstore.Options{Now: g.clock.Now})
	g.ada = user.User{ID: "ada", Email: "ada@example.com", TenantID: "acme"}
	if err := g.memory.PutUser(t.Context(), g.ada); err != nil {
		t.Fatal(err)
	}
	g.Service = g.instance()
	return g
}

// instance makes a service on the gate's store, as another machine would.
func (g *gate) instance() *session.Service {
	g.t.Helper()
	var s store.Store = g.faults.Store(g.memory)
	tokens, err := jwt.New(authtest.Keys(), jwt.Options{Issuer: "https://auth.example", Secret: g.secret, Now: g.clock.Now})
	if err != nil {
		g.t.Fatal(err)
	}
	ring, err := secret.NewRing(g.secret)
	if err != nil {
		g.t.Fatal(err)
	}
	opts := g.opts
	opts.Audit, opts.Now, opts.Log = audit.NewRecorder(g.events, g.clock.Now), g.clock.Now, slog.New(slog.DiscardHandler)
	if opts.Guard, err = abuse.New(s.KV(), s.Locks(), ring, abuse.Options{Audit: opts.Audit, Now: g.clock.Now}); err != nil {
		g.t.Fatal(err)
	}
	service, err := session.New(tokens, s.Sessions(), s.KV(), s.Users(), opts)
	if err != nil {
		g.t.Fatal(err)
	}
	if err := service.RegisterSecond(session.ByCode, g.factor); err != nil {
		g.t.Fatal(err)
	}
	service.Seal()
	g.t.Cleanup(func() { _ = service.Close(context.WithoutCancel(g.t.Context())) })
	return service
}

// signIn signs the gate's user in by one factor.
func (g *gate) signIn() string {
	g.t.Helper()
	a, err := g.SignIn(g.t.Context(), g.ada, session.Factor{Method: "email_otp"}, "web")
	if err != nil {
		g.t.Fatal(err)
	}
	return a.Token
}

// swap refreshes a token at an instance, as the route does.
func swap(ctx context.Context, s *session.Service, token string) (string, error) {
	p, err := s.Genuine(ctx, token)
	if err != nil {
		return "", err
	}
	a, err := s.Refresh(ctx, p)
	return a.Token, err
}

// leave logs a token out at an instance, as the route does.
func leave(ctx context.Context, s *session.Service, token string) error {
	p, err := s.Genuine(ctx, token)
	if err != nil {
		return err
	}
	return s.Logout(ctx, p)
}

func (g *gate) live(token string) bool {
	g.t.Helper()
	_, err := g.Authenticate(g.t.Context(), token)
	if err != nil && !errors.Is(err, session.ErrInvalidToken) {
		g.t.Fatal(err)
	}
	return err == nil
}

// dead demands that a token is dead everywhere: at the door and at refresh.
func (g *gate) dead(t *testing.T, name, token string) {
	t.Helper()
	if g.live(token) {
		t.Errorf("%s is let in", name)
	}
	if next, err := swap(t.Context(), g.Service, token); err == nil {
		t.Errorf("%s has a successor, live: %v", name, g.live(next))
	}
}

func (g *gate) payload(token string) *jwt.TokenPayload {
	g.t.Helper()
	p, err := g.Genuine(g.t.Context(), token)
	if err != nil {
		g.t.Fatal(err)
	}
	return p
}

package totp_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/totp"
	"github.com/crafteasy/auth/user"
)

// TestT07_TheDraftIsBound: a setup that was moved to another user enrols nobody.
func TestT07_TheDraftIsBound(t *testing.T) {
	f := newFixture(t)
	s := f.must(t, ring(t, secret.New()))
	bob, err := f.store.Users().Create(t.Context(), user.NewUser{Identifier: user.Identifier{Kind: user.Email, Value: "bob@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.Prepare(t.Context(), f.owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	draft, err := f.store.KV().Get(t.Context(), "totp:"+f.owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.store.KV().Set(t.Context(), "totp:"+bob.ID, draft, totp.PendingLife); err != nil {
		t.Fatal(err)
	}
	p := &jwt.TokenPayload{TokenType: jwt.TypeUser, UserID: bob.ID}
	if _, err := s.Enable(t.Context(), p, f.code(t, made.Secret)); !errors.Is(err, totp.ErrInvalidCode) {
		t.Errorf("another user's setup enrols: %v", err)
	}
}

// overtaken lets something happen just before the next value is taken.
type overtaken struct {
	kv.Store

	by func()
}

func (o *overtaken) Take(ctx context.Context, key string) ([]byte, error) {
	if by := o.by; by != nil {
		o.by = nil
		by()
	}
	return o.Store.Take(ctx, key)
}

// TestASetupInBetweenIsNotEnrolled: a code of the earlier setup enrols neither of the two.
func TestASetupInBetweenIsNotEnrolled(t *testing.T) {
	f := newFixture(t)
	pending := &overtaken{Store: f.store.KV()}
	s, err := totp.New(f.store.TOTP(), pending, f.store.Users(), f.gate, ring(t, secret.New()), totp.Options{
		Issuer: "Example", Outbox: f.sent, Now: func() time.Time { return f.now }, Audit: audit.NewRecorder(audit.SinkFunc(func(context.Context, audit.Event) {}), nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.Prepare(t.Context(), f.owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	pending.by = func() {
		if _, err := s.Prepare(t.Context(), f.owner.ID); err != nil {
			t.Error(err)
		}
	}
	p := &jwt.TokenPayload{TokenType: jwt.TypeUser, UserID: f.owner.ID}
	if _, err := s.Enable(t.Context(), p, f.code(t, made.Secret)); !errors.Is(err, totp.ErrInvalidCode) {
		t.Errorf("a code of the setup before enrols: %v", err)
	}
	if _, err := f.store.TOTP().Load(t.Context(), f.owner.ID); !errors.Is(err, totp.ErrNotFound) {
		t.Errorf("an authenticator is enrolled: %v", err)
	}
}

// TestASetupEnrolsOnce: a setup that was enrolled is spent; after the authenticator is gone it enrols nobody again.
func TestASetupEnrolsOnce(t *testing.T) {
	f := newFixture(t)
	s := f.must(t, ring(t, secret.New()))
	made, err := s.Prepare(t.Context(), f.owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	p := &jwt.TokenPayload{TokenType: jwt.TypeUser, UserID: f.owner.ID}
	if _, err := s.Enable(t.Context(), p, f.code(t, made.Secret)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.store.TOTP().Delete(t.Context(), f.owner.ID); err != nil {
		t.Fatal(err)
	}
	f.now = f.now.Add(30 * time.Second)
	if _, err := s.Enable(t.Context(), p, f.code(t, made.Secret)); !errors.Is(err, totp.ErrInvalidCode) {
		t.Errorf("the setup enrols again: %v", err)
	}
}

// TestT07_TheSecretOfAnotherEnrolment: a stored secret that was moved to a later enrolment of its user opens for nobody.
func TestT07_TheSecretOfAnotherEnrolment(t *testing.T) {
	f := newFixture(t)
	s := f.must(t, ring(t, secret.New()))
	made, err := s.Prepare(t.Context(), f.owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	p := &jwt.TokenPayload{TokenType: jwt.TypeUser, UserID: f.owner.ID}
	if _, err := s.Enable(t.Context(), p, f.code(t, made.Secret)); err != nil {
		t.Fatal(err)
	}
	e, err := f.store.TOTP().Load(t.Context(), f.owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.store.TOTP().Delete(t.Context(), f.owner.ID); err != nil {
		t.Fatal(err)
	}
	e.ID, e.Step = "another", 0
	if err := f.store.TOTP().Enrol(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Verify(t.Context(), f.owner.ID, session.Proof{Code: f.code(t, made.Secret)}); !errors.Is(err, problem.ErrUnavailable) {
		t.Errorf("answers %v", err)
	}
}

package authtest

import (
	"context"

	"github.com/crafteasy/auth/webauthn"
)

func (s *faultyStore) Passkeys() webauthn.Store { return &faultyPasskeys{s.Store.Passkeys(), s.f} }

type faultyPasskeys struct {
	s webauthn.Store
	f *Faults
}

func (s *faultyPasskeys) Handle(ctx context.Context, userID string, fresh []byte) ([]byte, error) {
	return serve(ctx, s.f, "passkeys.Handle", userID, nil, func() ([]byte, error) { return s.s.Handle(ctx, userID, fresh) })
}

func (s *faultyPasskeys) Add(ctx context.Context, c webauthn.Credential) error {
	return act(ctx, s.f, "passkeys.Add", string(c.ID), func() error { return s.s.Add(ctx, c) })
}

func (s *faultyPasskeys) Load(ctx context.Context, id []byte) (webauthn.Credential, error) {
	return serve(ctx, s.f, "passkeys.Load", string(id), webauthn.Credential{}, func() (webauthn.Credential, error) { return s.s.Load(ctx, id) })
}

func (s *faultyPasskeys) List(ctx context.Context, userID string) ([]webauthn.Credential, error) {
	return serve(ctx, s.f, "passkeys.List", userID, nil, func() ([]webauthn.Credential, error) { return s.s.List(ctx, userID) })
}

func (s *faultyPasskeys) Advance(ctx context.Context, id []byte, u webauthn.Use) (bool, error) {
	return serve(ctx, s.f, "passkeys.Advance", string(id), false, func() (bool, error) { return s.s.Advance(ctx, id, u) })
}

func (s *faultyPasskeys) Rename(ctx context.Context, userID string, id []byte, name string) error {
	return act(ctx, s.f, "passkeys.Rename", string(id), func() error { return s.s.Rename(ctx, userID, id, name) })
}

func (s *faultyPasskeys) Delete(ctx context.Context, userID string, id []byte) (bool, error) {
	return serve(ctx, s.f, "passkeys.Delete", string(id), false, func() (bool, error) { return s.s.Delete(ctx, userID, id) })
}

func (s *faultyPasskeys) DeleteAll(ctx context.Context, userID string) error {
	return act(ctx, s.f, "passkeys.DeleteAll", userID, func() error { return s.s.DeleteAll(ctx, userID) })
}

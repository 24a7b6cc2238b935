package bounded

import (
	"context"

	"github.com/crafteasy/auth/webauthn"
)

// passkeys keeps passkeys.
type passkeys struct{ webauthn.Store }

func (s *passkeys) Handle(ctx context.Context, userID string, fresh []byte) ([]byte, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Handle(ctx, userID, fresh)
}

func (s *passkeys) Add(ctx context.Context, c webauthn.Credential) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Add(ctx, c)
}

func (s *passkeys) Load(ctx context.Context, id []byte) (webauthn.Credential, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Load(ctx, id)
}

func (s *passkeys) List(ctx context.Context, userID string) ([]webauthn.Credential, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.List(ctx, userID)
}

func (s *passkeys) Advance(ctx context.Context, id []byte, u webauthn.Use) (bool, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Advance(ctx, id, u)
}

func (s *passkeys) Rename(ctx context.Context, userID string, id []byte, name string) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Rename(ctx, userID, id, name)
}

func (s *passkeys) Delete(ctx context.Context, userID string, id []byte) (bool, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Delete(ctx, userID, id)
}

func (s *passkeys) DeleteAll(ctx context.Context, userID string) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.DeleteAll(ctx, userID)
}

package bounded

import (
	"context"

	"github.com/crafteasy/auth/oauth"
)

// links keeps identities at providers.
type links struct{ oauth.Store }

func (s *links) Add(ctx context.Context, l oauth.Link) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Add(ctx, l)
}

func (s *links) Load(ctx context.Context, id string) (oauth.Link, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Load(ctx, id)
}

func (s *links) List(ctx context.Context, userID string) ([]oauth.Link, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.List(ctx, userID)
}

func (s *links) Delete(ctx context.Context, userID, id string) (bool, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Delete(ctx, userID, id)
}

func (s *links) DeleteAll(ctx context.Context, userID string) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.DeleteAll(ctx, userID)
}

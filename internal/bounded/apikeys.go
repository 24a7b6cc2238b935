package bounded

import (
	"context"

	"github.com/crafteasy/auth/apikey"
)

// apiKeys keeps API keys.
type apiKeys struct{ apikey.Store }

func (s *apiKeys) Create(ctx context.Context, k apikey.Key) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Create(ctx, k)
}

func (s *apiKeys) Load(ctx context.Context, id string) (apikey.Key, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Load(ctx, id)
}

func (s *apiKeys) List(ctx context.Context, ownerID string, limit int) ([]apikey.Key, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.List(ctx, ownerID, limit)
}

func (s *apiKeys) Replace(ctx context.Context, next apikey.Key) (bool, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Replace(ctx, next)
}

func (s *apiKeys) Delete(ctx context.Context, ownerID, id string) (apikey.Key, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Delete(ctx, ownerID, id)
}

func (s *apiKeys) DeleteAll(ctx context.Context, ownerID string) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.DeleteAll(ctx, ownerID)
}

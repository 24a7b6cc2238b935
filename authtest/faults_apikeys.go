package authtest

import (
	"context"

	"github.com/crafteasy/auth/apikey"
)

func (s *faultyStore) APIKeys() apikey.Store { return &faultyAPIKeys{s.Store.APIKeys(), s.f} }

type faultyAPIKeys struct {
	s apikey.Store
	f *Faults
}

func (s *faultyAPIKeys) Create(ctx context.Context, k apikey.Key) error {
	return act(ctx, s.f, "apikeys.Create", k.ID, func() error { return s.s.Create(ctx, k) })
}

func (s *faultyAPIKeys) Load(ctx context.Context, id string) (apikey.Key, error) {
	return serve(ctx, s.f, "apikeys.Load", id, apikey.Key{}, func() (apikey.Key, error) { return s.s.Load(ctx, id) })
}

func (s *faultyAPIKeys) List(ctx context.Context, ownerID string, limit int) ([]apikey.Key, error) {
	return serve(ctx, s.f, "apikeys.List", ownerID, nil, func() ([]apikey.Key, error) { return s.s.List(ctx, ownerID, limit) })
}

func (s *faultyAPIKeys) Replace(ctx context.Context, next apikey.Key) (bool, error) {
	return serve(ctx, s.f, "apikeys.Replace", next.ID, false, func() (bool, error) { return s.s.Replace(ctx, next) })
}

func (s *faultyAPIKeys) Delete(ctx context.Context, ownerID, id string) (apikey.Key, error) {
	return serve(ctx, s.f, "apikeys.Delete", id, apikey.Key{}, func() (apikey.Key, error) { return s.s.Delete(ctx, ownerID, id) })
}

func (s *faultyAPIKeys) DeleteAll(ctx context.Context, ownerID string) error {
	return act(ctx, s.f, "apikeys.DeleteAll", ownerID, func() error { return s.s.DeleteAll(ctx, ownerID) })
}

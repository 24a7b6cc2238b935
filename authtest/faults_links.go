package authtest

import (
	"context"

	"github.com/crafteasy/auth/oauth"
)

// Links is the view of links.
func (s *faultyStore) Links() oauth.Store { return &faultyLinks{s.Store.Links(), s.f} }

type faultyLinks struct {
	s oauth.Store
	f *Faults
}

func (s *faultyLinks) Add(ctx context.Context, l oauth.Link) error {
	return act(ctx, s.f, "links.Add", l.ID, func() error { return s.s.Add(ctx, l) })
}

func (s *faultyLinks) Load(ctx context.Context, id string) (oauth.Link, error) {
	return serve(ctx, s.f, "links.Load", id, oauth.Link{}, func() (oauth.Link, error) { return s.s.Load(ctx, id) })
}

func (s *faultyLinks) List(ctx context.Context, userID string) ([]oauth.Link, error) {
	return serve(ctx, s.f, "links.List", userID, nil, func() ([]oauth.Link, error) { return s.s.List(ctx, userID) })
}

func (s *faultyLinks) Delete(ctx context.Context, userID, id string) (bool, error) {
	return serve(ctx, s.f, "links.Delete", id, false, func() (bool, error) { return s.s.Delete(ctx, userID, id) })
}

func (s *faultyLinks) DeleteAll(ctx context.Context, userID string) error {
	return act(ctx, s.f, "links.DeleteAll", userID, func() error { return s.s.DeleteAll(ctx, userID) })
}

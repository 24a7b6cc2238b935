package authtest

import (
	"context"

	"github.com/crafteasy/auth/oauth"
)

// withLinks is a back end that keeps links.
type withLinks interface{ Links() oauth.Store }

// Links is the view of links, or nil where the back end has none.
func (s *faultyStore) Links() oauth.Store {
	view, ok := s.Store.(withLinks)
	if !ok || view.Links() == nil {
		return nil
	}
	return &faultyLinks{view.Links(), s.f}
}

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

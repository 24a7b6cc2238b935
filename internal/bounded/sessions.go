package bounded

import (
	"context"

	"github.com/crafteasy/auth/session"
)

// sessions keeps sessions.
type sessions struct{ session.Store }

func (s *sessions) Create(ctx context.Context, n session.Session) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Create(ctx, n)
}

func (s *sessions) Load(ctx context.Context, userID, id, tokenID string) (session.Session, session.State, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Load(ctx, userID, id, tokenID)
}

func (s *sessions) Rotate(ctx context.Context, from string, next session.Session) (bool, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Rotate(ctx, from, next)
}

func (s *sessions) List(ctx context.Context, userID string, limit int) ([]session.Session, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.List(ctx, userID, limit)
}

func (s *sessions) Delete(ctx context.Context, userID, id string) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Delete(ctx, userID, id)
}

func (s *sessions) DeleteAll(ctx context.Context, userID string) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.DeleteAll(ctx, userID)
}

func (s *sessions) Revoke(ctx context.Context, r session.Revocation) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Revoke(ctx, r)
}

func (s *sessions) State(ctx context.Context, userID, sessionID, tokenID string) (session.State, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.State(ctx, userID, sessionID, tokenID)
}

func (s *sessions) Epoch(ctx context.Context, userID string, now int64) (int64, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Epoch(ctx, userID, now)
}

func (s *sessions) MoveEpoch(ctx context.Context, userID, except string, now int64) (int64, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.MoveEpoch(ctx, userID, except, now)
}

func (s *sessions) MoveFloor(ctx context.Context, now int64) (int64, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.MoveFloor(ctx, now)
}

// feed is sessions of a store that tells of changes.
type feed struct {
	*sessions

	feed session.Feed
}

func (s *feed) Changes(ctx context.Context, after session.Cursor) (session.Changes, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.feed.Changes(ctx, after)
}

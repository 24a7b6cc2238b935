package authtest

import (
	"context"

	"github.com/crafteasy/auth/session"
)

type faultySessions struct {
	session.Store

	f *Faults
}

func (s *faultySessions) Create(ctx context.Context, n session.Session) error {
	return act(ctx, s.f, "sessions.Create", n.ID, func() error { return s.Store.Create(ctx, n) })
}

func (s *faultySessions) Load(ctx context.Context, userID, id, tokenID string) (session.Session, session.State, error) {
	type loaded struct {
		session session.Session
		state   session.State
	}
	l, err := serve(ctx, s.f, "sessions.Load", id, loaded{}, func() (loaded, error) {
		sess, st, err := s.Store.Load(ctx, userID, id, tokenID)
		return loaded{sess, st}, err
	})
	return l.session, l.state, err
}

func (s *faultySessions) Rotate(ctx context.Context, from string, next session.Session) (bool, error) {
	return serve(ctx, s.f, "sessions.Rotate", next.ID, false, func() (bool, error) { return s.Store.Rotate(ctx, from, next) })
}

func (s *faultySessions) List(ctx context.Context, userID string, limit int) ([]session.Session, error) {
	return serve(ctx, s.f, "sessions.List", userID, nil, func() ([]session.Session, error) { return s.Store.List(ctx, userID, limit) })
}

func (s *faultySessions) Delete(ctx context.Context, userID, id string) error {
	return act(ctx, s.f, "sessions.Delete", id, func() error { return s.Store.Delete(ctx, userID, id) })
}

func (s *faultySessions) DeleteAll(ctx context.Context, userID string) error {
	return act(ctx, s.f, "sessions.DeleteAll", userID, func() error { return s.Store.DeleteAll(ctx, userID) })
}

func (s *faultySessions) Revoke(ctx context.Context, r session.Revocation) error {
	return act(ctx, s.f, "sessions.Revoke", r.SessionID+r.TokenID, func() error { return s.Store.Revoke(ctx, r) })
}

func (s *faultySessions) State(ctx context.Context, userID, sessionID, tokenID string) (session.State, error) {
	return serve(ctx, s.f, "sessions.State", userID, session.State{}, func() (session.State, error) {
		return s.Store.State(ctx, userID, sessionID, tokenID)
	})
}

func (s *faultySessions) Epoch(ctx context.Context, userID string, now int64) (int64, error) {
	return serve(ctx, s.f, "sessions.Epoch", userID, 0, func() (int64, error) { return s.Store.Epoch(ctx, userID, now) })
}

func (s *faultySessions) MoveEpoch(ctx context.Context, userID, except string, now int64) (int64, error) {
	return serve(ctx, s.f, "sessions.MoveEpoch", userID, 0, func() (int64, error) { return s.Store.MoveEpoch(ctx, userID, except, now) })
}

func (s *faultySessions) MoveFloor(ctx context.Context, now int64) (int64, error) {
	return serve(ctx, s.f, "sessions.MoveFloor", "", 0, func() (int64, error) { return s.Store.MoveFloor(ctx, now) })
}

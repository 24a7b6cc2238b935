package session

import "context"

// mirrored is a store whose verbs of this instance are in its mirror when they are answered.
type mirrored struct {
	Store

	m *mirror
}

// Revoke records r in the store, then in the mirror.
func (s mirrored) Revoke(ctx context.Context, r Revocation) error {
	err := s.Store.Revoke(ctx, r)
	if err == nil {
		s.m.known.revoke(r)
	}
	return err
}

// MoveEpoch moves the epoch in the store, then in the mirror.
func (s mirrored) MoveEpoch(ctx context.Context, userID, except string, now int64) (int64, error) {
	epoch, err := s.Store.MoveEpoch(ctx, userID, except, now)
	if err == nil {
		s.m.known.move(Move{userID, epoch, except}, s.m.now())
	}
	return epoch, err
}

// MoveFloor moves the floor in the store, then in the mirror.
func (s mirrored) MoveFloor(ctx context.Context, now int64) (int64, error) {
	floor, err := s.Store.MoveFloor(ctx, now)
	if err == nil {
		s.m.movedFloor(floor)
	}
	return floor, err
}

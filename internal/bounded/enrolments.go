package bounded

import (
	"context"

	"github.com/crafteasy/auth/totp"
)

// enrolments keeps authenticator apps.
type enrolments struct{ totp.Store }

func (s *enrolments) Load(ctx context.Context, userID string) (totp.Enrolment, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Load(ctx, userID)
}

func (s *enrolments) Enrol(ctx context.Context, e totp.Enrolment) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Enrol(ctx, e)
}

func (s *enrolments) Advance(ctx context.Context, userID, id string, step int64) (bool, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Advance(ctx, userID, id, step)
}

func (s *enrolments) Reseal(ctx context.Context, userID, id string, from, to []byte) (bool, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Reseal(ctx, userID, id, from, to)
}

func (s *enrolments) Spend(ctx context.Context, userID, id string, hash []byte) (int, bool, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Spend(ctx, userID, id, hash)
}

func (s *enrolments) Replace(ctx context.Context, userID, id string, codes [][]byte) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Replace(ctx, userID, id, codes)
}

func (s *enrolments) Delete(ctx context.Context, userID string) (bool, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Delete(ctx, userID)
}

package authtest

import (
	"context"

	"github.com/crafteasy/auth/totp"
)

func (s *faultyStore) TOTP() totp.Store { return &faultyTOTP{s.Store.TOTP(), s.f} }

type faultyTOTP struct {
	s totp.Store
	f *Faults
}

func (s *faultyTOTP) Load(ctx context.Context, userID string) (totp.Enrolment, error) {
	return serve(ctx, s.f, "totp.Load", userID, totp.Enrolment{}, func() (totp.Enrolment, error) { return s.s.Load(ctx, userID) })
}

func (s *faultyTOTP) Enrol(ctx context.Context, e totp.Enrolment) error {
	return act(ctx, s.f, "totp.Enrol", e.UserID, func() error { return s.s.Enrol(ctx, e) })
}

func (s *faultyTOTP) Advance(ctx context.Context, userID, id string, step int64) (bool, error) {
	return serve(ctx, s.f, "totp.Advance", userID, false, func() (bool, error) { return s.s.Advance(ctx, userID, id, step) })
}

func (s *faultyTOTP) Reseal(ctx context.Context, userID, id string, from, to []byte) (bool, error) {
	return serve(ctx, s.f, "totp.Reseal", userID, false, func() (bool, error) { return s.s.Reseal(ctx, userID, id, from, to) })
}

func (s *faultyTOTP) Spend(ctx context.Context, userID, id string, hash []byte) (int, bool, error) {
	type spent struct {
		left int
		ok   bool
	}
	r, err := serve(ctx, s.f, "totp.Spend", userID, spent{}, func() (spent, error) {
		left, ok, err := s.s.Spend(ctx, userID, id, hash)
		return spent{left, ok}, err
	})
	return r.left, r.ok, err
}

func (s *faultyTOTP) Replace(ctx context.Context, userID, id string, codes [][]byte) error {
	return act(ctx, s.f, "totp.Replace", userID, func() error { return s.s.Replace(ctx, userID, id, codes) })
}

func (s *faultyTOTP) Delete(ctx context.Context, userID string) (bool, error) {
	return serve(ctx, s.f, "totp.Delete", userID, false, func() (bool, error) { return s.s.Delete(ctx, userID) })
}

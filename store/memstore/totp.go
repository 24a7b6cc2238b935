package memstore

import (
	"bytes"
	"context"
	"crypto/subtle"
	"slices"
	"sync"
	"time"

	"github.com/crafteasy/auth/totp"
)

var _ totp.Store = (*enrolments)(nil)

// enrolments is the view of TOTP enrolments.
type enrolments struct {
	mu   sync.Mutex
	held map[string]totp.Enrolment
}

func newEnrolments() *enrolments {
	return &enrolments{held: map[string]totp.Enrolment{}}
}

// TOTP is the view of TOTP enrolments.
func (s *Store) TOTP() totp.Store { return s.enrolments }

// with runs f on the user's enrolment of this id, if there is one, and keeps what it leaves.
func (all *enrolments) with(ctx context.Context, userID, id string, f func(*totp.Enrolment)) (found bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	e, ok := all.held[userID]
	if !ok || e.ID != id {
		return false, nil
	}
	f(&e)
	all.held[userID] = e
	return true, nil
}

// Load answers the user's enrolment.
func (all *enrolments) Load(ctx context.Context, userID string) (totp.Enrolment, error) {
	if err := ctx.Err(); err != nil {
		return totp.Enrolment{}, err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	e, ok := all.held[userID]
	if !ok {
		return totp.Enrolment{}, totp.ErrNotFound
	}
	return cloneEnrolment(e), nil
}

// Enrol stores e unless its user has an enrolment.
func (all *enrolments) Enrol(ctx context.Context, e totp.Enrolment) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if _, taken := all.held[e.UserID]; taken {
		return totp.ErrExists
	}
	e.EnabledAt = e.EnabledAt.UTC().Truncate(time.Millisecond)
	all.held[e.UserID] = cloneEnrolment(e)
	return nil
}

// Advance moves the last accepted step forward.
func (all *enrolments) Advance(ctx context.Context, userID, id string, step int64) (moved bool, err error) {
	_, err = all.with(ctx, userID, id, func(e *totp.Enrolment) {
		if moved = step > e.Step; moved {
			e.Step = step
		}
	})
	return moved, err
}

// Reseal replaces the secret while it is the one that the caller has read.
func (all *enrolments) Reseal(ctx context.Context, userID, id string, from, to []byte) (done bool, err error) {
	_, err = all.with(ctx, userID, id, func(e *totp.Enrolment) {
		if done = subtle.ConstantTimeCompare(e.Secret, from) == 1; done {
			e.Secret = bytes.Clone(to)
		}
	})
	return done, err
}

// Spend removes a recovery code.
func (all *enrolments) Spend(ctx context.Context, userID, id string, hash []byte) (left int, ok bool, err error) {
	_, err = all.with(ctx, userID, id, func(e *totp.Enrolment) {
		i := slices.IndexFunc(e.Codes, func(c []byte) bool { return bytes.Equal(c, hash) })
		if ok = i >= 0; ok {
			e.Codes = slices.Delete(e.Codes, i, i+1)
		}
		left = len(e.Codes)
	})
	return left, ok, err
}

// Replace puts a new set of recovery codes in place of the old one.
func (all *enrolments) Replace(ctx context.Context, userID, id string, codes [][]byte) error {
	found, err := all.with(ctx, userID, id, func(e *totp.Enrolment) { e.Codes = cloneCodes(codes) })
	if err == nil && !found {
		return totp.ErrNotFound
	}
	return err
}

// Delete removes the user's enrolment.
func (all *enrolments) Delete(ctx context.Context, userID string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	_, was := all.held[userID]
	delete(all.held, userID)
	return was, nil
}

func cloneEnrolment(e totp.Enrolment) totp.Enrolment {
	e.Secret, e.Codes = bytes.Clone(e.Secret), cloneCodes(e.Codes)
	return e
}

func cloneCodes(codes [][]byte) [][]byte {
	own := make([][]byte, len(codes))
	for i, c := range codes {
		own[i] = bytes.Clone(c)
	}
	return own
}

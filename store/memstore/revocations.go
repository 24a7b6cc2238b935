package memstore

import (
	"context"

	"github.com/crafteasy/auth/session"
)

// Revoke records r; the earlier At and the later Until hold.
func (s *sessions) Revoke(ctx context.Context, r session.Revocation) error {
	return s.write(ctx, func() {
		a, what := s.of(r.UserID), revoked{r.SessionID, r.TokenID}
		m, known := a.ended[what]
		if !known || r.At.Before(m.at) {
			m.at = exact(r.At)
		}
		if !known || r.Until.After(m.until) {
			m.until = exact(r.Until)
		}
		a.ended[what] = m
		if !known {
			s.broom.add(m.until, ending{user: r.UserID, revoked: what})
		}
	})
}

// State answers what is known against a token.
func (s *sessions) State(ctx context.Context, userID, sessionID, tokenID string) (session.State, error) {
	if err := ctx.Err(); err != nil {
		return session.State{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.state(userID, sessionID, tokenID), nil
}

func (s *sessions) state(userID, sessionID, tokenID string) session.State {
	st := session.State{Floor: s.floor}
	a, ok := s.users[userID]
	if !ok {
		return st
	}
	st.Epoch, st.Except = a.epoch, a.except
	if sessionID != "" {
		st.SessionEnd = a.ended[revoked{session: sessionID}].at
	}
	if tokenID != "" {
		st.TokenEnd = a.ended[revoked{token: tokenID}].at
	}
	return st
}

// Epoch answers the greater of the user's epoch and the floor.
func (s *sessions) Epoch(ctx context.Context, userID string, _ int64) (int64, error) {
	st, err := s.State(ctx, userID, "", "")
	return max(st.Floor, st.Epoch), err
}

// MoveEpoch moves the user's epoch.
func (s *sessions) MoveEpoch(ctx context.Context, userID, except string, now int64) (epoch int64, err error) {
	err = s.write(ctx, func() {
		a := s.of(userID)
		a.epoch, a.except = max(now, a.epoch+1, s.floor+1), except
		epoch = a.epoch
		s.highest = max(s.highest, epoch)
	})
	return epoch, err
}

// MoveFloor moves the floor of everybody.
func (s *sessions) MoveFloor(ctx context.Context, now int64) (floor int64, err error) {
	err = s.write(ctx, func() {
		s.floor = max(now, s.floor+1, s.highest+1)
		floor = s.floor
	})
	return floor, err
}

package memstore

import (
	"context"

	"github.com/crafteasy/auth/session"
)

// Revoke records r; the earlier At and the later Until hold.
func (s *sessions) Revoke(ctx context.Context, r session.Revocation) error {
	return s.write(ctx, r.UserID, func(in *accounts) {
		a, what := in.of(r.UserID), revoked{r.SessionID, r.TokenID}
		m, known := a.ended[what]
		if !known || r.At.Before(m.at) {
			m.at = exact(r.At)
		}
		if !known || r.Until.After(m.until) {
			m.until = exact(r.Until)
		}
		a.ended[what] = m
		if !known {
			in.broom.add(m.until, ending{user: r.UserID, revoked: what})
		}
		r.At, r.Until = m.at, m.until
		s.feed.tell(change{at: s.now(), revoked: r})
	})
}

// State answers what is known against a token.
func (s *sessions) State(ctx context.Context, userID, sessionID, tokenID string) (session.State, error) {
	if err := ctx.Err(); err != nil {
		return session.State{}, err
	}
	in := s.shard(userID)
	in.mu.RLock()
	defer in.mu.RUnlock()
	return s.state(in.users[userID], sessionID, tokenID), nil
}

func (s *sessions) state(a *account, sessionID, tokenID string) session.State {
	st := session.State{Floor: s.floor.Load()}
	if a == nil {
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
	s.moving.Lock()
	defer s.moving.Unlock()
	err = s.write(ctx, userID, func(in *accounts) {
		a := in.of(userID)
		a.epoch, a.except, a.moved = max(now, a.epoch+1, s.floor.Load()+1), except, s.now()
		epoch = a.epoch
		s.feed.tell(change{at: a.moved, moved: session.Move{UserID: userID, Epoch: epoch, Except: except}})
	})
	s.highest.Store(max(s.highest.Load(), epoch))
	return epoch, err
}

// MoveFloor moves the floor of everybody.
func (s *sessions) MoveFloor(ctx context.Context, now int64) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.moving.Lock()
	defer s.moving.Unlock()
	floor := max(now, s.floor.Load()+1, s.highest.Load()+1)
	s.floor.Store(floor)
	return floor, nil
}

package memstore

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/crafteasy/auth/session"
)

var _ session.Store = (*sessions)(nil)

// sessions is the view of sessions and revocations. Its floor is the time it was made: it knows nothing of tokens that were
// issued before.
type sessions struct {
	now func() time.Time

	mu    sync.RWMutex
	floor int64
	// highest is the highest epoch of any user.
	highest int64
	users   map[string]*account
	broom   broom[ending]
}

// account is what is kept of one user's sign-ins.
type account struct {
	// list is in the order of creation, the oldest first.
	list   []*session.Session
	epoch  int64
	except string
	// ended holds the revocations, by kind and id.
	ended map[revoked]mark
}

// revoked names what a revocation kills.
type revoked struct{ session, token string }

type mark struct{ at, until time.Time }

// ending names a session or a revocation whose time will come.
type ending struct {
	user    string
	session string
	revoked revoked
}

func newSessions(o Options) *sessions {
	return &sessions{now: o.Now, floor: o.Now().UnixMilli(), users: map[string]*account{}}
}

// of answers the user's account and makes it where there is none. The lock is held for writing.
func (s *sessions) of(userID string) *account {
	a, ok := s.users[userID]
	if !ok {
		a = &account{ended: map[revoked]mark{}}
		s.users[userID] = a
	}
	return a
}

// write runs f with the lock held, after a bit of sweeping.
func (s *sessions) write(ctx context.Context, f func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broom.sweep(s.now(), s.gone)
	f()
	return nil
}

// gone drops what has ended, or answers when it will.
func (s *sessions) gone(e ending) time.Time {
	a, ok := s.users[e.user]
	if !ok {
		return time.Time{}
	}
	if e.session != "" {
		a.remove(e.session)
	} else if m, ok := a.ended[e.revoked]; ok {
		if m.until.After(s.now()) {
			return m.until
		}
		delete(a.ended, e.revoked)
	}
	// An epoch outlives everything: forgetting it would revive what it killed.
	if len(a.list) == 0 && len(a.ended) == 0 && a.epoch == 0 {
		delete(s.users, e.user)
	}
	return time.Time{}
}

func (a *account) find(id string) (int, bool) {
	i := slices.IndexFunc(a.list, func(s *session.Session) bool { return s.ID == id })
	return i, i >= 0
}

func (a *account) remove(id string) {
	if i, ok := a.find(id); ok {
		a.list = slices.Delete(a.list, i, i+1)
	}
}

// Create stores a session whose id is new.
func (s *sessions) Create(ctx context.Context, n session.Session) error {
	return s.write(ctx, func() {
		own := record(n)
		a := s.of(n.UserID)
		// Sessions begin in order, but for those of a clock that was set back.
		i := len(a.list)
		for i > 0 && a.list[i-1].CreatedAt.After(own.CreatedAt) {
			i--
		}
		a.list = slices.Insert(a.list, i, &own)
		s.broom.add(n.ExpiresAt, ending{user: n.UserID, session: n.ID})
	})
}

// Load answers a session with what is known against it and the token.
func (s *sessions) Load(ctx context.Context, userID, id, tokenID string) (session.Session, session.State, error) {
	if err := ctx.Err(); err != nil {
		return session.Session{}, session.State{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	a, ok := s.users[userID]
	if !ok {
		return session.Session{}, session.State{}, session.ErrNotFound
	}
	i, ok := a.find(id)
	if !ok {
		return session.Session{}, session.State{}, session.ErrNotFound
	}
	return clone(*a.list[i]), s.state(userID, id, tokenID), nil
}

// Rotate replaces the session if its current token is still the one named by from.
func (s *sessions) Rotate(ctx context.Context, from string, next session.Session) (won bool, err error) {
	err = s.write(ctx, func() {
		a, ok := s.users[next.UserID]
		if !ok {
			return
		}
		i, ok := a.find(next.ID)
		if !ok || a.list[i].Token.TokenID != from {
			return
		}
		own := record(next)
		own.CreatedAt = a.list[i].CreatedAt // the order of the list
		a.list[i], won = &own, true
	})
	return won, err
}

// List answers the newest sessions of the user.
func (s *sessions) List(ctx context.Context, userID string, limit int) ([]session.Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	a, ok := s.users[userID]
	if !ok {
		return nil, nil
	}
	list := make([]session.Session, 0, min(limit, len(a.list)))
	for i := len(a.list) - 1; i >= 0 && len(list) < limit; i-- {
		list = append(list, clone(*a.list[i]))
	}
	return list, nil
}

// Delete removes a session of the user.
func (s *sessions) Delete(ctx context.Context, userID, id string) error {
	return s.write(ctx, func() {
		if a, ok := s.users[userID]; ok {
			a.remove(id)
		}
	})
}

// DeleteAll removes every session of the user.
func (s *sessions) DeleteAll(ctx context.Context, userID string) error {
	return s.write(ctx, func() {
		if a, ok := s.users[userID]; ok {
			a.list = nil
		}
	})
}

// record is what is kept of s: its times like those of every back end.
func record(s session.Session) session.Session {
	s = clone(s)
	for _, at := range []*time.Time{
		&s.CreatedAt, &s.ExpiresAt, &s.LastSeenAt, &s.RotatedAt, &s.Token.AuthTime, &s.Token.IssuedAt, &s.Token.ExpiresAt,
	} {
		*at = exact(*at)
	}
	return s
}

// exact is a time in UTC and in whole milliseconds.
func exact(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }

func clone(s session.Session) session.Session {
	s.Token = *s.Token.Clone()
	return s
}

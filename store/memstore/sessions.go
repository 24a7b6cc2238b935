package memstore

import (
	"context"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/crafteasy/auth/session"
)

var _ session.Store = (*sessions)(nil)

// sessions is the view of sessions and revocations. Its floor is the time it was made: it knows nothing of tokens that were
// issued before.
type sessions struct {
	now  func() time.Time
	seed maphash.Seed
	feed *feed

	// floor and highest, the highest epoch of any user, move under moving and are read at any time.
	moving         sync.Mutex
	floor, highest atomic.Int64

	shards [shards]accounts
}

// accounts are the users who share a lock: every request reads, and readers of one lock slow each other down.
type accounts struct {
	mu    sync.RWMutex
	users map[string]*account
	broom broom[ending]
	_     [64]byte // keeps two locks off one cache line
}

// account is what is kept of one user's sign-ins.
type account struct {
	// list is in the order of creation, the oldest first.
	list   []*session.Session
	epoch  int64
	except string
	moved  time.Time // when the epoch was
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
	s := &sessions{now: o.Now, seed: maphash.MakeSeed(), feed: newFeed()}
	s.floor.Store(o.Now().UnixMilli())
	for i := range s.shards {
		s.shards[i].users = map[string]*account{}
	}
	return s
}

// shard answers the accounts among which a user's is.
func (s *sessions) shard(userID string) *accounts {
	return &s.shards[maphash.String(s.seed, userID)%shards]
}

// of answers the user's account and makes it where there is none. The lock is held for writing.
func (in *accounts) of(userID string) *account {
	a, ok := in.users[userID]
	if !ok {
		a = &account{ended: map[revoked]mark{}}
		in.users[userID] = a
	}
	return a
}

// write runs f with the user's lock held, after a bit of sweeping.
func (s *sessions) write(ctx context.Context, userID string, f func(in *accounts)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	in := s.shard(userID)
	in.mu.Lock()
	defer in.mu.Unlock()
	now := s.now()
	in.broom.sweep(now, func(e ending) time.Time { return in.gone(e, now) })
	f(in)
	return nil
}

// gone drops what has ended, or answers when it will.
func (in *accounts) gone(e ending, now time.Time) time.Time {
	a, ok := in.users[e.user]
	if !ok {
		return time.Time{}
	}
	if e.session != "" {
		a.remove(e.session)
	} else if m, ok := a.ended[e.revoked]; ok {
		if m.until.After(now) {
			return m.until
		}
		delete(a.ended, e.revoked)
	}
	// An epoch outlives everything: forgetting it would revive what it killed.
	if len(a.list) == 0 && len(a.ended) == 0 && a.epoch == 0 {
		delete(in.users, e.user)
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
	return s.write(ctx, n.UserID, func(in *accounts) {
		own := record(n)
		a := in.of(n.UserID)
		// Sessions begin in order, but for those of a clock that was set back.
		i := len(a.list)
		for i > 0 && a.list[i-1].CreatedAt.After(own.CreatedAt) {
			i--
		}
		a.list = slices.Insert(a.list, i, &own)
		in.broom.add(n.ExpiresAt, ending{user: n.UserID, session: n.ID})
	})
}

// Load answers a session with what is known against it and the token.
func (s *sessions) Load(ctx context.Context, userID, id, tokenID string) (session.Session, session.State, error) {
	if err := ctx.Err(); err != nil {
		return session.Session{}, session.State{}, err
	}
	in := s.shard(userID)
	in.mu.RLock()
	defer in.mu.RUnlock()
	a, ok := in.users[userID]
	if !ok {
		return session.Session{}, session.State{}, session.ErrNotFound
	}
	i, ok := a.find(id)
	if !ok {
		return session.Session{}, session.State{}, session.ErrNotFound
	}
	return clone(*a.list[i]), s.state(a, id, tokenID), nil
}

// Rotate replaces the session if its current token is still the one named by from.
func (s *sessions) Rotate(ctx context.Context, from string, next session.Session) (won bool, err error) {
	err = s.write(ctx, next.UserID, func(in *accounts) {
		a, ok := in.users[next.UserID]
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
	in := s.shard(userID)
	in.mu.RLock()
	defer in.mu.RUnlock()
	a, ok := in.users[userID]
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
	return s.write(ctx, userID, func(in *accounts) {
		if a, ok := in.users[userID]; ok {
			a.remove(id)
		}
	})
}

// DeleteAll removes every session of the user.
func (s *sessions) DeleteAll(ctx context.Context, userID string) error {
	return s.write(ctx, userID, func(in *accounts) {
		if a, ok := in.users[userID]; ok {
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

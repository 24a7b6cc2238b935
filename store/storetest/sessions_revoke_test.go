package storetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/crafteasy/auth/session"
)

// marks is a simple store of revocations, with places to break it.
type marks struct {
	mu   sync.Mutex
	of   map[markOf]session.Revocation
	name func(markOf) markOf
	join func(held, fresh session.Revocation) session.Revocation
	wait func()
	now  func() time.Time
}

type markOf struct{ userID, sessionID, tokenID string }

func newMarks() *marks {
	return &marks{
		of:   map[markOf]session.Revocation{},
		name: func(m markOf) markOf { return m },
		join: func(held, fresh session.Revocation) session.Revocation {
			if held.At.Before(fresh.At) {
				fresh.At = held.At
			}
			if held.Until.After(fresh.Until) {
				fresh.Until = held.Until
			}
			return fresh
		},
		wait: func() {},
	}
}

// serve lets f answer revocations out of m.
func (m *marks) serve(s session.Store, f *faultySessions) {
	m.now = f.now
	f.revoke = func(ctx context.Context, r session.Revocation) error {
		what := m.name(markOf{r.UserID, r.SessionID, r.TokenID})
		r.At, r.Until = r.At.UTC(), r.Until.UTC()
		if held, ok := m.held(what); ok {
			r = m.join(held, r)
		}
		m.wait()
		m.mu.Lock()
		defer m.mu.Unlock()
		m.of[what] = r
		return ctx.Err()
	}
	f.state = func(ctx context.Context, userID, sessionID, tokenID string) (session.State, error) {
		st, err := s.State(ctx, userID, sessionID, tokenID)
		if sessionID != "" {
			held, _ := m.held(m.name(markOf{userID: userID, sessionID: sessionID}))
			st.SessionEnd = held.At
		}
		if tokenID != "" {
			held, _ := m.held(m.name(markOf{userID: userID, tokenID: tokenID}))
			st.TokenEnd = held.At
		}
		return st, err
	}
}

func (m *marks) held(what markOf) (session.Revocation, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	held, ok := m.of[what]
	if ok && !held.Until.After(m.now()) {
		delete(m.of, what)
		return session.Revocation{}, false
	}
	return held, ok
}

func (m *marks) forget(userID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for what := range m.of {
		if what.userID == userID {
			delete(m.of, what)
		}
	}
}

// withMarks breaks a store of revocations.
func withMarks(spoil func(*marks)) Open[session.Store] {
	return withSessions(func(s session.Store, f *faultySessions) {
		m := newMarks()
		spoil(m)
		m.serve(s, f)
	})
}

var revokeFlaws = []flaw[session.Store]{
	{"the latest Revoke holds", withMarks(func(m *marks) {
		m.join = func(_, fresh session.Revocation) session.Revocation { return fresh }
	}), []string{
		"the earlier At holds, whichever came first",
		"the later Until holds, whichever came first, and nothing is forgotten before it",
	}},
	{"the first Revoke holds", withMarks(func(m *marks) {
		m.join = func(held, _ session.Revocation) session.Revocation { return held }
	}), []string{
		"the earlier At holds, whichever came first",
		"the later Until holds, whichever came first, and nothing is forgotten before it",
	}},
	{"the earlier At brings its own Until", withMarks(func(m *marks) {
		m.join = func(held, fresh session.Revocation) session.Revocation {
			if fresh.At.Before(held.At) {
				return fresh
			}
			return held
		}
	}), []string{"the later Until holds, whichever came first, and nothing is forgotten before it"}},
	{"Revoke reads, then writes", withMarks(func(m *marks) { m.wait = gap }), []string{
		"of many who Revoke one thing at once the earliest At holds",
	}},
	{"an At that lies ahead is now", withSessions(func(s session.Store, f *faultySessions) {
		f.revoke = func(ctx context.Context, r session.Revocation) error {
			if now := f.now(); r.At.After(now) {
				r.At = now
			}
			return s.Revoke(ctx, r)
		}
	}), []string{"an At that lies ahead comes back as it is"}},
	{"only what there is can be revoked", withSessions(func(s session.Store, f *faultySessions) {
		f.revoke = func(ctx context.Context, r session.Revocation) error {
			if _, _, err := s.Load(ctx, r.UserID, r.SessionID, ""); r.SessionID != "" && err != nil {
				return nil
			}
			return s.Revoke(ctx, r)
		}
	}), []string{"a revocation needs no session, and outlives one"}},
	{"a session and a token share a name", withMarks(func(m *marks) {
		m.name = func(what markOf) markOf { return markOf{what.userID, what.sessionID + what.tokenID, ""} }
	}), []string{"a session and a token of one name are two things"}},
	{"revocations look at no user", withMarks(func(m *marks) {
		m.name = func(what markOf) markOf { return markOf{"", what.sessionID, what.tokenID} }
	}), []string{"State answers what is known against the user, the session and the token, each for itself"}},
	{"State leaves out the token where the session is known", withSessions(func(s session.Store, f *faultySessions) {
		f.state = func(ctx context.Context, userID, sessionID, tokenID string) (session.State, error) {
			st, err := s.State(ctx, userID, sessionID, tokenID)
			if !st.SessionEnd.IsZero() {
				st.TokenEnd = time.Time{}
			}
			return st, err
		}
	}), []string{"State answers what is known against the user, the session and the token, each for itself"}},
	{"who was never seen is an error", withSessions(func(s session.Store, f *faultySessions) {
		seen := map[string]bool{}
		var mu sync.Mutex
		see := func(userID string) { mu.Lock(); defer mu.Unlock(); seen[userID] = true }
		f.create = func(ctx context.Context, n session.Session) error { see(n.UserID); return s.Create(ctx, n) }
		f.revoke = func(ctx context.Context, r session.Revocation) error { see(r.UserID); return s.Revoke(ctx, r) }
		f.state = func(ctx context.Context, userID, sessionID, tokenID string) (session.State, error) {
			mu.Lock()
			defer mu.Unlock()
			if !seen[userID] {
				return session.State{}, errors.New("no such user")
			}
			return s.State(ctx, userID, sessionID, tokenID)
		}
	}), []string{"nothing is known against who was never seen"}},
	{"Load answers no State", withSessions(func(s session.Store, f *faultySessions) {
		f.load = func(ctx context.Context, userID, id, tokenID string) (session.Session, session.State, error) {
			held, st, err := s.Load(ctx, userID, id, tokenID)
			st.TokenEnd = time.Time{}
			return held, st, err
		}
	}), []string{"Load answers the session together with its State"}},
}

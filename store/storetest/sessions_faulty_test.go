package storetest

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/memstore"
)

func openSessions(_ *testing.T, now func() time.Time) session.Store {
	return memstore.New(&memstore.Options{Now: now}).Sessions()
}

func TestSessionRulesPassOnASoundStore(t *testing.T) {
	if failed := broken(t, openSessions, sessionRules()); len(failed) != 0 {
		t.Errorf("a sound store fails: %v", failed)
	}
}

func TestSessionRulesNotice(t *testing.T) {
	var flaws []flaw[session.Store]
	for _, group := range [][]flaw[session.Store]{recordFlaws, listFlaws, rotateFlaws, revokeFlaws, epochFlaws, idFlaws} {
		flaws = append(flaws, group...)
	}
	notice(t, flaws, sessionRules())
}

// faultySessions replaces single verbs of a sound store.
type faultySessions struct {
	session.Store
	now       func() time.Time
	create    func(ctx context.Context, n session.Session) error
	load      func(ctx context.Context, userID, id, tokenID string) (session.Session, session.State, error)
	rotate    func(ctx context.Context, from string, next session.Session) (bool, error)
	list      func(ctx context.Context, userID string, limit int) ([]session.Session, error)
	remove    func(ctx context.Context, userID, id string) error
	removeAll func(ctx context.Context, userID string) error
	revoke    func(ctx context.Context, r session.Revocation) error
	state     func(ctx context.Context, userID, sessionID, tokenID string) (session.State, error)
	epoch     func(ctx context.Context, userID string, now int64) (int64, error)
	moveEpoch func(ctx context.Context, userID, except string, now int64) (int64, error)
	moveFloor func(ctx context.Context, now int64) (int64, error)
}

func (f *faultySessions) Create(ctx context.Context, n session.Session) error {
	if f.create != nil {
		return f.create(ctx, n)
	}
	return f.Store.Create(ctx, n)
}

func (f *faultySessions) Load(ctx context.Context, userID, id, tokenID string) (session.Session, session.State, error) {
	if f.load != nil {
		return f.load(ctx, userID, id, tokenID)
	}
	held, st, err := f.Store.Load(ctx, userID, id, tokenID)
	if f.state != nil && err == nil {
		st, err = f.state(ctx, userID, id, tokenID)
	}
	return held, st, err
}

func (f *faultySessions) Rotate(ctx context.Context, from string, next session.Session) (bool, error) {
	if f.rotate != nil {
		return f.rotate(ctx, from, next)
	}
	return f.Store.Rotate(ctx, from, next)
}

func (f *faultySessions) List(ctx context.Context, userID string, limit int) ([]session.Session, error) {
	if f.list != nil {
		return f.list(ctx, userID, limit)
	}
	return f.Store.List(ctx, userID, limit)
}

func (f *faultySessions) Delete(ctx context.Context, userID, id string) error {
	if f.remove != nil {
		return f.remove(ctx, userID, id)
	}
	return f.Store.Delete(ctx, userID, id)
}

func (f *faultySessions) DeleteAll(ctx context.Context, userID string) error {
	if f.removeAll != nil {
		return f.removeAll(ctx, userID)
	}
	return f.Store.DeleteAll(ctx, userID)
}

func (f *faultySessions) Revoke(ctx context.Context, r session.Revocation) error {
	if f.revoke != nil {
		return f.revoke(ctx, r)
	}
	return f.Store.Revoke(ctx, r)
}

func (f *faultySessions) State(ctx context.Context, userID, sessionID, tokenID string) (session.State, error) {
	if f.state != nil {
		return f.state(ctx, userID, sessionID, tokenID)
	}
	return f.Store.State(ctx, userID, sessionID, tokenID)
}

func (f *faultySessions) Epoch(ctx context.Context, userID string, now int64) (int64, error) {
	if f.epoch != nil {
		return f.epoch(ctx, userID, now)
	}
	return f.Store.Epoch(ctx, userID, now)
}

func (f *faultySessions) MoveEpoch(ctx context.Context, userID, except string, now int64) (int64, error) {
	if f.moveEpoch != nil {
		return f.moveEpoch(ctx, userID, except, now)
	}
	return f.Store.MoveEpoch(ctx, userID, except, now)
}

func (f *faultySessions) MoveFloor(ctx context.Context, now int64) (int64, error) {
	if f.moveFloor != nil {
		return f.moveFloor(ctx, now)
	}
	return f.Store.MoveFloor(ctx, now)
}

// withSessions makes a store whose verbs differ from those of a sound one where wrap says so.
func withSessions(wrap func(session.Store, *faultySessions)) Open[session.Store] {
	return func(t *testing.T, now func() time.Time) session.Store {
		sound := openSessions(t, now)
		f := &faultySessions{Store: sound, now: now}
		wrap(sound, f)
		return f
	}
}

// withRecords makes a store that changes sessions before it keeps them.
func withRecords(change func(*session.Session)) Open[session.Store] {
	return withSessions(func(s session.Store, f *faultySessions) {
		f.create = func(ctx context.Context, n session.Session) error { change(&n); return s.Create(ctx, n) }
		f.rotate = func(ctx context.Context, from string, n session.Session) (bool, error) {
			change(&n)
			return s.Rotate(ctx, from, n)
		}
	})
}

// force puts n in place of whatever is under its id.
func force(ctx context.Context, s session.Store, n session.Session) error {
	return errors.Join(s.Delete(ctx, n.UserID, n.ID), s.Create(ctx, n))
}

// owners remembers whose session is whose.
type owners struct {
	mu sync.Mutex
	of map[string]string
}

func (o *owners) note(n session.Session) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of == nil {
		o.of = map[string]string{}
	}
	o.of[n.ID] = n.UserID
}

func (o *owners) all() map[string]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.of)
}

// withSessionIDs makes a store that changes the ids of users, sessions and tokens before it uses them.
func withSessionIDs(change func(string) string) Open[session.Store] {
	return withSessions(func(s session.Store, f *faultySessions) {
		f.load = func(ctx context.Context, userID, id, tokenID string) (session.Session, session.State, error) {
			held, st, err := s.Load(ctx, change(userID), change(id), change(tokenID))
			held.UserID, held.ID = userID, id
			return held, st, err
		}
		f.create = func(ctx context.Context, n session.Session) error {
			n.UserID, n.ID = change(n.UserID), change(n.ID)
			return s.Create(ctx, n)
		}
		f.state = func(ctx context.Context, userID, sessionID, tokenID string) (session.State, error) {
			return s.State(ctx, change(userID), change(sessionID), change(tokenID))
		}
		f.revoke = func(ctx context.Context, r session.Revocation) error {
			r.UserID, r.SessionID, r.TokenID = change(r.UserID), change(r.SessionID), change(r.TokenID)
			return s.Revoke(ctx, r)
		}
		f.moveEpoch = func(ctx context.Context, userID, except string, now int64) (int64, error) {
			return s.MoveEpoch(ctx, change(userID), except, now)
		}
	})
}

var idFlaws = []flaw[session.Store]{
	{"ids are cut at NUL", withSessionIDs(func(id string) string { id, _, _ = strings.Cut(id, "\x00"); return id }), []string{
		"an id is bytes and means nothing to the store",
		"ids that begin or end alike, or would be alike when joined, are different ids",
	}},
	{"ids are repaired to UTF-8", withSessionIDs(func(id string) string { return strings.ToValidUTF8(id, "\uFFFD") }), []string{
		"an id is bytes and means nothing to the store",
	}},
	{"ids are cut at 1 KiB", withSessionIDs(func(id string) string { return id[:min(len(id), 1024)] }), []string{
		"an id is bytes and means nothing to the store",
	}},
	{"ids have no case", withSessionIDs(strings.ToLower), []string{
		"an id is bytes and means nothing to the store",
		"ids that begin or end alike, or would be alike when joined, are different ids",
	}},
	{"the ids of user and session are joined by a colon", withSessions(func(s session.Store, f *faultySessions) {
		f.load = func(ctx context.Context, userID, id, tokenID string) (session.Session, session.State, error) {
			held, _, err := s.Load(ctx, "", userID+":"+id, "")
			held.UserID, held.ID = userID, id
			st, _ := s.State(ctx, userID, id, tokenID)
			return held, st, err
		}
		f.create = func(ctx context.Context, n session.Session) error {
			n.ID, n.UserID = n.UserID+":"+n.ID, ""
			return s.Create(ctx, n)
		}
		f.remove = func(ctx context.Context, userID, id string) error { return s.Delete(ctx, "", userID+":"+id) }
	}), []string{"ids that begin or end alike, or would be alike when joined, are different ids"}},
	{"an id that is no UTF-8 is a failure", withSessions(func(s session.Store, f *faultySessions) {
		f.load = func(ctx context.Context, userID, id, tokenID string) (session.Session, session.State, error) {
			if id != strings.ToValidUTF8(id, "?") {
				return session.Session{}, session.State{}, errors.New("text is not UTF-8")
			}
			return s.Load(ctx, userID, id, tokenID)
		}
	}), []string{"an id that nobody issued is not there, whatever its bytes"}},
	{"the context is not looked at", func(t *testing.T, now func() time.Time) session.Store {
		return undying{openSessions(t, now)}
	}, []string{"a cancelled context does nothing and is reported"}},
}

// undying looks at no context.
type undying struct{ session.Store }

func (u undying) Delete(ctx context.Context, userID, id string) error {
	return u.Store.Delete(context.WithoutCancel(ctx), userID, id)
}

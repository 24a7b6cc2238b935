package storetest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth/session"
)

func TestFeedRulesPassOnASoundStore(t *testing.T) {
	if failed := broken(t, openSessions, feedRules); len(failed) != 0 {
		t.Errorf("a sound store fails: %v", failed)
	}
}

func TestFeedRulesNotice(t *testing.T) { notice(t, feedFlaws, feedRules) }

// faultyFeed is a sound store whose feed answers through tell.
type faultyFeed struct {
	*faultySessions
	tell func(ctx context.Context, after session.Cursor, sound session.Feed) (session.Changes, error)
}

func (f *faultyFeed) Changes(ctx context.Context, after session.Cursor) (session.Changes, error) {
	sound, _ := f.Store.(session.Feed)
	return f.tell(ctx, after, sound)
}

func withFeed(tell func(ctx context.Context, after session.Cursor, sound session.Feed) (session.Changes, error)) Open[session.Store] {
	return func(t *testing.T, now func() time.Time) session.Store {
		return &faultyFeed{&faultySessions{Store: openSessions(t, now), now: now}, tell}
	}
}

// withChanges makes a store that changes what it tells.
func withChanges(change func(after session.Cursor, c *session.Changes)) Open[session.Store] {
	return withFeed(func(ctx context.Context, after session.Cursor, sound session.Feed) (session.Changes, error) {
		c, err := sound.Changes(ctx, after)
		change(after, &c)
		return c, err
	})
}

const (
	tellsAll   = "what was ended before a question is in its answer, and whoever begins later is told the same"
	tellsFloor = "the floor that is told is that of State, and a store that begins with it is whole"
	tellsAnew  = "a cursor that the feed cannot follow begins anew with all that matters"
	tellsRaces = "of many who end things at once each is told before its next question"
)

// only keeps the revocations that keep says.
func only(keep func(r session.Revocation) bool) func(session.Cursor, *session.Changes) {
	return func(_ session.Cursor, c *session.Changes) {
		var kept []session.Revocation
		for _, r := range c.Revoked {
			if keep(r) {
				kept = append(kept, r)
			}
		}
		c.Revoked = kept
	}
}

var feedFlaws = []flaw[session.Store]{
	{"there is no feed", func(t *testing.T, now func() time.Time) session.Store {
		return struct{ session.Store }{openSessions(t, now)}
	}, []string{tellsAll}},
	{"ends of tokens are not told", withChanges(only(func(r session.Revocation) bool { return r.TokenID == "" })), []string{tellsAll}},
	{"ends of sessions are not told", withChanges(only(func(r session.Revocation) bool { return r.SessionID == "" })), []string{tellsAll, tellsRaces}},
	{"epochs are not told", withChanges(func(_ session.Cursor, c *session.Changes) { c.Moved = nil }), []string{tellsAll, tellsRaces}},
	{"who is spared is not told", withChanges(func(_ session.Cursor, c *session.Changes) {
		for i := range c.Moved {
			c.Moved[i].Except = ""
		}
	}), []string{tellsAll}},
	{"the floor is that of the beginning", func(t *testing.T, now func() time.Time) session.Store {
		floor := now().UnixMilli()
		return withChanges(func(_ session.Cursor, c *session.Changes) { c.Floor = floor })(t, now)
	}, []string{tellsFloor}},
	{"the feed is never whole", withChanges(func(_ session.Cursor, c *session.Changes) { c.Whole = false }), []string{tellsAll, tellsFloor}},
	{"the beginning is not all there is", withChanges(func(after session.Cursor, c *session.Changes) {
		if after == "" {
			c.Revoked, c.Moved = nil, nil
		}
	}), []string{tellsAll}},
	{"a cursor of nobody is followed", withChanges(func(after session.Cursor, c *session.Changes) {
		if c.Restart && after != "" {
			c.Restart, c.Revoked, c.Moved = false, nil, nil
		}
	}), []string{tellsAnew}},
	{"it begins anew each time", withFeed(func(ctx context.Context, _ session.Cursor, sound session.Feed) (session.Changes, error) {
		return sound.Changes(ctx, "")
	}), []string{tellsAll}},
	{"the answer is that of the question before", func(t *testing.T, now func() time.Time) session.Store {
		var mu sync.Mutex
		var held *session.Changes
		return withFeed(func(ctx context.Context, after session.Cursor, sound session.Feed) (session.Changes, error) {
			c, err := sound.Changes(ctx, after)
			mu.Lock()
			defer mu.Unlock()
			if held == nil {
				held = &c
			}
			before := *held
			held = &c
			return before, err
		})(t, now)
	}, []string{tellsAll}},
	{"what comes while others ask is left out", func(t *testing.T, now func() time.Time) session.Store {
		var mu sync.Mutex
		asking := 0
		return withFeed(func(ctx context.Context, after session.Cursor, sound session.Feed) (session.Changes, error) {
			mu.Lock()
			asking++
			crowd := asking > 1
			mu.Unlock()
			gap()
			c, err := sound.Changes(ctx, after)
			mu.Lock()
			asking--
			mu.Unlock()
			if crowd {
				c.Revoked = nil
			}
			return c, err
		})(t, now)
	}, []string{tellsRaces}},
	{"nothing is told longer than the life of a change", func(t *testing.T, now func() time.Time) session.Store {
		born := now()
		return withChanges(func(after session.Cursor, c *session.Changes) {
			only(func(r session.Revocation) bool {
				return r.Until.Sub(born) < 24*long || now().Sub(born) < session.ChangeLife
			})(after, c)
		})(t, now)
	}, []string{"an end that lies far ahead is told as long as it matters"}},
	{"an end is told without the rest of its life", withChanges(func(_ session.Cursor, c *session.Changes) {
		for i, r := range c.Revoked {
			c.Revoked[i].Until = r.At.Add(time.Minute)
		}
	}), []string{"a change is told with its whole life"}},
	{"ids are repaired to UTF-8", withChanges(func(_ session.Cursor, c *session.Changes) {
		for i, r := range c.Revoked {
			c.Revoked[i].UserID = strings.ToValidUTF8(r.UserID, "?")
		}
	}), []string{"an id is bytes and comes back as they are"}},
	{"there is always more", withChanges(func(_ session.Cursor, c *session.Changes) { c.More = true }), []string{tellsAll}},
	{"the context is not looked at", withFeed(func(ctx context.Context, after session.Cursor, sound session.Feed) (session.Changes, error) {
		return sound.Changes(context.WithoutCancel(ctx), after)
	}), []string{"a cancelled context is reported"}},
}

package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/crafteasy/auth/session"
)

// Feed checks that a back end for sessions tells of what was ended, for the mirror of session.Options.RevocationLag. A store that open
// answers must be a [session.Feed].
func Feed(t *testing.T, open Open[session.Store]) {
	t.Helper()
	run(t, open, feedRules)
}

// follower reads a feed as a mirror does, and remembers what it was told.
type follower struct {
	t    tb
	feed session.Feed
	next session.Cursor
	// restarts counts how often the feed did not go on.
	restarts int
	floor    int64
	whole    bool
	ends     map[ended]session.Revocation
	moves    map[string]session.Move
}

// ended names what a revocation kills.
type ended struct{ userID, sessionID, tokenID string }

func follow(t tb, s session.Store) *follower {
	t.Helper()
	feed, ok := s.(session.Feed)
	if !ok {
		t.Fatalf("the store is no session.Feed")
	}
	return &follower{t: t, feed: feed, ends: map[ended]session.Revocation{}, moves: map[string]session.Move{}}
}

// read reads to the end.
func (f *follower) read() error {
	for range 1000 {
		c, err := f.feed.Changes(f.t.Context(), f.next)
		if err != nil {
			return err
		}
		if c.Restart {
			f.restarts++
			clear(f.ends)
			clear(f.moves)
		}
		for _, r := range c.Revoked {
			f.revoked(r)
		}
		for _, m := range c.Moved {
			if held, ok := f.moves[m.UserID]; !ok || held.Epoch < m.Epoch {
				f.moves[m.UserID] = m
			}
		}
		f.next, f.floor, f.whole = c.Next, c.Floor, c.Whole
		if !c.More {
			return nil
		}
	}
	return fmt.Errorf("there is always more to read")
}

// revoked joins r with what was told: the earlier At and the later Until hold.
func (f *follower) revoked(r session.Revocation) {
	what := ended{r.UserID, r.SessionID, r.TokenID}
	if held, ok := f.ends[what]; ok {
		if held.At.Before(r.At) {
			r.At = held.At
		}
		if held.Until.After(r.Until) {
			r.Until = held.Until
		}
	}
	f.ends[what] = r
}

func (f *follower) mustRead() *follower {
	f.t.Helper()
	noError(f.t, f.read(), "Changes")
	return f
}

// state is what a mirror would answer.
func (f *follower) state(userID, sessionID, tokenID string) session.State {
	return session.State{
		Floor: f.floor, Epoch: f.moves[userID].Epoch, Except: f.moves[userID].Except,
		SessionEnd: f.ends[ended{userID, sessionID, ""}].At, TokenEnd: f.ends[ended{userID, "", tokenID}].At,
	}
}

// wantTold demands that the follower would answer as the store does.
func wantTold(f *follower, s session.Store, userID, sessionID, tokenID string) {
	f.t.Helper()
	want, err := s.State(f.t.Context(), userID, sessionID, tokenID)
	noError(f.t, err, "State")
	same(f.t, f.state(userID, sessionID, tokenID), want, fmt.Sprintf("what was told of (%.40q, %.40q, %.40q)", userID, sessionID, tokenID))
}

var feedRules = []rule[session.Store]{
	{"what was ended before a question is in its answer, and whoever begins later is told the same", func(t tb, s session.Store, c *clock) {
		now := c.Now().UnixMilli()
		epoch(t, s, anna, now)
		f := follow(t, s).mustRead()
		restarts := f.restarts
		for i, end := range []func(){
			func() { endSession(t, s, anna, "s", c.Now().Add(10*time.Second)) },
			func() { endToken(t, s, anna, "t", c.Now().Add(10*time.Second)) },
			func() { endSession(t, s, anna, "s", c.Now()) },
			func() { moveEpoch(t, s, anna, "s", now) },
			func() { moveEpoch(t, s, bert, "", now) },
			func() { moveFloor(t, s, now) },
			func() { moveEpoch(t, s, anna, "s2", now) },
			func() { endToken(t, s, bert, "t", c.Now()) },
			func() { moveEpoch(t, s, anna, "", now) },
		} {
			end()
			f.mustRead()
			late := follow(t, s).mustRead()
			for _, userID := range []string{anna, bert} {
				for _, id := range []string{"s", "t"} {
					wantTold(f, s, userID, id, id)
					wantTold(late, s, userID, id, id)
				}
			}
			if !f.whole || !late.whole {
				t.Fatalf("after %d ends the feed of a store that told of all is not whole", i+1)
			}
		}
		same(t, f.restarts, restarts, "how often the feed began anew for one who followed it")
	}},
	{"the floor that is told is that of State, and a store that begins with it is whole", func(t tb, s session.Store, c *clock) {
		f := follow(t, s)
		check := func() {
			t.Helper()
			f.mustRead()
			wantTold(f, s, anna, "", "")
		}
		check()
		epoch(t, s, anna, c.Now().UnixMilli())
		check()
		if !f.whole {
			t.Fatalf("a store that begins is not whole")
		}
		for range 3 {
			moveFloor(t, s, c.Now().UnixMilli())
			check()
		}
	}},
	{"a cursor that the feed cannot follow begins anew with all that matters", func(t tb, s session.Store, c *clock) {
		epoch(t, s, anna, c.Now().UnixMilli())
		endSession(t, s, anna, "s", c.Now())
		moveEpoch(t, s, anna, "s", c.Now().UnixMilli())
		for _, foreign := range []session.Cursor{"", "0", "1 2 3", "nobody:7", "\xff", "9999999999999 9999999999999-0/x"} {
			f := follow(t, s)
			f.next = foreign
			f.mustRead()
			if f.restarts != 1 {
				t.Fatalf("the feed begins anew %d times for the cursor %q", f.restarts, foreign)
			}
			wantTold(f, s, anna, "s", "t")
		}
	}},
	{"an end that lies far ahead is told as long as it matters", func(t tb, s session.Store, c *clock) {
		epoch(t, s, anna, c.Now().UnixMilli())
		at := c.Now().Add(24 * long)
		noError(t, s.Revoke(t.Context(), session.Revocation{UserID: anna, SessionID: "key", At: at, Until: at.Add(2 * long)}), "Revoke")
		endSession(t, s, anna, "other", c.Now())
		for _, step := range []time.Duration{0, session.ChangeLife + time.Minute, 24 * long} {
			c.Advance(step)
			endSession(t, s, bert, fmt.Sprint(step), c.Now()) // a back end may sweep with every write
			f := follow(t, s).mustRead()
			same(t, f.ends[ended{anna, "key", ""}].At, at, "the end of what ends later")
		}
	}},
	{"a change is told with its whole life", func(t tb, s session.Store, c *clock) {
		epoch(t, s, anna, c.Now().UnixMilli())
		early, late := c.Now().Add(time.Minute), c.Now().Add(2*long)
		for _, until := range []time.Time{late, early} {
			for _, r := range []session.Revocation{{SessionID: "s"}, {TokenID: "t"}} {
				r.UserID, r.At, r.Until = anna, c.Now(), until
				noError(t, s.Revoke(t.Context(), r), "Revoke")
			}
		}
		f := follow(t, s).mustRead()
		for _, what := range []ended{{anna, "s", ""}, {anna, "", "t"}} {
			if f.ends[what].Until.Before(late) {
				t.Fatalf("%v may be forgotten at %v, and matters until %v", what, f.ends[what].Until, late)
			}
		}
	}},
	{"of many who end things at once each is told before its next question", func(t tb, s session.Store, c *clock) {
		now := c.Now().UnixMilli()
		epoch(t, s, anna, now)
		followers := make([]*follower, 20)
		for i := range followers {
			followers[i] = follow(t, s)
		}
		race(len(followers), func(i int) {
			id, f := fmt.Sprint("x", i), followers[i]
			for round := range 3 {
				id := fmt.Sprint(id, round)
				err := s.Revoke(t.Context(), session.Revocation{UserID: anna, SessionID: id, At: c.Now(), Until: c.Now().Add(long)})
				if err == nil {
					err = f.read()
				}
				if err != nil || f.ends[ended{anna, id, ""}].At.IsZero() {
					t.Errorf("racer %d: session %s is not told: %v", i, id, err)
					return
				}
			}
			moved, err := s.MoveEpoch(t.Context(), id, "spared", now)
			if err == nil {
				err = f.read()
			}
			if err != nil || f.moves[id] != (session.Move{UserID: id, Epoch: moved, Except: "spared"}) {
				t.Errorf("racer %d: the epoch %d is told as %+v: %v", i, moved, f.moves[id], err)
			}
		})
		all := follow(t, s).mustRead()
		same(t, len(all.ends), 60, "how many ends are told")
		same(t, len(all.moves), 20, "how many epochs are told")
	}},
	{"an id is bytes and comes back as they are", func(t tb, s session.Store, c *clock) {
		epoch(t, s, anna, c.Now().UnixMilli())
		f := follow(t, s)
		for _, id := range hostileIDs() {
			endSession(t, s, id, id, c.Now())
			endToken(t, s, id, id, c.Now())
			moveEpoch(t, s, id, id, c.Now().UnixMilli())
		}
		f.mustRead()
		for _, id := range hostileIDs() {
			wantTold(f, s, id, id, id)
		}
		same(t, len(f.ends), 2*len(hostileIDs()), "how many ends are told")
	}},
	{"a cancelled context is reported", func(t tb, s session.Store, c *clock) {
		epoch(t, s, anna, c.Now().UnixMilli())
		if _, err := follow(t, s).feed.Changes(cancelled(t), ""); err == nil {
			t.Fatalf("Changes answers a caller who has left")
		}
	}},
}

package storetest

import (
	"fmt"
	"time"

	"github.com/crafteasy/auth/session"
)

var sessionRevokeRules = []rule[session.Store]{
	{"the earlier At holds, whichever came first", func(t tb, s session.Store, c *clock) {
		early, late := c.Now().Add(-time.Second), c.Now().Add(10*time.Second)
		for name, order := range map[string][]time.Time{
			"the earlier first": {early, late}, "the later first": {late, early}, "the same again": {early, early}, "and again": {late, early, late},
		} {
			for _, at := range order {
				endSession(t, s, anna, name, at)
				endToken(t, s, anna, name, at)
			}
			wantState(t, s, anna, name, name, session.State{SessionEnd: early, TokenEnd: early})
		}
	}},
	{"the later Until holds, whichever came first, and nothing is forgotten before it", func(t tb, s session.Store, c *clock) {
		at := c.Now()
		early, late := at.Add(time.Minute), at.Add(2*long)
		want := map[string]session.State{}
		for name, order := range map[string][]time.Time{"the earlier first": {early, late}, "the later first": {late, early}, "one": {late}} {
			for i, until := range order {
				// A later At must not bring its Until's place down with it.
				for _, r := range []session.Revocation{{SessionID: name}, {TokenID: name}} {
					r.UserID, r.At, r.Until = anna, at.Add(time.Duration(i)*time.Second), until
					noError(t, s.Revoke(t.Context(), r), "Revoke")
				}
			}
			want[name] = session.State{SessionEnd: at, TokenEnd: at}
		}
		for _, d := range []time.Duration{2 * time.Minute, long, long - 2*time.Minute - time.Millisecond} {
			c.Advance(d)
			for i := range 10 { // a back end may sweep with every write
				endToken(t, s, bert, fmt.Sprint(c.Now(), i), c.Now())
				begin(t, s, c, bert, fmt.Sprint(c.Now(), i))
			}
			for name, st := range want {
				wantState(t, s, anna, name, name, st)
			}
		}
	}},
	{"of many who Revoke one thing at once the earliest At holds", func(t tb, s session.Store, c *clock) {
		for round := range 5 {
			id := fmt.Sprint("s", round)
			race(racers, func(i int) {
				at := c.Now().Add(time.Duration((i*37)%racers) * time.Second)
				for _, r := range []session.Revocation{{SessionID: id}, {TokenID: id}} {
					r.UserID, r.At, r.Until = anna, at, at.Add(long)
					if err := s.Revoke(t.Context(), r); err != nil {
						t.Errorf("racer %d: %v", i, err)
					}
				}
			})
			wantState(t, s, anna, id, id, session.State{SessionEnd: c.Now(), TokenEnd: c.Now()})
		}
	}},
	{"an At that lies ahead comes back as it is", func(t tb, s session.Store, c *clock) {
		at := c.Now().Add(session.Grace)
		endToken(t, s, anna, "t", at)
		wantState(t, s, anna, "", "t", session.State{TokenEnd: at})
	}},
	{"a revocation needs no session, and outlives one", func(t tb, s session.Store, c *clock) {
		endSession(t, s, anna, "key", c.Now())
		wantState(t, s, anna, "key", "", session.State{SessionEnd: c.Now()})
		made := begin(t, s, c, anna, "s")
		endSession(t, s, anna, "s", c.Now())
		wantSession(t, s, made)
		noError(t, s.Delete(t.Context(), anna, "s"), "Delete")
		wantState(t, s, anna, "s", "", session.State{SessionEnd: c.Now()})
	}},
	{"a Revoke among many who Rotate, and before a Delete, is not lost", func(t tb, s session.Store, c *clock) {
		for round := range 10 {
			made := begin(t, s, c, anna, fmt.Sprint("s", round))
			raceWithRotate(t, s, made, func() error {
				r := session.Revocation{UserID: anna, SessionID: made.ID, At: c.Now(), Until: c.Now().Add(long)}
				if err := s.Revoke(t.Context(), r); err != nil {
					return err
				}
				return s.Delete(t.Context(), anna, made.ID)
			})
			wantState(t, s, anna, made.ID, "", session.State{SessionEnd: c.Now()})
			wantNoSession(t, s, anna, made.ID)
		}
	}},
}

var sessionStateRules = []rule[session.Store]{
	{"State answers what is known against the user, the session and the token, each for itself", func(t tb, s session.Store, c *clock) {
		at := c.Now()
		endSession(t, s, anna, "s1", at)
		endToken(t, s, anna, "t1", at.Add(time.Second))
		for _, tt := range []struct {
			sessionID, tokenID string
			want               session.State
		}{
			{"s1", "t1", session.State{SessionEnd: at, TokenEnd: at.Add(time.Second)}},
			{"s1", "t2", session.State{SessionEnd: at}},
			{"s2", "t1", session.State{TokenEnd: at.Add(time.Second)}},
			{"s2", "t2", session.State{}},
			{"", "t1", session.State{TokenEnd: at.Add(time.Second)}},
			{"s1", "", session.State{SessionEnd: at}},
			{"", "", session.State{}},
		} {
			wantState(t, s, anna, tt.sessionID, tt.tokenID, tt.want)
			wantState(t, s, bert, tt.sessionID, tt.tokenID, session.State{})
		}
		moved := moveEpoch(t, s, anna, "s1", at.UnixMilli())
		wantState(t, s, anna, "s1", "t1", session.State{Epoch: moved, Except: "s1", SessionEnd: at, TokenEnd: at.Add(time.Second)})
		wantState(t, s, anna, "s2", "t2", session.State{Epoch: moved, Except: "s1"})
		wantState(t, s, bert, "s1", "t1", session.State{})
	}},
	{"a session and a token of one name are two things", func(t tb, s session.Store, c *clock) {
		endSession(t, s, anna, "same", c.Now())
		wantState(t, s, anna, "same", "same", session.State{SessionEnd: c.Now()})
		endToken(t, s, bert, "same", c.Now())
		wantState(t, s, bert, "same", "same", session.State{TokenEnd: c.Now()})
	}},
	{"nothing is known against who was never seen", func(t tb, s session.Store, _ *clock) {
		for _, userID := range []string{anna, "", "*"} {
			wantState(t, s, userID, "", "", session.State{})
			wantState(t, s, userID, "s", "t", session.State{})
		}
	}},
	{"Load answers the session together with its State", func(t tb, s session.Store, c *clock) {
		made := begin(t, s, c, anna, "s")
		check := func() {
			t.Helper()
			for _, tokenID := range []string{made.Token.TokenID, "t", ""} {
				got, st, err := s.Load(t.Context(), anna, "s", tokenID)
				noError(t, err, "Load")
				sameRecord(t, got, made, "Load")
				want, err := s.State(t.Context(), anna, "s", tokenID)
				noError(t, err, "State")
				same(t, st, want, "the State that Load answers")
			}
		}
		check()
		epoch(t, s, anna, c.Now().UnixMilli())
		check()
		endToken(t, s, anna, "t", c.Now())
		check()
		moveEpoch(t, s, anna, "spared", c.Now().UnixMilli())
		check()
		endSession(t, s, anna, "s", c.Now())
		check()
		moveFloor(t, s, c.Now().UnixMilli())
		check()
	}},
}

package storetest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/crafteasy/auth/session"
)

var sessionRotateRules = []rule[session.Store]{
	{"Rotate replaces the session while from names its current token", func(t tb, s session.Store, c *clock) {
		made, other := begin(t, s, c, anna, "s"), begin(t, s, c, anna, "other")
		for i := range 3 {
			next := rotated(made, fmt.Sprint("next", i))
			mustRotate(t, s, made.Token.TokenID, next, true)
			wantSession(t, s, next)
			made = next
		}
		wantSession(t, s, other)
	}},
	{"Rotate from another token than the current one changes nothing", func(t tb, s session.Store, c *clock) {
		made := begin(t, s, c, anna, "s")
		current := rotated(made, "current")
		mustRotate(t, s, made.Token.TokenID, current, true)
		for _, from := range []string{made.Token.TokenID, "", "next", "unknown", "curren", "current ", "s"} {
			mustRotate(t, s, from, rotated(current, "next"), false)
			wantSession(t, s, current)
		}
	}},
	{"Rotate of a session that is gone is false and brings nothing back", func(t tb, s session.Store, c *clock) {
		never := aSession(c, anna, "never")
		mustRotate(t, s, never.Token.TokenID, rotated(never, "next"), false)
		mustRotate(t, s, "", rotated(never, "next"), false)
		wantNoSession(t, s, anna, "never")

		deleted := begin(t, s, c, anna, "deleted")
		noError(t, s.Delete(t.Context(), anna, "deleted"), "Delete")
		mustRotate(t, s, deleted.Token.TokenID, rotated(deleted, "next"), false)
		wantNoSession(t, s, anna, "deleted")

		erased := begin(t, s, c, anna, "erased")
		noError(t, s.DeleteAll(t.Context(), anna), "DeleteAll")
		mustRotate(t, s, erased.Token.TokenID, rotated(erased, "next"), false)
		wantNoSession(t, s, anna, "erased")
		wantList(t, s, anna, 10)
	}},
	{"Rotate of another user's session is false and changes nothing", func(t tb, s session.Store, c *clock) {
		made := begin(t, s, c, anna, "s")
		stolen := rotated(made, "next")
		stolen.UserID = bert
		mustRotate(t, s, made.Token.TokenID, stolen, false)
		wantSession(t, s, made)
		wantNoSession(t, s, bert, "s")
		wantList(t, s, bert, 10)
	}},
	{"of many who Rotate from one token at once exactly one does, and its session stays", func(t tb, s session.Store, c *clock) {
		made := begin(t, s, c, anna, "s")
		for round := range 5 {
			next := func(i int) session.Session { return rotated(made, fmt.Sprintf("round %d racer %d", round, i)) }
			winner := oneWinner(t, func(i int) (bool, error) { return s.Rotate(t.Context(), made.Token.TokenID, next(i)) })
			made = next(winner)
			wantSession(t, s, made)
		}
	}},
	{"a Delete among many who Rotate is final", func(t tb, s session.Store, c *clock) {
		for round := range 10 {
			made := begin(t, s, c, anna, fmt.Sprint("s", round))
			raceWithRotate(t, s, made, func() error { return s.Delete(t.Context(), anna, made.ID) })
			wantNoSession(t, s, anna, made.ID)
			wantList(t, s, anna, 10)
		}
	}},
	{"a DeleteAll among many who Rotate is final", func(t tb, s session.Store, c *clock) {
		for round := range 10 {
			made := begin(t, s, c, anna, fmt.Sprint("s", round))
			raceWithRotate(t, s, made, func() error { return s.DeleteAll(t.Context(), anna) })
			wantNoSession(t, s, anna, made.ID)
			wantList(t, s, anna, 10)
		}
	}},
}

// raceWithRotate lets a chain of refreshes run against one call of end.
func raceWithRotate(t tb, s session.Store, made session.Session, end func() error) {
	t.Helper()
	var current atomic.Value
	current.Store(made)
	race(8, func(i int) {
		if i == 0 {
			if err := end(); err != nil {
				t.Errorf("end: %v", err)
			}
			return
		}
		for n := range 5 {
			was, _ := current.Load().(session.Session)
			next := rotated(was, fmt.Sprintf("racer %d token %d", i, n))
			won, err := s.Rotate(t.Context(), was.Token.TokenID, next)
			if err != nil {
				t.Errorf("racer %d: %v", i, err)
			}
			if won {
				current.Store(next)
			}
		}
	})
}

var sessionDeleteRules = []rule[session.Store]{
	{"Delete removes the session it names, and no other", func(t tb, s session.Store, c *clock) {
		all := beginSome(t, s, c, anna, 3)
		theirs := begin(t, s, c, bert, "s")
		noError(t, s.Delete(t.Context(), anna, all[1].ID), "Delete")
		wantNoSession(t, s, anna, all[1].ID)
		wantList(t, s, anna, 10, all[0], all[2])
		wantSession(t, s, theirs)
	}},
	{"deleting what is gone, unknown or another user's is no error and removes nothing", func(t tb, s session.Store, c *clock) {
		gone, made := begin(t, s, c, anna, "gone"), begin(t, s, c, anna, "s")
		for range 2 {
			noError(t, s.Delete(t.Context(), anna, gone.ID), "Delete")
		}
		for _, id := range []string{"", "unknown", made.Token.TokenID, "*"} {
			noError(t, s.Delete(t.Context(), anna, id), "Delete")
		}
		for _, userID := range []string{bert, "", "ann", "anna ", "nobody"} {
			noError(t, s.Delete(t.Context(), userID, "s"), "Delete")
			noError(t, s.DeleteAll(t.Context(), userID), "DeleteAll")
		}
		wantList(t, s, anna, 10, made)
	}},
	{"DeleteAll removes every session of the user, and of no other", func(t tb, s session.Store, c *clock) {
		mine, theirs := beginSome(t, s, c, anna, 120), beginSome(t, s, c, bert, 3)
		noError(t, s.DeleteAll(t.Context(), anna), "DeleteAll")
		wantList(t, s, anna, 10)
		for _, m := range mine {
			wantNoSession(t, s, anna, m.ID)
		}
		wantList(t, s, bert, 10, theirs...)
		again := begin(t, s, c, anna, "again")
		wantList(t, s, anna, 10, again)
	}},
	{"Delete and DeleteAll leave what is known against the user's tokens", func(t tb, s session.Store, c *clock) {
		begin(t, s, c, anna, "s")
		known := session.State{SessionEnd: c.Now(), TokenEnd: c.Now().Add(-time.Minute), Except: "spared"}
		known.Epoch = moveEpoch(t, s, anna, "spared", c.Now().UnixMilli())
		endSession(t, s, anna, "s", known.SessionEnd)
		endToken(t, s, anna, "t", known.TokenEnd)
		noError(t, s.Delete(t.Context(), anna, "s"), "Delete")
		wantState(t, s, anna, "s", "t", known)
		noError(t, s.DeleteAll(t.Context(), anna), "DeleteAll")
		wantState(t, s, anna, "s", "t", known)
	}},
}

package storetest

import (
	"fmt"
	"strconv"
	"time"

	"github.com/crafteasy/auth/session"
)

var sessionListRules = []rule[session.Store]{
	{"List answers the newest first, in whatever order they came", func(t tb, s session.Store, c *clock) {
		for _, age := range []int{3, 1, 4, 0, 2} {
			n := aSession(c, anna, strconv.Itoa(age))
			n.CreatedAt = c.Now().Add(-time.Duration(age) * time.Millisecond)
			noError(t, s.Create(t.Context(), n), "Create")
		}
		got, err := s.List(t.Context(), anna, 10)
		noError(t, err, "List")
		same(t, ids(got), `["0" "1" "2" "3" "4"]`, "List")
	}},
	{"List answers at most limit, the newest of them", func(t tb, s session.Store, c *clock) {
		all := beginSome(t, s, c, anna, 7)
		for _, limit := range []int{1, 2, 6, 7} {
			wantList(t, s, anna, limit, all[:limit]...)
		}
		wantList(t, s, anna, 8, all...)
		wantList(t, s, anna, 1000, all...)
	}},
	{"who has no session lists none, and nobody lists another's", func(t tb, s session.Store, c *clock) {
		wantList(t, s, anna, 10)
		mine, theirs := beginSome(t, s, c, anna, 3), beginSome(t, s, c, bert, 3)
		wantList(t, s, anna, 10, mine...)
		wantList(t, s, bert, 10, theirs...)
		wantList(t, s, "", 10)
		wantList(t, s, "ann", 10)
	}},
	{"a session that is gone leaves no gap in the list", func(t tb, s session.Store, c *clock) {
		all := beginSome(t, s, c, anna, 6)
		noError(t, s.Delete(t.Context(), anna, all[0].ID), "Delete")
		noError(t, s.Delete(t.Context(), anna, all[2].ID), "Delete")
		wantList(t, s, anna, 3, all[1], all[3], all[4])
		wantList(t, s, anna, 10, all[1], all[3], all[4], all[5])
	}},
	{"sessions that began together are all listed", func(t tb, s session.Store, c *clock) {
		race(racers, func(i int) {
			if err := s.Create(t.Context(), aSession(c, anna, fmt.Sprint("s", i))); err != nil {
				t.Errorf("racer %d: %v", i, err)
			}
		})
		list, err := s.List(t.Context(), anna, 2*racers)
		noError(t, err, "List")
		seen := map[string]bool{}
		for _, l := range list {
			seen[l.ID] = true
			wantSession(t, s, l)
		}
		same(t, len(list), racers, "how many are listed")
		same(t, len(seen), racers, "how many ids are listed")
	}},
	{"a refreshed session is listed once, where it was", func(t tb, s session.Store, c *clock) {
		all := beginSome(t, s, c, anna, 3)
		for i := range 3 {
			next := rotated(all[2], fmt.Sprint("next", i))
			mustRotate(t, s, all[2].Token.TokenID, next, true)
			all[2] = next
			wantList(t, s, anna, 10, all...)
		}
		wantList(t, s, anna, 2, all[:2]...)
	}},
}

package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/oauth"
)

// Links checks a back end for identities at providers.
func Links(t *testing.T, open Open[oauth.Store]) {
	t.Helper()
	run(t, open, linkRules)
}

func aLink(c *clock, userID, subject string) oauth.Link {
	return oauth.Link{
		ID: oauth.LinkID("demo", "https://demo.example", subject), UserID: userID,
		Provider: "demo", Issuer: "https://demo.example", Subject: subject, Email: subject + "@example.com", LinkedAt: c.Now(),
	}
}

func addLink(t tb, s oauth.Store, l oauth.Link) oauth.Link {
	t.Helper()
	noError(t, s.Add(t.Context(), l), "Add")
	return l
}

func wantLink(t tb, s oauth.Store, want oauth.Link) {
	t.Helper()
	got, err := s.Load(t.Context(), want.ID)
	noError(t, err, "Load")
	same(t, got, want, "Load")
}

func wantLinks(t tb, s oauth.Store, userID string, want ...oauth.Link) {
	t.Helper()
	got, err := s.List(t.Context(), userID)
	noError(t, err, "List")
	same(t, len(got), len(want), "the length of the list")
	for i := range want {
		same(t, got[i], want[i], fmt.Sprintf("the list at %d", i))
	}
}

func mustUnlink(t tb, s oauth.Store, userID, id string, was bool) {
	t.Helper()
	got, err := s.Delete(t.Context(), userID, id)
	noError(t, err, "Delete")
	same(t, got, was, fmt.Sprintf("Delete of %q by %q", id, userID))
}

var linkRules = []rule[oauth.Store]{
	{"a link comes back the same in every field", func(t tb, s oauth.Store, _ *clock) {
		full := filled[oauth.Link](t)
		addLink(t, s, full)
		wantLink(t, s, full)
		wantLinks(t, s, full.UserID, full)
		bare := oauth.Link{ID: "bare", UserID: "bare", LinkedAt: full.LinkedAt}
		addLink(t, s, bare)
		wantLink(t, s, bare)
	}},
	{"a subject is any text of up to 255 bytes", func(t tb, s oauth.Store, c *clock) {
		for _, subject := range []string{"a", "A", "a ", "0", "$ne", "{}", "*", "ä", strings.Repeat("x", 255), strings.Repeat("x", 254) + "y"} {
			wantLink(t, s, addLink(t, s, aLink(c, anna, subject)))
		}
	}},
	{"an unknown id is ErrNotFound", func(t tb, s oauth.Store, c *clock) {
		l := addLink(t, s, aLink(c, anna, "one"))
		for _, id := range []string{"", "*", "$ne", l.ID + "x", l.ID[1:], strings.ToLower(l.ID) + "A", aLink(c, anna, "two").ID} {
			wantError(t, second(s.Load(t.Context(), id)), oauth.ErrNotFound, "Load")
		}
	}},
	{"an identity that anybody has is ErrExists and stays the first owner's", func(t tb, s oauth.Store, c *clock) {
		first := addLink(t, s, aLink(c, anna, "one"))
		c.Advance(time.Minute)
		for _, userID := range []string{bert, anna} {
			again := aLink(c, userID, "one")
			again.Email = "other@example.com"
			wantError(t, s.Add(t.Context(), again), oauth.ErrExists, "Add")
		}
		wantLink(t, s, first)
		wantLinks(t, s, anna, first)
		wantLinks(t, s, bert)
	}},
	{"of many who claim one identity at once exactly one does, and only its owner has it", func(t tb, s oauth.Store, c *clock) {
		winner := oneWinner(t, func(i int) (bool, error) {
			err := s.Add(t.Context(), aLink(c, fmt.Sprint("user", i), "one"))
			if errors.Is(err, oauth.ErrExists) {
				return false, nil
			}
			return err == nil, err
		})
		for i := range racers {
			list, err := s.List(t.Context(), fmt.Sprint("user", i))
			noError(t, err, "List")
			want := 0
			if i == winner {
				want = 1
			}
			same(t, len(list), want, "the links of a racer")
		}
	}},
	{"the list holds the user's links, the oldest first, and no other's", func(t tb, s oauth.Store, c *clock) {
		var all []oauth.Link
		for i := range 5 {
			all = append(all, addLink(t, s, aLink(c, anna, fmt.Sprint(9-i))))
			addLink(t, s, aLink(c, bert, fmt.Sprint("b", i)))
			c.Advance(time.Millisecond)
		}
		wantLinks(t, s, anna, all...)
		wantLinks(t, s, "nobody")
		wantLinks(t, s, "")
	}},
	{"links of one time are listed by their ids", func(t tb, s oauth.Store, c *clock) {
		var all []oauth.Link
		for i := range 5 {
			all = append(all, addLink(t, s, aLink(c, anna, fmt.Sprint(i))))
		}
		slices.SortFunc(all, func(a, b oauth.Link) int { return strings.Compare(a.ID, b.ID) })
		wantLinks(t, s, anna, all...)
	}},
	{"Delete removes a link of the user and no other's", func(t tb, s oauth.Store, c *clock) {
		one, two := addLink(t, s, aLink(c, anna, "one")), addLink(t, s, aLink(c, bert, "two"))
		mustUnlink(t, s, bert, one.ID, false)
		mustUnlink(t, s, "", one.ID, false)
		mustUnlink(t, s, anna, "unknown", false)
		wantLink(t, s, one)
		wantLinks(t, s, anna, one)
		mustUnlink(t, s, anna, one.ID, true)
		mustUnlink(t, s, anna, one.ID, false)
		wantError(t, second(s.Load(t.Context(), one.ID)), oauth.ErrNotFound, "Load")
		wantLinks(t, s, anna)
		wantLinks(t, s, bert, two)
	}},
	{"an identity that was unlinked can be linked to another", func(t tb, s oauth.Store, c *clock) {
		addLink(t, s, aLink(c, anna, "one"))
		mustUnlink(t, s, anna, aLink(c, anna, "one").ID, true)
		l := addLink(t, s, aLink(c, bert, "one"))
		wantLinks(t, s, bert, l)
		wantLinks(t, s, anna)
	}},
	{"of many who delete one link at once exactly one does", func(t tb, s oauth.Store, c *clock) {
		l := addLink(t, s, aLink(c, anna, "one"))
		oneWinner(t, func(int) (bool, error) { return s.Delete(t.Context(), anna, l.ID) })
		wantLinks(t, s, anna)
	}},
	{"after many who Add and Delete one link at once the list holds what is there", func(t tb, s oauth.Store, c *clock) {
		for round := range 10 {
			l := addLink(t, s, aLink(c, anna, fmt.Sprint(round)))
			race(racers, func(i int) {
				var err error
				if i%2 == round%2 {
					err = s.Add(t.Context(), l)
				} else {
					_, err = s.Delete(t.Context(), anna, l.ID)
				}
				if err != nil && !errors.Is(err, oauth.ErrExists) {
					t.Errorf("racer %d: %v", i, err)
				}
			})
			if err := second(s.Load(t.Context(), l.ID)); errors.Is(err, oauth.ErrNotFound) {
				wantLinks(t, s, anna)
				continue
			}
			wantLinks(t, s, anna, l)
			noError(t, s.DeleteAll(t.Context(), anna), "DeleteAll")
			wantError(t, second(s.Load(t.Context(), l.ID)), oauth.ErrNotFound, "Load")
		}
	}},
	{"DeleteAll removes the user's links and no other's", func(t tb, s oauth.Store, c *clock) {
		one, two := addLink(t, s, aLink(c, anna, "one")), addLink(t, s, aLink(c, anna, "two"))
		other := addLink(t, s, aLink(c, bert, "three"))
		noError(t, s.DeleteAll(t.Context(), "nobody"), "DeleteAll")
		noError(t, s.DeleteAll(t.Context(), anna), "DeleteAll")
		wantLinks(t, s, anna)
		for _, l := range []oauth.Link{one, two} {
			wantError(t, second(s.Load(t.Context(), l.ID)), oauth.ErrNotFound, "Load")
		}
		noError(t, s.DeleteAll(t.Context(), anna), "DeleteAll again")
		wantLinks(t, s, bert, other)
	}},
	{"ids, users and subjects are text that means nothing to the store", func(t tb, s oauth.Store, c *clock) {
		all := hostileKeys()
		links := make([]oauth.Link, len(all))
		for i, id := range all {
			links[i] = aLink(c, all[len(all)-1-i], "x"+id)
			links[i].ID = "id" + id
			wantLink(t, s, addLink(t, s, links[i]))
		}
		for i := range links {
			wantLink(t, s, links[i])
			wantLinks(t, s, links[i].UserID, links[i])
		}
		for i, l := range links {
			mustUnlink(t, s, "another", l.ID, false)
			mustUnlink(t, s, l.UserID, l.ID, true)
			wantLinks(t, s, l.UserID)
			for _, later := range links[i+1:] {
				wantLink(t, s, later)
			}
		}
	}},
	{"a cancelled context does nothing and is reported", func(t tb, s oauth.Store, c *clock) {
		l := addLink(t, s, aLink(c, anna, "one"))
		ctx := cancelled(t)
		for verb, err := range map[string]error{
			"Add": s.Add(ctx, aLink(c, anna, "two")), "Load": second(s.Load(ctx, l.ID)), "List": second(s.List(ctx, anna)),
			"Delete": second(s.Delete(ctx, anna, l.ID)), "DeleteAll": s.DeleteAll(ctx, anna),
		} {
			wantError(t, err, context.Canceled, verb)
		}
		wantLinks(t, s, anna, l)
	}},
}

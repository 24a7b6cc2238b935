package storetest

import (
	"fmt"
	"time"

	"github.com/crafteasy/auth/session"
)

// hostileIDs are ids of users, sessions, tokens and subjects that mean something to one back end or another.
func hostileIDs() []string {
	all := hostileKeys()
	return all[1:] // an empty id names nothing
}

var sessionIDRules = []rule[session.Store]{
	{"an id is bytes and means nothing to the store", func(t tb, s session.Store, c *clock) {
		all := hostileIDs()
		made := make([]session.Session, len(all))
		want := make([]session.State, len(all))
		for i, id := range all {
			made[i] = aSession(c, id, id)
			noError(t, s.Create(t.Context(), made[i]), "Create")
			want[i].SessionEnd, want[i].TokenEnd = c.Now().Add(time.Duration(i)*time.Second), c.Now().Add(time.Duration(-i)*time.Second)
			endSession(t, s, id, id, want[i].SessionEnd)
			endToken(t, s, id, id, want[i].TokenEnd)
			want[i].Epoch, want[i].Except = moveEpoch(t, s, id, id, c.Now().UnixMilli()+int64(i)), id
		}
		for i, id := range all {
			wantState(t, s, id, id, id, want[i])
			wantSession(t, s, made[i])
			wantList(t, s, id, 10, made[i])
			other := all[(i+1)%len(all)]
			wantNoSession(t, s, id, other)
			wantState(t, s, id, other, other, session.State{Epoch: want[i].Epoch, Except: id})
		}
		for i, id := range all {
			next := rotated(made[i], id)
			mustRotate(t, s, all[(i+1)%len(all)], next, false)
			mustRotate(t, s, made[i].Token.TokenID, next, true)
			wantSession(t, s, next)
			made[i] = next
		}
		for i, id := range all {
			if i%2 == 0 {
				noError(t, s.Delete(t.Context(), id, id), "Delete")
			} else {
				noError(t, s.DeleteAll(t.Context(), id), "DeleteAll")
			}
			wantNoSession(t, s, id, id)
			wantList(t, s, id, 10)
			wantState(t, s, id, id, id, want[i])
			if i+1 < len(all) {
				wantSession(t, s, made[i+1])
			}
		}
	}},
	{"an id that nobody issued is not there, whatever its bytes", func(t tb, s session.Store, c *clock) {
		made := begin(t, s, c, anna, "s")
		for _, id := range hostileIDs() {
			wantNoSession(t, s, anna, id)
			wantNoSession(t, s, id, "s")
			wantState(t, s, anna, id, id, session.State{})
			wantState(t, s, id, "s", made.Token.TokenID, session.State{})
			mustRotate(t, s, id, rotated(made, "next"), false)
			noError(t, s.Delete(t.Context(), anna, id), "Delete")
			noError(t, s.Delete(t.Context(), id, "s"), "Delete")
			noError(t, s.DeleteAll(t.Context(), id), "DeleteAll")
			wantList(t, s, id, 10)
		}
		wantList(t, s, anna, 10, made)
	}},
	{"ids that begin or end alike, or would be alike when joined, are different ids", func(t tb, s session.Store, c *clock) {
		pairs := alike()
		want := make([]session.State, len(pairs))
		for i, p := range pairs {
			c.Advance(time.Millisecond)
			wantNoSession(t, s, p[0], p[1])
			wantState(t, s, p[0], p[1], p[1], session.State{Epoch: want[first(pairs, p[0])].Epoch})
			begin(t, s, c, p[0], p[1])
			endSession(t, s, p[0], p[1], c.Now())
			endToken(t, s, p[0], p[1], c.Now())
			want[i] = session.State{SessionEnd: c.Now(), TokenEnd: c.Now()}
			want[first(pairs, p[0])].Epoch = moveEpoch(t, s, p[0], "", c.Now().UnixMilli()+long.Milliseconds())
		}
		for i, p := range pairs {
			want[i].Epoch = want[first(pairs, p[0])].Epoch
			wantState(t, s, p[0], p[1], p[1], want[i])
		}
		for i, p := range pairs {
			noError(t, s.Delete(t.Context(), p[0], p[1]), "Delete")
			wantNoSession(t, s, p[0], p[1])
			for _, later := range pairs[i+1:] {
				_, _, err := s.Load(t.Context(), later[0], later[1], "")
				noError(t, err, fmt.Sprintf("Load(%q, %q) after Delete(%q, %q)", later[0], later[1], p[0], p[1]))
			}
		}
	}},
}

// alike are pairs of a user and a session, no two the same.
func alike() [][2]string {
	return [][2]string{
		{"a", "b:c"},
		{"a:b", "c"},
		{"a:b:c", "d"},
		{"a", "b"},
		{"a", "bc"},
		{"ab", "c"},
		{"a", "b:"},
		{"a:", "b"},
		{"a:", ":b"},
		{"a/b", "c"},
		{"a", "b/c"},
		{"a.b", "c"},
		{"a", "b.c"},
		{"a\x00b", "c"},
		{"a", "b\x00c"},
		{"a|b", "c"},
		{"a", "b|c"},
		{"a}:b", "c"},
		{"a", "}:b"},
		{"{a}", "b"},
		{"a}", "b"},
		{"a%3A", "b"},
		{"a%", "b"},
		{"A", "b"},
		{"a", "B"},
		{" a", "b"},
		{"a", "b "},
	}
}

// first is the place of the user's first pair.
func first(pairs [][2]string, userID string) int {
	for i, p := range pairs {
		if p[0] == userID {
			return i
		}
	}
	return -1
}

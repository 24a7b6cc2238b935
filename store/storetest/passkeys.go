package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/crafteasy/auth/webauthn"
)

// Passkeys checks a back end for passkeys and user handles.
func Passkeys(t *testing.T, open Open[webauthn.Store]) {
	t.Helper()
	run(t, open, passkeyRules)
}

// passkeyID is bytes that are no text.
func passkeyID(name string) []byte { return append([]byte{0, 0xff, '$', '.'}, name...) }

func aPasskey(c *clock, userID, name string) webauthn.Credential {
	return webauthn.Credential{
		ID: passkeyID(name), UserID: userID, Handle: []byte("handle\x00\xff" + userID), PublicKey: []byte{0xa1, 0, 0xff}, Name: name,
		Transports: []string{"internal", "hybrid"}, AAGUID: bytes.Repeat([]byte{7}, 16), Counter: 5, UserVerified: true, CreatedAt: c.Now(),
	}
}

func addPasskey(t tb, s webauthn.Store, p webauthn.Credential) webauthn.Credential {
	t.Helper()
	noError(t, s.Add(t.Context(), p), "Add")
	return p
}

func wantPasskey(t tb, s webauthn.Store, want webauthn.Credential) {
	t.Helper()
	got, err := s.Load(t.Context(), want.ID)
	noError(t, err, "Load")
	sameRecord(t, got, want, "Load")
}

func wantPasskeys(t tb, s webauthn.Store, userID string, want ...webauthn.Credential) {
	t.Helper()
	got, err := s.List(t.Context(), userID)
	noError(t, err, "List")
	same(t, len(got), len(want), "the length of the list")
	for i := range want {
		sameRecord(t, got[i], want[i], fmt.Sprintf("the list at %d", i))
	}
}

var passkeyRules = []rule[webauthn.Store]{
	{"a passkey comes back the same in every field", func(t tb, s webauthn.Store, _ *clock) {
		full := filled[webauthn.Credential](t)
		addPasskey(t, s, full)
		wantPasskey(t, s, full)
		wantPasskeys(t, s, full.UserID, full)
		bare := webauthn.Credential{ID: []byte{0}, UserID: "bare", CreatedAt: full.CreatedAt}
		addPasskey(t, s, bare)
		wantPasskey(t, s, bare)
	}},
	{"each boolean is kept by itself", func(t tb, s webauthn.Store, c *clock) {
		for i := range 8 {
			p := aPasskey(c, anna, fmt.Sprint(i))
			p.UserVerified, p.BackupEligible, p.BackedUp = i&1 != 0, i&2 != 0, i&4 != 0
			addPasskey(t, s, p)
			wantPasskey(t, s, p)
		}
	}},
	{"counters are whole numbers up to 2^32-1", func(t tb, s webauthn.Store, c *clock) {
		for _, n := range []uint32{0, 1, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
			p := aPasskey(c, anna, fmt.Sprint(n))
			p.Counter = n
			addPasskey(t, s, p)
			wantPasskey(t, s, p)
		}
	}},
	{"ids are bytes up to 1023, and differ when one byte does", func(t tb, s webauthn.Store, c *clock) {
		long := bytes.Repeat([]byte{0xfe}, webauthn.LongestID)
		other := bytes.Clone(long)
		other[len(other)-1] = 0xff
		for _, id := range [][]byte{long, other, {0}, {0, 0}, []byte("a"), []byte("A"), []byte("a "), []byte("YQ"), []byte("*"), {0xff}, {0xef, 0xbf, 0xbd}} {
			p := aPasskey(c, anna, "name")
			p.ID = id
			noError(t, s.Add(t.Context(), p), "Add")
			wantPasskey(t, s, p)
		}
	}},
	{"an unknown id is ErrNotFound", func(t tb, s webauthn.Store, c *clock) {
		addPasskey(t, s, aPasskey(c, anna, "one"))
		for _, id := range [][]byte{nil, {}, passkeyID("two"), passkeyID("on"), []byte("*")} {
			wantError(t, second(s.Load(t.Context(), id)), webauthn.ErrNotFound, "Load")
		}
	}},
	{"an id that anybody has is ErrExists and leaves the first owner's passkey as it is", func(t tb, s webauthn.Store, c *clock) {
		first := addPasskey(t, s, aPasskey(c, anna, "one"))
		for _, userID := range []string{bert, anna} {
			again := aPasskey(c, userID, "one")
			again.Name, again.PublicKey, again.Counter = "other", []byte("other"), 99
			wantError(t, s.Add(t.Context(), again), webauthn.ErrExists, "Add")
		}
		wantPasskey(t, s, first)
		wantPasskeys(t, s, anna, first)
		wantPasskeys(t, s, bert)
	}},
	{"of many who add one id at once exactly one does, and only its owner has it", func(t tb, s webauthn.Store, c *clock) {
		winner := oneWinner(t, func(i int) (bool, error) {
			err := s.Add(t.Context(), aPasskey(c, fmt.Sprint("user", i), "one"))
			if errors.Is(err, webauthn.ErrExists) {
				return false, nil
			}
			return err == nil, err
		})
		for i := range racers {
			want := 0
			if i == winner {
				want = 1
			}
			list, err := s.List(t.Context(), fmt.Sprint("user", i))
			noError(t, err, "List")
			same(t, len(list), want, "the passkeys of a racer")
		}
	}},
	{"the list holds the user's passkeys, the oldest first, and no other's", func(t tb, s webauthn.Store, c *clock) {
		var all []webauthn.Credential
		for i := range 5 {
			p := aPasskey(c, anna, fmt.Sprint(9-i))
			all = append(all, addPasskey(t, s, p))
			addPasskey(t, s, aPasskey(c, bert, fmt.Sprint("b", i)))
			c.Advance(time.Millisecond)
		}
		wantPasskeys(t, s, anna, all...)
		wantPasskeys(t, s, "nobody")
		wantPasskeys(t, s, "")
	}},
	{"Advance records a use only while the counter stands", func(t tb, s webauthn.Store, c *clock) {
		p := addPasskey(t, s, aPasskey(c, anna, "one"))
		other := addPasskey(t, s, aPasskey(c, anna, "two"))
		c.Advance(time.Minute)
		for _, from := range []uint32{0, 4, 6, 1<<32 - 1} {
			mustAdvance(t, s, p.ID, webauthn.Use{From: from, To: 7, BackedUp: true, At: c.Now()}, false)
		}
		wantPasskey(t, s, p)
		mustAdvance(t, s, p.ID, webauthn.Use{From: 5, To: 1<<32 - 1, BackedUp: true, At: c.Now()}, true)
		p.Counter, p.BackedUp, p.LastUsedAt = 1<<32-1, true, c.Now()
		wantPasskey(t, s, p)
		wantPasskey(t, s, other)
		mustAdvance(t, s, passkeyID("unknown"), webauthn.Use{At: c.Now()}, false)
		wantError(t, second(s.Load(t.Context(), passkeyID("unknown"))), webauthn.ErrNotFound, "Load after Advance of an unknown id")
	}},
	{"a counter that stays at 0 can be used again and again", func(t tb, s webauthn.Store, c *clock) {
		p := aPasskey(c, anna, "one")
		p.Counter = 0
		addPasskey(t, s, p)
		for range 3 {
			c.Advance(time.Second)
			mustAdvance(t, s, p.ID, webauthn.Use{At: c.Now()}, true)
			p.LastUsedAt = c.Now()
			wantPasskey(t, s, p)
		}
	}},
	{"of many who move the counter from one value at once exactly one does", func(t tb, s webauthn.Store, c *clock) {
		p := addPasskey(t, s, aPasskey(c, anna, "one"))
		winner := oneWinner(t, func(i int) (bool, error) {
			return s.Advance(t.Context(), p.ID, webauthn.Use{From: 5, To: 100 + uint32(i), At: c.Now()})
		})
		p.Counter, p.LastUsedAt = 100+uint32(winner), c.Now()
		wantPasskey(t, s, p)
	}},
	{"Rename changes the name of the user's own passkey alone", func(t tb, s webauthn.Store, c *clock) {
		p := addPasskey(t, s, aPasskey(c, anna, "one"))
		noError(t, s.Rename(t.Context(), anna, p.ID, "new"), "Rename")
		p.Name = "new"
		wantError(t, s.Rename(t.Context(), bert, p.ID, "stolen"), webauthn.ErrNotFound, "Rename of another's")
		wantError(t, s.Rename(t.Context(), anna, passkeyID("two"), "x"), webauthn.ErrNotFound, "Rename of none")
		wantPasskey(t, s, p)
		wantPasskeys(t, s, anna, p)
	}},
	{"Delete removes the user's own passkey alone, and one of many is told", func(t tb, s webauthn.Store, c *clock) {
		p, kept := addPasskey(t, s, aPasskey(c, anna, "one")), addPasskey(t, s, aPasskey(c, anna, "two"))
		mustDeletePasskey(t, s, bert, p.ID, false)
		mustDeletePasskey(t, s, anna, passkeyID("three"), false)
		oneWinner(t, func(int) (bool, error) { return s.Delete(t.Context(), anna, p.ID) })
		wantError(t, second(s.Load(t.Context(), p.ID)), webauthn.ErrNotFound, "Load of a deleted passkey")
		wantPasskeys(t, s, anna, kept)
		mustAdvance(t, s, p.ID, webauthn.Use{From: 5, To: 6, At: c.Now()}, false)
		wantError(t, s.Rename(t.Context(), anna, p.ID, "x"), webauthn.ErrNotFound, "Rename of a deleted passkey")
		again := aPasskey(c, bert, "one")
		addPasskey(t, s, again)
		wantPasskeys(t, s, bert, again)
		wantPasskeys(t, s, anna, kept)
	}},
	{"after many who Add and Delete one passkey at once the list holds what is there", func(t tb, s webauthn.Store, c *clock) {
		for round := range 10 {
			p := addPasskey(t, s, aPasskey(c, anna, fmt.Sprint(round)))
			race(racers, func(i int) {
				var err error
				if i%2 == round%2 {
					err = s.Add(t.Context(), p)
				} else {
					_, err = s.Delete(t.Context(), anna, p.ID)
				}
				if err != nil && !errors.Is(err, webauthn.ErrExists) {
					t.Errorf("racer %d: %v", i, err)
				}
			})
			if err := second(s.Load(t.Context(), p.ID)); errors.Is(err, webauthn.ErrNotFound) {
				wantPasskeys(t, s, anna)
				continue
			}
			wantPasskeys(t, s, anna, p)
			noError(t, s.DeleteAll(t.Context(), anna), "DeleteAll")
			wantError(t, second(s.Load(t.Context(), p.ID)), webauthn.ErrNotFound, "Load")
		}
	}},
	{"a user's handle is the first one given, for everybody who asks", func(t tb, s webauthn.Store, _ *clock) {
		answers := make([][]byte, racers)
		race(racers, func(i int) {
			h, err := s.Handle(t.Context(), anna, []byte(fmt.Sprint("\x00\xff", i)))
			if err != nil {
				t.Errorf("racer %d: %v", i, err)
			}
			answers[i] = h
		})
		for _, h := range answers {
			same(t, string(h), string(answers[0]), "the handle")
		}
		if !bytes.HasPrefix(answers[0], []byte("\x00\xff")) {
			t.Fatalf("the handle is %x", answers[0])
		}
		other, err := s.Handle(t.Context(), bert, []byte("other"))
		noError(t, err, "Handle")
		same(t, string(other), "other", "the handle of another user")
	}},
	{"DeleteAll removes the user's passkeys and handle, and nothing of another's", func(t tb, s webauthn.Store, c *clock) {
		p, q := addPasskey(t, s, aPasskey(c, anna, "one")), addPasskey(t, s, aPasskey(c, anna, "two"))
		other := addPasskey(t, s, aPasskey(c, bert, "three"))
		for _, userID := range []string{anna, bert} {
			noError(t, second(s.Handle(t.Context(), userID, []byte("old"))), "Handle")
		}
		for range 2 {
			noError(t, s.DeleteAll(t.Context(), anna), "DeleteAll")
			wantPasskeys(t, s, anna)
		}
		for _, id := range [][]byte{p.ID, q.ID} {
			wantError(t, second(s.Load(t.Context(), id)), webauthn.ErrNotFound, "Load")
		}
		wantPasskeys(t, s, bert, other)
		for userID, want := range map[string]string{anna: "new", bert: "old"} {
			h, err := s.Handle(t.Context(), userID, []byte("new"))
			noError(t, err, "Handle")
			same(t, string(h), want, "the handle")
		}
	}},
	{"what was answered is the caller's own", func(t tb, s webauthn.Store, c *clock) {
		p := aPasskey(c, anna, "one")
		addPasskey(t, s, p)
		want := aPasskey(c, anna, "one")
		p.PublicKey[0], p.ID[0], p.Transports[0] = 1, 1, "x"
		got, err := s.Load(t.Context(), want.ID)
		noError(t, err, "Load")
		got.PublicKey[0], got.Transports[0] = 2, "y"
		wantPasskey(t, s, want)
	}},
	{"user ids are text that means nothing to the store", func(t tb, s webauthn.Store, c *clock) {
		for i, userID := range hostileKeys() {
			p := aPasskey(c, userID, fmt.Sprint(i))
			addPasskey(t, s, p)
			wantPasskeys(t, s, userID, p)
		}
	}},
	{"a cancelled context does nothing and is reported", func(t tb, s webauthn.Store, c *clock) {
		p := addPasskey(t, s, aPasskey(c, anna, "one"))
		ctx := cancelled(t)
		for verb, err := range map[string]error{
			"Handle":    second(s.Handle(ctx, anna, []byte("h"))),
			"Add":       s.Add(ctx, aPasskey(c, anna, "two")),
			"Load":      second(s.Load(ctx, p.ID)),
			"List":      second(s.List(ctx, anna)),
			"Advance":   second(s.Advance(ctx, p.ID, webauthn.Use{From: 5, To: 6, At: c.Now()})),
			"Rename":    s.Rename(ctx, anna, p.ID, "x"),
			"Delete":    second(s.Delete(ctx, anna, p.ID)),
			"DeleteAll": s.DeleteAll(ctx, anna),
		} {
			wantError(t, err, context.Canceled, verb)
		}
		wantPasskeys(t, s, anna, p)
	}},
}

func mustAdvance(t tb, s webauthn.Store, id []byte, u webauthn.Use, moved bool) {
	t.Helper()
	got, err := s.Advance(t.Context(), id, u)
	noError(t, err, "Advance")
	same(t, got, moved, fmt.Sprintf("Advance from %d", u.From))
}

func mustDeletePasskey(t tb, s webauthn.Store, userID string, id []byte, was bool) {
	t.Helper()
	got, err := s.Delete(t.Context(), userID, id)
	noError(t, err, "Delete")
	same(t, got, was, "Delete")
}

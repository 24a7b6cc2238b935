package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/crafteasy/auth/user"
)

// Users checks a user table: that of a back end, or the host's own.
func Users(t *testing.T, open Open[user.Store]) {
	t.Helper()
	run(t, open, userRules)
}

var (
	alice = user.Identifier{Kind: user.Email, Value: "alice@example.com"}
	bob   = user.Identifier{Kind: user.Email, Value: "bob@example.com"}
	phone = user.Identifier{Kind: user.Phone, Value: "+46701234567"}
)

var userRules = []rule[user.Store]{
	{"who was created is found by id and by identifier, the same in every field", func(t tb, s user.Store, _ *clock) {
		for _, n := range []user.NewUser{
			{Identifier: alice, Name: "Alice Åström \"the first\" $where", OriginApp: "shop"},
			{Identifier: phone},
		} {
			made, err := s.Create(t.Context(), n)
			noError(t, err, "Create")
			if made.ID == "" || made.Disabled {
				t.Fatalf("Create answers %+v", made)
			}
			same(t, made.Address(n.Identifier.Kind), n.Identifier, "the identifier")
			same(t, made.Name, n.Name, "the name")
			wantUser(t, s, made)
		}
	}},
	{"a new user holds one identifier and no other", func(t tb, s user.Store, _ *clock) {
		made := create(t, s, alice)
		same(t, made.Phone, "", "the phone of who signed up by e-mail")
		made = create(t, s, phone)
		same(t, made.Email, "", "the e-mail address of who signed up by phone")
	}},
	{"an unknown id or identifier is ErrNotFound", func(t tb, s user.Store, _ *clock) {
		made := create(t, s, alice)
		for _, id := range append(hostileKeys(), "unknown", made.ID+"x", "000000000000000000000000") {
			wantError(t, second(s.ByID(t.Context(), id)), user.ErrNotFound, fmt.Sprintf("ByID(%.40q)", id))
			wantError(t, s.SetIdentifier(t.Context(), id, bob), user.ErrNotFound, fmt.Sprintf("SetIdentifier(%.40q)", id))
		}
		for _, id := range []user.Identifier{
			{},
			bob, phone,
			{Kind: user.Email},
			{Kind: user.Phone},
			{Value: alice.Value},
			{Kind: user.Phone, Value: alice.Value},
			{Kind: user.Email, Value: "$ne"},
			{Kind: "$ne", Value: alice.Value},
		} {
			wantError(t, second(s.Find(t.Context(), id)), user.ErrNotFound, fmt.Sprintf("Find(%v)", id))
		}
		for _, value := range hostileKeys() {
			for _, k := range []user.Kind{user.Email, user.Phone, user.Kind(value)} {
				err := second(s.Find(t.Context(), user.Identifier{Kind: k, Value: value}))
				wantError(t, err, user.ErrNotFound, fmt.Sprintf("Find(%.40q, %.40q)", k, value))
			}
		}
	}},
	{"who has no identifier of a kind is not found by an empty one", func(t tb, s user.Store, _ *clock) {
		create(t, s, alice)
		create(t, s, phone)
		for _, k := range []user.Kind{user.Email, user.Phone} {
			wantError(t, second(s.Find(t.Context(), user.Identifier{Kind: k})), user.ErrNotFound, "Find without a value")
		}
	}},
	{"identifiers are compared byte by byte", func(t tb, s user.Store, _ *clock) {
		made := create(t, s, alice)
		for _, v := range []string{
			"Alice@example.com", "alice@EXAMPLE.com", "alice@example.com.", " alice@example.com", "alice@example.com\x00",
			"al%ce@example.com", "al_ce@example.com", "al.ce@example.com", ".*@example.com", "alice@example.co",
		} {
			id := user.Identifier{Kind: user.Email, Value: v}
			wantError(t, second(s.Find(t.Context(), id)), user.ErrNotFound, fmt.Sprintf("Find(%q)", v))
		}
		wantUser(t, s, made)
	}},
	{"a taken identifier creates nobody", func(t tb, s user.Store, _ *clock) {
		made := create(t, s, alice)
		_, err := s.Create(t.Context(), user.NewUser{Identifier: alice, Name: "Mallory"})
		wantError(t, err, user.ErrExists, "Create")
		wantUser(t, s, made)
	}},
	{"of many who Create with one identifier at once exactly one does, and the others are told ErrExists", func(t tb, s user.Store, _ *clock) {
		var made [racers]user.User
		winner := oneWinner(t, func(i int) (bool, error) {
			var err error
			made[i], err = s.Create(t.Context(), user.NewUser{Identifier: alice, Name: fmt.Sprint("racer ", i)})
			if errors.Is(err, user.ErrExists) {
				return false, nil
			}
			return err == nil, err
		})
		wantUser(t, s, made[winner])
	}},
	{"many who Create at once get ids of their own", func(t tb, s user.Store, _ *clock) {
		var made [racers]user.User
		race(racers, func(i int) {
			var err error
			id := user.Identifier{Kind: user.Email, Value: fmt.Sprintf("racer%d@example.com", i)}
			if made[i], err = s.Create(t.Context(), user.NewUser{Identifier: id}); err != nil {
				t.Errorf("racer %d: %v", i, err)
			}
		})
		ids := make(map[string]bool, racers)
		for _, u := range made {
			ids[u.ID] = true
			wantUser(t, s, u)
		}
		same(t, len(ids), racers, "how many ids")
	}},
	{"a cancelled context does nothing and is reported", func(t tb, s user.Store, _ *clock) {
		made := create(t, s, alice)
		ctx := cancelled(t)
		for verb, err := range map[string]error{
			"ByID":          second(s.ByID(ctx, made.ID)),
			"Find":          second(s.Find(ctx, alice)),
			"Create":        second(s.Create(ctx, user.NewUser{Identifier: bob})),
			"SetIdentifier": s.SetIdentifier(ctx, made.ID, phone),
		} {
			wantError(t, err, context.Canceled, verb)
		}
		wantError(t, second(s.Find(t.Context(), bob)), user.ErrNotFound, "Find")
		wantError(t, second(s.Find(t.Context(), phone)), user.ErrNotFound, "Find")
		wantUser(t, s, made)
	}},
	{"SetIdentifier replaces the one of its kind, which becomes free, and leaves the other kind alone", func(t tb, s user.Store, _ *clock) {
		made := create(t, s, alice)
		noError(t, s.SetIdentifier(t.Context(), made.ID, phone), "SetIdentifier")
		made.Phone = phone.Value
		wantUser(t, s, made)

		noError(t, s.SetIdentifier(t.Context(), made.ID, bob), "SetIdentifier")
		made.Email = bob.Value
		wantUser(t, s, made)
		wantError(t, second(s.Find(t.Context(), alice)), user.ErrNotFound, "Find the old address")

		other := create(t, s, alice)
		wantUser(t, s, other)
		wantUser(t, s, made)
	}},
	{"SetIdentifier with the user's own identifier changes nothing", func(t tb, s user.Store, _ *clock) {
		made := create(t, s, alice)
		for range 2 {
			noError(t, s.SetIdentifier(t.Context(), made.ID, alice), "SetIdentifier")
			wantUser(t, s, made)
		}
	}},
	{"SetIdentifier refuses one that another user holds and changes nothing", func(t tb, s user.Store, _ *clock) {
		a, b := create(t, s, alice), create(t, s, bob)
		wantError(t, s.SetIdentifier(t.Context(), a.ID, bob), user.ErrExists, "SetIdentifier")
		wantUser(t, s, a)
		wantUser(t, s, b)
	}},
	{"an unknown user takes no identifier", func(t tb, s user.Store, _ *clock) {
		wantError(t, s.SetIdentifier(t.Context(), "unknown", alice), user.ErrNotFound, "SetIdentifier")
		wantUser(t, s, create(t, s, alice))
	}},
	{"of many users who SetIdentifier to one address at once exactly one gets it, and the others keep theirs", func(t tb, s user.Store, _ *clock) {
		var all [racers]user.User
		for i := range all {
			all[i] = create(t, s, user.Identifier{Kind: user.Email, Value: fmt.Sprintf("racer%d@example.com", i)})
		}
		winner := oneWinner(t, func(i int) (bool, error) { return setIdentifier(t, s, all[i].ID, alice) })
		all[winner].Email = alice.Value
		for _, u := range all {
			wantUser(t, s, u)
		}
	}},
	{"of Create and SetIdentifier with one identifier at once exactly one gets it", func(t tb, s user.Store, _ *clock) {
		held := create(t, s, bob)
		var made atomic.Pointer[user.User]
		oneWinner(t, func(i int) (bool, error) {
			if i == 0 {
				return setIdentifier(t, s, held.ID, alice)
			}
			u, err := s.Create(t.Context(), user.NewUser{Identifier: alice})
			if errors.Is(err, user.ErrExists) {
				return false, nil
			}
			made.Store(&u)
			return err == nil, err
		})
		if u := made.Load(); u != nil {
			wantUser(t, s, *u)
			wantUser(t, s, held)
			return
		}
		held.Email = alice.Value
		wantUser(t, s, held)
	}},
}

func create(t tb, s user.Store, id user.Identifier) user.User {
	t.Helper()
	made, err := s.Create(t.Context(), user.NewUser{Identifier: id, Name: "somebody"})
	noError(t, err, "Create")
	return made
}

func setIdentifier(t tb, s user.Store, userID string, id user.Identifier) (bool, error) {
	err := s.SetIdentifier(t.Context(), userID, id)
	if errors.Is(err, user.ErrExists) {
		return false, nil
	}
	return err == nil, err
}

// wantUser demands that the store answers exactly this user, by id and by each identifier.
func wantUser(t tb, s user.Store, want user.User) {
	t.Helper()
	got, err := s.ByID(t.Context(), want.ID)
	noError(t, err, "ByID")
	same(t, got, want, "ByID")
	for _, k := range []user.Kind{user.Email, user.Phone} {
		if id := want.Address(k); !id.IsZero() {
			got, err := s.Find(t.Context(), id)
			noError(t, err, "Find")
			same(t, got, want, "Find by "+string(k))
		}
	}
}

package redisstore

import (
	"errors"
	"testing"
	"time"

	"github.com/crafteasy/auth/user"
)

var (
	alice = user.Identifier{Kind: user.Email, Value: "alice@example.com"}
	bob   = user.Identifier{Kind: user.Email, Value: "bob@example.com"}
)

func (b *bench) create(t *testing.T, id user.Identifier) user.User {
	t.Helper()
	made, err := b.Users().Create(t.Context(), user.NewUser{Identifier: id})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (b *bench) wantHolder(t *testing.T, id user.Identifier, userID string) {
	t.Helper()
	found, err := b.Users().Find(t.Context(), id)
	if userID == "" {
		if !errors.Is(err, user.ErrNotFound) {
			t.Errorf("%v is held by %+v, %v", id, found, err)
		}
	} else if err != nil || found.ID != userID {
		t.Errorf("%v is held by %+v, %v, want %s", id, found, err, userID)
	}
}

// An id that looks like an address finds nobody by it: the claim alone does.
func TestFindLooksAtClaims(t *testing.T) {
	b := newBench(t)
	for _, u := range []user.User{{ID: alice.Value}, {ID: bob.Value, Email: bob.Value}} {
		if err := b.PutUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	b.wantHolder(t, alice, "")
	b.wantHolder(t, bob, bob.Value)
	b.rdb.Del(t.Context(), users{b.view}.claimName(bob))
	b.wantHolder(t, bob, "")
}

func TestCreateLasts(t *testing.T) {
	b := newBench(t)
	u := users{b.view}
	made := b.create(t, alice)
	b.wantTTL(t, u.name(made.ID), 0)
	b.wantTTL(t, u.claimName(alice), 0)
	// Cut off before the record lasts: whoever is found lasts.
	b.rdb.PExpire(t.Context(), u.name(made.ID), time.Minute)
	b.wantHolder(t, alice, made.ID)
	b.wantTTL(t, u.name(made.ID), 0)
}

// TestCreateIsSwept: a sign-up that was cut off, or lost a race, leaves no user behind.
func TestCreateIsSwept(t *testing.T) {
	b := newBench(t)
	b.create(t, alice)
	before := b.rdb.DBSize(t.Context()).Val()
	if _, err := b.Users().Create(t.Context(), user.NewUser{Identifier: alice}); !errors.Is(err, user.ErrExists) {
		t.Errorf("got %v, want ErrExists", err)
	}
	if after := b.rdb.DBSize(t.Context()).Val(); after != before {
		t.Errorf("%d keys became %d", before, after)
	}
}

// TestClaimOfNobody: a claim whose user does not name it back keeps others out while its maker may be about to change the user,
// and for nothing after that.
func TestClaimOfNobody(t *testing.T) {
	for name, leave := range map[string]func(*testing.T, *bench) string{
		"a change of address that was cut off": func(t *testing.T, b *bench) string {
			made := b.create(t, bob)
			if won, err := (users{b.view}).claim(t.Context(), alice, made.ID); err != nil || !won {
				t.Fatal(won, err)
			}
			return made.ID
		},
		"a user whose record is gone": func(t *testing.T, b *bench) string {
			made := b.create(t, alice)
			b.rdb.Del(t.Context(), users{b.view}.name(made.ID))
			return made.ID
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			was := leave(t, b)
			b.wantHolder(t, alice, "")
			b.at = b.at.Add(youth - time.Millisecond)
			if _, err := b.Users().Create(t.Context(), user.NewUser{Identifier: alice}); !errors.Is(err, user.ErrExists) {
				t.Errorf("while it is young: got %v, want ErrExists", err)
			}
			b.at = b.at.Add(time.Millisecond)
			made := b.create(t, alice)
			b.wantHolder(t, alice, made.ID)
			// Whoever made the claim does not get it back, however slow.
			err := b.Users().SetIdentifier(t.Context(), was, alice)
			if !errors.Is(err, user.ErrExists) && !errors.Is(err, user.ErrNotFound) {
				t.Errorf("the first to claim it: got %v", err)
			}
			b.wantHolder(t, alice, made.ID)
		})
	}
}

// TestClaimIsRepeated: the maker of a claim that was cut off can finish.
func TestClaimIsRepeated(t *testing.T) {
	b := newBench(t)
	made := b.create(t, bob)
	if won, err := (users{b.view}).claim(t.Context(), alice, made.ID); err != nil || !won {
		t.Fatal(won, err)
	}
	if err := b.Users().SetIdentifier(t.Context(), made.ID, alice); err != nil {
		t.Error(err)
	}
	b.wantHolder(t, alice, made.ID)
	b.wantHolder(t, bob, "")
}

// TestClaimTakenOver: whoever is so slow that the claim went to somebody else gives way, and stays as before.
func TestClaimTakenOver(t *testing.T) {
	b := newBench(t)
	slow := b.create(t, bob)
	u := users{b.view}
	was, record, err := u.load(t.Context(), slow.ID)
	if err != nil {
		t.Fatal(err)
	}
	next := was
	next.Email = alice.Value
	if won, err := u.claim(t.Context(), alice, slow.ID); err != nil || !won {
		t.Fatal(won, err)
	}
	b.at = b.at.Add(youth)
	fast := b.create(t, alice)
	done, err := u.settle(t.Context(), was, next, record, []user.Identifier{alice})
	if done || !errors.Is(err, user.ErrExists) {
		t.Errorf("got %v, %v, want ErrExists", done, err)
	}
	b.wantHolder(t, alice, fast.ID)
	b.wantHolder(t, bob, slow.ID)
}

func TestHostVerbs(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	u := user.User{ID: "users/1", Name: "Åsa", Email: "Asa@Example.COM", Phone: "+46 70 123 45 67", TenantID: "t", PartnerID: "p", Scope: "partner"}
	if err := b.PutUser(ctx, u); err != nil {
		t.Fatal(err)
	}
	u.Email, u.Phone = "asa@example.com", "+46701234567"
	for range 2 {
		for _, k := range []user.Kind{user.Email, user.Phone} {
			if got, err := b.Users().Find(ctx, u.Address(k)); err != nil || got != u {
				t.Errorf("got %+v, %v, want %+v", got, err, u)
			}
		}
		if err := b.PutUser(ctx, u); err != nil {
			t.Fatal(err)
		}
	}
	other := b.create(t, alice)
	if err := b.PutUser(ctx, user.User{ID: "users/2", Email: bob.Value, Phone: u.Phone}); !errors.Is(err, user.ErrExists) {
		t.Errorf("a taken address: got %v", err)
	}
	b.wantHolder(t, bob, "")
	if err := b.PutUser(ctx, user.User{ID: "users/1", Email: bob.Value}); err != nil {
		t.Fatal(err)
	}
	b.wantHolder(t, bob, "users/1")
	b.wantHolder(t, u.Address(user.Email), "")
	b.wantHolder(t, u.Address(user.Phone), "")
	for _, disabled := range []bool{true, false} {
		if err := b.SetDisabled(ctx, other.ID, disabled); err != nil {
			t.Fatal(err)
		}
		if got, err := b.Users().ByID(ctx, other.ID); err != nil || got.Disabled != disabled {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	if err := b.SetDisabled(ctx, "unknown", true); !errors.Is(err, user.ErrNotFound) {
		t.Errorf("SetDisabled of an unknown user: %v", err)
	}
	for range 2 {
		if err := b.DeleteUser(ctx, other.ID); err != nil {
			t.Fatal(err)
		}
	}
	again := b.create(t, alice)
	b.wantHolder(t, alice, again.ID)
	for _, bad := range []user.User{{}, {ID: "x", Email: "nonsense"}, {ID: "x", Phone: "12"}} {
		if err := b.PutUser(ctx, bad); err == nil {
			t.Errorf("PutUser(%+v) is no error", bad)
		}
	}
}

package memstore_test

import (
	"context"
	"errors"
	"testing"

	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/user"
)

var alice = user.Identifier{Kind: user.Email, Value: "alice@example.com"}

func TestPutUser_BringsAddressesIntoNormalForm(t *testing.T) {
	s := memstore.New(nil)
	put := user.User{ID: "u1", Name: "Alice", Email: " Alice@Example.COM.", Phone: "+46 70-123 45 67", TenantID: "t", PartnerID: "p", Scope: "partner", Disabled: true}
	if err := s.PutUser(t.Context(), put); err != nil {
		t.Fatal(err)
	}
	want := put
	want.Email, want.Phone = alice.Value, "+46701234567"
	for _, id := range []user.Identifier{alice, {Kind: user.Phone, Value: "+46701234567"}} {
		if got, err := s.Users().Find(t.Context(), id); got != want || err != nil {
			t.Errorf("Find(%v) = %+v, %v; want %+v", id, got, err, want)
		}
	}
}

func TestPutUser_Refuses(t *testing.T) {
	s := memstore.New(nil)
	if err := s.PutUser(t.Context(), user.User{ID: "u1", Email: alice.Value}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		u    user.User
		want error
	}{
		"a user without an ID":            {user.User{Email: "bob@example.com"}, nil},
		"an address that is none":         {user.User{ID: "u2", Email: "bob"}, nil},
		"a number that is none":           {user.User{ID: "u2", Phone: "070-1234567"}, nil},
		"another's address":               {user.User{ID: "u2", Email: "ALICE@example.com"}, user.ErrExists},
		"another's address and a new one": {user.User{ID: "u2", Phone: "+46701234567", Email: alice.Value}, user.ErrExists},
	} {
		t.Run(name, func(t *testing.T) {
			err := s.PutUser(t.Context(), c.u)
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("PutUser: %v, want %v", err, c.want)
			}
			if _, err := s.Users().ByID(t.Context(), "u2"); !errors.Is(err, user.ErrNotFound) {
				t.Errorf("a refused user is there: %v", err)
			}
			if got, err := s.Users().Find(t.Context(), alice); got.ID != "u1" || err != nil {
				t.Errorf("the address is held by %q, %v", got.ID, err)
			}
			if _, err := s.Users().Find(t.Context(), user.Identifier{Kind: user.Phone, Value: "+46701234567"}); !errors.Is(err, user.ErrNotFound) {
				t.Errorf("a refused number finds somebody: %v", err)
			}
		})
	}
}

func TestHostVerbs_DoNothingOnceTheCallIsOver(t *testing.T) {
	s := memstore.New(nil)
	before := user.User{ID: "u1", Email: alice.Value}
	if err := s.PutUser(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for verb, err := range map[string]error{
		"PutUser":     s.PutUser(ctx, user.User{ID: "u1", Email: "bob@example.com"}),
		"SetDisabled": s.SetDisabled(ctx, "u1", true),
		"DeleteUser":  s.DeleteUser(ctx, "u1"),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", verb, err)
		}
	}
	if got, err := s.Users().Find(t.Context(), alice); got != before || err != nil {
		t.Errorf("the user is %+v, %v", got, err)
	}
}

func TestPutUser_FreesWhatItReplaces(t *testing.T) {
	s := memstore.New(nil)
	for _, email := range []string{alice.Value, "bob@example.com", ""} {
		if err := s.PutUser(t.Context(), user.User{ID: "u1", Email: email}); err != nil {
			t.Fatal(err)
		}
	}
	for _, email := range []string{alice.Value, "bob@example.com"} {
		if _, err := s.Users().Create(t.Context(), user.NewUser{Identifier: user.Identifier{Kind: user.Email, Value: email}}); err != nil {
			t.Errorf("%s is not free: %v", email, err)
		}
	}
}

func TestSetDisabled(t *testing.T) {
	s := memstore.New(nil)
	made, err := s.Users().Create(t.Context(), user.NewUser{Identifier: alice})
	if err != nil {
		t.Fatal(err)
	}
	for _, disabled := range []bool{true, false} {
		if err := s.SetDisabled(t.Context(), made.ID, disabled); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Users().Find(t.Context(), alice); got.Disabled != disabled || err != nil {
			t.Errorf("Disabled is %v, %v; want %v", got.Disabled, err, disabled)
		}
	}
	if err := s.SetDisabled(t.Context(), "unknown", true); !errors.Is(err, user.ErrNotFound) {
		t.Errorf("an unknown user: %v", err)
	}
}

func TestDeleteUser(t *testing.T) {
	s := memstore.New(nil)
	made, err := s.Users().Create(t.Context(), user.NewUser{Identifier: alice})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.DeleteUser(t.Context(), made.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Users().ByID(t.Context(), made.ID); !errors.Is(err, user.ErrNotFound) {
		t.Errorf("the user is still there: %v", err)
	}
	again, err := s.Users().Create(t.Context(), user.NewUser{Identifier: alice})
	if err != nil || again.ID == made.ID {
		t.Errorf("the address is not free, or the id came back: %q, %v", again.ID, err)
	}
}

func TestCreate_NeedsAnIdentifier(t *testing.T) {
	s := memstore.New(nil)
	for _, id := range []user.Identifier{{}, {Kind: user.Email}, {Value: "alice@example.com"}, {Kind: "pigeon", Value: "coo"}} {
		if _, err := s.Users().Create(t.Context(), user.NewUser{Identifier: id}); err == nil {
			t.Errorf("a user with the identifier %v was made", id)
		}
	}
}

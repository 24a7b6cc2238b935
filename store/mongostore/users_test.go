package mongostore_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/user"
)

// wantWhole demands that each of the users is found by every address that the user names.
func wantWhole(t *testing.T, s *mongostore.Store, ids ...string) {
	t.Helper()
	for _, id := range ids {
		u, err := s.Users().ByID(t.Context(), id)
		if errors.Is(err, user.ErrNotFound) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []user.Kind{user.Email, user.Phone} {
			if at := u.Address(k); !at.IsZero() {
				if found, err := s.Users().Find(t.Context(), at); found != u || err != nil {
					t.Errorf("Find(%v) answers %+v, %v, and %+v names it", at, found, err, u)
				}
			}
		}
	}
}

// wantFree demands that somebody else can have the address.
func wantFree(t *testing.T, s *mongostore.Store, id user.Identifier) {
	t.Helper()
	u, err := s.Users().Create(t.Context(), user.NewUser{Identifier: id})
	if err != nil {
		t.Errorf("%v is not free: %v", id, err)
		return
	}
	wantWhole(t, s, u.ID)
}

// TestEndHalfWay ends every verb that changes users at each of its commands, and looks at what is left: no user ever names
// an address without holding it, the verb can be repeated, and nothing that was given up stays taken.
func TestEndHalfWay(t *testing.T) {
	uri := servers()[0].uri(t)
	client, seen := watched(t, uri, options.Client())
	full := user.User{ID: "a", Email: "a@example.com", Phone: "+46701234567"}
	for name, c := range map[string]struct {
		run  func(ctx context.Context, s *mongostore.Store) error
		free []user.Identifier
	}{
		"SetIdentifier": {func(ctx context.Context, s *mongostore.Store) error {
			return s.Users().SetIdentifier(ctx, "a", email("new@example.com"))
		}, []user.Identifier{email("a@example.com")}},
		"PutUser of both addresses": {func(ctx context.Context, s *mongostore.Store) error {
			return s.PutUser(ctx, user.User{ID: "a", Email: "new@example.com", Phone: "+46707654321"})
		}, []user.Identifier{email("a@example.com"), {Kind: user.Phone, Value: "+46701234567"}}},
		"PutUser of somebody new": {func(ctx context.Context, s *mongostore.Store) error {
			return s.PutUser(ctx, user.User{ID: "b", Email: "b@example.com", Phone: "+46707654321"})
		}, nil},
		"DeleteUser": {func(ctx context.Context, s *mongostore.Store) error {
			return s.DeleteUser(ctx, "a")
		}, []user.Identifier{email("a@example.com"), {Kind: user.Phone, Value: "+46701234567"}}},
	} {
		t.Run(name, func(t *testing.T) {
			for n := 1; ; n++ {
				clock := &clock{}
				store := open(t, client, clock.Now)
				if err := store.PutUser(t.Context(), full); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				seen.cancelAt(n, cancel)
				err := c.run(ctx, store)
				seen.cancelAt(0, nil)
				ended := ctx.Err() != nil
				cancel()
				if !ended && err != nil {
					t.Fatal(err)
				}
				clock.Advance(11 * time.Minute) // a claim that nobody names is left alone for ten
				if name != "PutUser of somebody new" {
					wantWhole(t, store, "a")
				}
				if err := c.run(t.Context(), store); err != nil {
					t.Errorf("again, after it ended at command %d: %v", n, err)
				}
				wantWhole(t, store, "a", "b")
				clock.Advance(2 * time.Hour)
				if _, err := store.Sweep(t.Context()); err != nil {
					t.Error(err)
				}
				wantWhole(t, store, "a", "b")
				for _, id := range c.free {
					wantFree(t, store, id)
				}
				if !ended {
					if n < 4 {
						t.Errorf("it takes %d commands", n-1)
					}
					return
				}
			}
		})
	}
}

func TestUsersMoveAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		clock := &clock{}
		store := open(t, client, clock.Now)
		for _, id := range []string{"a", "b"} {
			if err := store.PutUser(t.Context(), user.User{ID: id, Email: id + "@example.com"}); err != nil {
				t.Fatal(err)
			}
		}
		address := func(i int) user.Identifier { return email(fmt.Sprintf("%d@example.com", i)) }
		const movers, addresses = 24, 3
		var wg sync.WaitGroup
		for i := range movers {
			wg.Go(func() {
				id := []string{"a", "b"}[i%2]
				var err error
				if i%5 == 4 {
					err = store.SetDisabled(t.Context(), id, i%10 == 4)
				} else {
					err = store.Users().SetIdentifier(t.Context(), id, address(i%addresses))
				}
				// Whoever loses every race is told that the store failed.
				if err != nil && !errors.Is(err, user.ErrExists) {
					t.Logf("mover %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		wantWhole(t, store, "a", "b")
		clock.Advance(11 * time.Minute)
		held := map[string]bool{}
		for _, id := range []string{"a", "b"} {
			u, err := store.Users().ByID(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if held[u.Email] {
				t.Errorf("both users have %s", u.Email)
			}
			held[u.Email] = true
		}
		for i := range addresses {
			if !held[address(i).Value] {
				wantFree(t, store, address(i))
			}
		}
		wantWhole(t, store, "a", "b")
	})
}

func TestPutUser(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		store := open(t, client, time.Now)
		want := user.User{Email: "alice@example.com", Phone: "+46701234567"}
		v := reflect.ValueOf(&want).Elem()
		for i := range v.NumField() {
			switch f := v.Field(i); {
			case f.Kind() == reflect.Bool:
				f.SetBool(true)
			case f.Kind() == reflect.String && f.Len() == 0:
				f.SetString(v.Type().Field(i).Name + " Åström \xff\x00 {\"$ne\":1}")
			}
		}
		typed := want
		typed.Email, typed.Phone = " Alice@EXAMPLE.com", "+46 70 123 45 67"
		for range 2 {
			if err := store.PutUser(t.Context(), typed); err != nil {
				t.Fatal(err)
			}
			if got, err := store.Users().ByID(t.Context(), want.ID); got != want || err != nil {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
			wantWhole(t, store, want.ID)
		}
		other := user.User{ID: "other", Email: "other@example.com"}
		if err := store.PutUser(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		for name, taken := range map[string]user.User{
			"somebody new":            {ID: "new", Email: "new@example.com", Phone: want.Phone},
			"somebody who is there":   {ID: "other", Email: "new@example.com", Phone: want.Phone},
			"somebody without either": {ID: "new", Email: want.Email},
		} {
			if err := store.PutUser(t.Context(), taken); !errors.Is(err, user.ErrExists) {
				t.Errorf("%s: got %v, want ErrExists", name, err)
			}
			if _, err := store.Users().ByID(t.Context(), "new"); !errors.Is(err, user.ErrNotFound) {
				t.Errorf("%s: the user is there: %v", name, err)
			}
			if got, err := store.Users().Find(t.Context(), email("other@example.com")); got != other || err != nil {
				t.Errorf("%s: got %+v, %v", name, got, err)
			}
		}
		wantFree(t, store, email("new@example.com"))
		for _, bad := range []user.User{{Email: "x@example.com"}, {ID: "bad", Email: "no address"}, {ID: "bad", Phone: "12"}} {
			if err := store.PutUser(t.Context(), bad); err == nil || errors.Is(err, user.ErrExists) {
				t.Errorf("%+v: got %v", bad, err)
			}
		}
	})
}

func TestDisableAndDelete(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		store := open(t, client, time.Now)
		made, err := store.Users().Create(t.Context(), user.NewUser{Identifier: email("alice@example.com")})
		if err != nil {
			t.Fatal(err)
		}
		for _, disabled := range []bool{true, true, false} {
			if err := store.SetDisabled(t.Context(), made.ID, disabled); err != nil {
				t.Fatal(err)
			}
			made.Disabled = disabled
			if got, err := store.Users().Find(t.Context(), email("alice@example.com")); got != made || err != nil {
				t.Errorf("got %+v, %v, want %+v", got, err, made)
			}
		}
		if err := store.SetDisabled(t.Context(), "unknown", true); !errors.Is(err, user.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		for range 2 {
			if err := store.DeleteUser(t.Context(), made.ID); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := store.Users().ByID(t.Context(), made.ID); !errors.Is(err, user.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		wantFree(t, store, email("alice@example.com"))
	})
}

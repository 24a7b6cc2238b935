package mongostore_test

import (
	"context"
	"errors"
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

// halfWay is a verb that changes users, and the addresses that it gives up.
type halfWay struct {
	name string
	run  func(ctx context.Context, s *mongostore.Store) error
	free []user.Identifier
}

// TestEndHalfWay ends every verb that changes users at each of its commands, and looks at what is left: no user ever names
// an address without holding it, the verb can be repeated, and nothing that was given up stays taken.
func TestEndHalfWay(t *testing.T) {
	client, seen := watched(t, servers()[0].uri(t), options.Client())
	both := []user.Identifier{email("a@example.com"), {Kind: user.Phone, Value: "+46701234567"}}
	for _, h := range []halfWay{
		{"SetIdentifier", func(ctx context.Context, s *mongostore.Store) error {
			return s.Users().SetIdentifier(ctx, "a", email("new@example.com"))
		}, both[:1]},
		{"PutUser of both addresses", func(ctx context.Context, s *mongostore.Store) error {
			return s.PutUser(ctx, user.User{ID: "a", Email: "new@example.com", Phone: "+46707654321"})
		}, both},
		{"PutUser of somebody new", func(ctx context.Context, s *mongostore.Store) error {
			return s.PutUser(ctx, user.User{ID: "b", Email: "b@example.com", Phone: "+46707654321"})
		}, nil},
		{"DeleteUser", func(ctx context.Context, s *mongostore.Store) error { return s.DeleteUser(ctx, "a") }, both},
	} {
		t.Run(h.name, func(t *testing.T) {
			n := 1
			for h.endAt(t, client, seen, n) {
				n++
			}
			if n < 4 {
				t.Errorf("it ended at %d commands", n-1)
			}
		})
	}
}

// endAt ends the verb at its n-th command, in a store of its own, and reports whether it has so many.
func (h *halfWay) endAt(t *testing.T, client *mongo.Client, seen *monitor, n int) bool {
	t.Helper()
	c := &clock{}
	store := open(t, client, c.Now)
	if err := store.PutUser(t.Context(), user.User{ID: "a", Email: "a@example.com", Phone: "+46701234567"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stop := seen.before(n, cancel)
	err := h.run(ctx, store)
	stop()
	ended := ctx.Err() != nil
	if !ended && err != nil {
		t.Fatal(err)
	}
	c.Advance(11 * time.Minute) // a claim that nobody names is left alone for ten
	wantWhole(t, store, "a")    // "b" may wait for an address
	if err := h.run(t.Context(), store); err != nil {
		t.Errorf("again, after it ended at command %d: %v", n, err)
	}
	wantWhole(t, store, "a", "b")
	c.Advance(2 * time.Hour)
	if _, err := store.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	wantWhole(t, store, "a", "b")
	for _, id := range h.free {
		wantFree(t, store, id)
	}
	return ended
}

func TestUsersMoveAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		c := &clock{}
		store := open(t, client, c.Now)
		for _, id := range []string{"a", "b"} {
			if err := store.PutUser(t.Context(), user.User{ID: id, Email: id + "@example.com"}); err != nil {
				t.Fatal(err)
			}
		}
		addresses := []user.Identifier{email("0@example.com"), email("1@example.com"), email("2@example.com")}
		var wg sync.WaitGroup
		for i := range 24 {
			wg.Go(func() {
				err := store.Users().SetIdentifier(t.Context(), []string{"a", "b"}[i%2], addresses[i%3])
				// Whoever loses every race is told that the store failed.
				if err != nil && !errors.Is(err, user.ErrExists) {
					t.Logf("mover %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		wantWhole(t, store, "a", "b")
		c.Advance(11 * time.Minute)
		held := map[string]string{}
		for _, id := range []string{"a", "b"} {
			u, err := store.Users().ByID(t.Context(), id)
			if err != nil || held[u.Email] != "" {
				t.Errorf("%v and %q have %q: %v", u, held[u.Email], u.Email, err)
			}
			held[u.Email] = id
		}
		for _, at := range addresses {
			if held[at.Value] == "" {
				wantFree(t, store, at)
			}
		}
		wantWhole(t, store, "a", "b")
	})
}

func TestPutUserKeepsEveryField(t *testing.T) {
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
	})
}

func TestPutUserRefuses(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		store := open(t, client, time.Now)
		alice := user.User{ID: "alice", Email: "alice@example.com", Phone: "+46701234567"}
		other := user.User{ID: "other", Email: "other@example.com"}
		if err := errors.Join(store.PutUser(t.Context(), alice), store.PutUser(t.Context(), other)); err != nil {
			t.Fatal(err)
		}
		for name, bad := range map[string]struct {
			u     user.User
			taken bool
		}{
			"somebody new with a taken address":          {user.User{ID: "new", Email: "new@example.com", Phone: alice.Phone}, true},
			"somebody who is there with a taken address": {user.User{ID: "other", Email: "new@example.com", Phone: alice.Phone}, true},
			"nobody":                    {user.User{Email: "new@example.com"}, false},
			"an address that is none":   {user.User{ID: "new", Email: "no address"}, false},
			"a phone number that is no": {user.User{ID: "new", Phone: "12"}, false},
		} {
			if err := store.PutUser(t.Context(), bad.u); err == nil || errors.Is(err, user.ErrExists) != bad.taken {
				t.Errorf("%s: got %v", name, err)
			}
			if _, err := store.Users().ByID(t.Context(), "new"); !errors.Is(err, user.ErrNotFound) {
				t.Errorf("%s: the user is there: %v", name, err)
			}
			if got, err := store.Users().Find(t.Context(), email("other@example.com")); got != other || err != nil {
				t.Errorf("%s: got %+v, %v", name, got, err)
			}
		}
		wantFree(t, store, email("new@example.com"))
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

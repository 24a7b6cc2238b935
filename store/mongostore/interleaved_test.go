package mongostore_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/user"
)

// between are verbs that come in between two commands of another one.
var between = map[string]func(context.Context, *mongostore.Store) error{
	"a moves back": func(ctx context.Context, s *mongostore.Store) error { return s.Users().SetIdentifier(ctx, "a", was) },
	"a moves on":   func(ctx context.Context, s *mongostore.Store) error { return s.Users().SetIdentifier(ctx, "a", is) },
	"a moves on and back": func(ctx context.Context, s *mongostore.Store) error {
		return errors.Join(s.Users().SetIdentifier(ctx, "a", is), s.Users().SetIdentifier(ctx, "a", was))
	},
	"b moves to the old address": func(ctx context.Context, s *mongostore.Store) error { return s.Users().SetIdentifier(ctx, "b", was) },
	"b moves to the new address": func(ctx context.Context, s *mongostore.Store) error { return s.Users().SetIdentifier(ctx, "b", is) },
	"a is deleted":               func(ctx context.Context, s *mongostore.Store) error { return s.DeleteUser(ctx, "a") },
	"a is replaced": func(ctx context.Context, s *mongostore.Store) error {
		return errors.Join(s.DeleteUser(ctx, "a"), s.PutUser(ctx, user.User{ID: "a", Name: "another", Email: was.Value}))
	},
}

// TestInterleaved lets every verb of [between] run before each command of another: whoever comes between, no user names an address
// without holding it, and no two hold the same.
func TestInterleaved(t *testing.T) {
	uri := servers()[0].uri(t)
	client, seen := watched(t, uri, options.Client())
	others := connect(t, uri, options.Client())
	for name, outer := range map[string]func(context.Context, *mongostore.Store) error{
		"a moves on": between["a moves on"], "a is deleted": between["a is deleted"],
		"a is disabled": func(ctx context.Context, s *mongostore.Store) error { return s.SetDisabled(ctx, "a", true) },
		"a gets both": func(ctx context.Context, s *mongostore.Store) error {
			return s.PutUser(ctx, user.User{ID: "a", Email: is.Value, Phone: "+46701234567"})
		},
		"a gets what b has": func(ctx context.Context, s *mongostore.Store) error {
			return s.PutUser(ctx, user.User{ID: "a", Email: is.Value, Phone: "+46707654321"})
		},
		"somebody signs up": func(ctx context.Context, s *mongostore.Store) error {
			return ignore(s.Users().Create(ctx, user.NewUser{Identifier: is}))
		},
	} {
		for what, inner := range between {
			t.Run(name+", and before that "+what, func(t *testing.T) {
				c := &clock{}
				o := &mongostore.Options{Now: c.Now, Timeout: patient}
				db := emptyDatabase(t, client)
				i := interleaving{c, mongostore.New(db, o), mongostore.New(others.Database(db.Name()), o), seen}
				n := 1
				for i.run(t, n, outer, inner) {
					n++
				}
			})
		}
	}
}

// interleaving are a store whose commands are seen and the same store for those who come between.
type interleaving struct {
	*clock

	store, other *mongostore.Store
	seen         *monitor
}

// run runs inner before the n-th command of outer, among users of a namespace of their own, and reports whether there is one.
func (i interleaving) run(t *testing.T, n int, outer, inner func(context.Context, *mongostore.Store) error) bool {
	t.Helper()
	name := strconv.Itoa(n)
	store, other := i.store.Namespace(name).(*mongostore.Store), i.other.Namespace(name).(*mongostore.Store)
	for _, u := range []user.User{{ID: "a", Email: was.Value}, {ID: "b", Email: "b@example.com", Phone: "+46707654321"}} {
		if err := store.PutUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	i.Advance(time.Hour)
	ran := false
	stop := i.seen.before(n, func() {
		ran = true
		wantRefusal(t, inner(t.Context(), other))
	})
	err := outer(t.Context(), store)
	stop()
	wantRefusal(t, err)
	if errors.Is(err, user.ErrNotFound) {
		wantFree(t, other, is) // nothing that was claimed for a user who is gone stays claimed
	}
	wantWhole(t, other, "a", "b")
	for _, address := range []user.Identifier{was, is} {
		if u, err := other.Users().Find(t.Context(), address); err == nil {
			wantWhole(t, other, u.ID)
			err := ignore(other.Users().Create(t.Context(), user.NewUser{Identifier: address}))
			if !errors.Is(err, user.ErrExists) {
				t.Errorf("%v is %v's, and signing up with it answers %v", address, u, err)
			}
		}
	}
	i.Advance(11 * time.Minute) // a claim that nobody names is left alone for ten
	wantWhole(t, other, "a", "b")
	for _, address := range []user.Identifier{was, is} {
		if _, err := other.Users().Find(t.Context(), address); errors.Is(err, user.ErrNotFound) {
			wantFree(t, other, address)
		}
	}
	wantWhole(t, other, "a", "b")
	return ran
}

// wantRefusal demands that a verb did what it should or says why not: the store has not failed.
func wantRefusal(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, user.ErrExists) && !errors.Is(err, user.ErrNotFound) {
		t.Error(err)
	}
}

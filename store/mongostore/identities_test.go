package mongostore_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/user"
)

// The addresses of a user who has moved.
var was, is = email("was@example.com"), email("is@example.com")

// mover is a store whose user "a" has moved an hour after the first address was claimed.
type mover struct {
	*mongostore.Store
	*clock

	identities *mongo.Collection
	// claim is the document that was removed.
	claim bson.Raw
}

func moved(t *testing.T, client *mongo.Client) mover {
	t.Helper()
	m := mover{clock: &clock{}}
	db := emptyDatabase(t, client)
	m.Store = mongostore.New(db, &mongostore.Options{Now: m.Now, Timeout: patient})
	if err := m.PutUser(t.Context(), user.User{ID: "a", Email: was.Value}); err != nil {
		t.Fatal(err)
	}
	m.identities = db.Collection("auth_identities")
	var err error
	if m.claim, err = m.identities.FindOne(t.Context(), bson.D{}).Raw(); err != nil {
		t.Fatal(err)
	}
	m.Advance(time.Hour)
	if err := m.Users().SetIdentifier(t.Context(), "a", is); err != nil {
		t.Fatal(err)
	}
	return m
}

// restore puts the claim back, as a call leaves it that ends before it frees the claim.
func (m *mover) restore(t *testing.T) {
	t.Helper()
	if _, err := m.identities.InsertOne(t.Context(), m.claim); err != nil {
		t.Fatal(err)
	}
	if found, err := m.Users().Find(t.Context(), was); !errors.Is(err, user.ErrNotFound) {
		t.Errorf("Find answers %+v, %v", found, err)
	}
}

func (m *mover) create(t *testing.T, id user.Identifier) error {
	t.Helper()
	return ignore(m.Users().Create(t.Context(), user.NewUser{Identifier: id}))
}

// An address that was given up finds nobody and is free, though its claim is there.
func TestClaimGivenUp(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		m := moved(t, client)
		m.restore(t)
		wantFree(t, m.Store, was)
		wantWhole(t, m.Store, "a")
	})
}

// A claim that its user does not name yet is respected for ten minutes, by all but that user.
func TestClaimInProgress(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		m := moved(t, client)
		m.restore(t)
		now := bson.D{{Key: "$set", Value: bson.D{{Key: "claimed_at", Value: m.Now()}}}}
		if _, err := m.identities.UpdateByID(t.Context(), m.claim.Lookup("_id"), now); err != nil {
			t.Fatal(err)
		}
		m.Advance(9 * time.Minute)
		if err := m.create(t, was); !errors.Is(err, user.ErrExists) {
			t.Errorf("Create while it is claimed: %v", err)
		}
		if err := m.Users().SetIdentifier(t.Context(), "a", was); err != nil {
			t.Errorf("the user's own: %v", err)
		}
		wantWhole(t, m.Store, "a")
		m.Advance(time.Hour)
		if err := m.create(t, was); !errors.Is(err, user.ErrExists) {
			t.Errorf("Create of an address that is held: %v", err)
		}
		wantFree(t, m.Store, is)
	})
}

// A claim whose user is gone is free after ten minutes.
func TestClaimOfNobody(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		m := moved(t, client)
		if err := m.PutUser(t.Context(), user.User{ID: "b", Email: was.Value}); err != nil {
			t.Fatal(err)
		}
		users := m.identities.Database().Collection("auth_users")
		if _, err := users.DeleteOne(t.Context(), bson.D{{Key: "id", Value: "b"}}); err != nil {
			t.Fatal(err)
		}
		m.Advance(11 * time.Minute)
		wantFree(t, m.Store, was)
	})
}

// TestNoChangeIsLost changes two things about a user at once, again and again.
func TestNoChangeIsLost(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		store := open(t, client, time.Now)
		if err := store.PutUser(t.Context(), user.User{ID: "a", Email: "a@example.com"}); err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			want := user.User{ID: "a", Email: fmt.Sprintf("a%d@example.com", i), Disabled: i%2 == 0}
			var wg sync.WaitGroup
			for _, change := range []func() error{
				func() error { return store.SetDisabled(t.Context(), "a", want.Disabled) },
				func() error { return store.Users().SetIdentifier(t.Context(), "a", email(want.Email)) },
			} {
				wg.Go(func() {
					if err := change(); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if got, err := store.Users().ByID(t.Context(), "a"); got != want || err != nil {
				t.Fatalf("round %d: got %+v, %v, want %+v", i, got, err, want)
			}
			wantWhole(t, store, "a")
		}
	})
}

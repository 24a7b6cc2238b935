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

// TestLeftOverIdentity is about claims that calls left behind which ended half way: none counts, and none stays for ever.
func TestLeftOverIdentity(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		was, is := email("was@example.com"), email("is@example.com")
		// moved answers a store whose user "a" has moved from one address to the other, and the claim of the first.
		moved := func(t *testing.T, c *clock) (*mongostore.Store, *mongo.Collection, bson.Raw) {
			t.Helper()
			db := emptyDatabase(t, client)
			store := mongostore.New(db, &mongostore.Options{Now: c.Now, Timeout: patient})
			if err := store.PutUser(t.Context(), user.User{ID: "a", Email: was.Value}); err != nil {
				t.Fatal(err)
			}
			identities := db.Collection("auth_identities")
			claim, err := identities.FindOne(t.Context(), bson.D{}).Raw()
			if err != nil {
				t.Fatal(err)
			}
			c.Advance(time.Hour)
			if err := store.Users().SetIdentifier(t.Context(), "a", is); err != nil {
				t.Fatal(err)
			}
			return store, identities, claim
		}
		t.Run("an address that was given up finds nobody and is free, though its claim is there", func(t *testing.T) {
			store, identities, claim := moved(t, &clock{})
			if _, err := identities.InsertOne(t.Context(), claim); err != nil {
				t.Fatal(err)
			}
			if found, err := store.Users().Find(t.Context(), was); !errors.Is(err, user.ErrNotFound) {
				t.Errorf("Find answers %+v, %v", found, err)
			}
			wantFree(t, store, was)
			wantWhole(t, store, "a")
		})
		t.Run("a claim that its user does not name yet is respected for ten minutes, by all but that user", func(t *testing.T) {
			c := &clock{}
			store, identities, claim := moved(t, c)
			if _, err := identities.InsertOne(t.Context(), claim); err != nil {
				t.Fatal(err)
			}
			now := bson.D{{Key: "$set", Value: bson.D{{Key: "claimed_at", Value: c.Now()}}}}
			if _, err := identities.UpdateByID(t.Context(), claim.Lookup("_id"), now); err != nil {
				t.Fatal(err)
			}
			create := func() error {
				_, err := store.Users().Create(t.Context(), user.NewUser{Identifier: was})
				return err
			}
			c.Advance(9 * time.Minute)
			if err := create(); !errors.Is(err, user.ErrExists) {
				t.Errorf("Create while it is claimed: %v", err)
			}
			if found, err := store.Users().Find(t.Context(), was); !errors.Is(err, user.ErrNotFound) {
				t.Errorf("Find answers %+v, %v", found, err)
			}
			if err := store.Users().SetIdentifier(t.Context(), "a", was); err != nil {
				t.Errorf("the user's own: %v", err)
			}
			wantWhole(t, store, "a")
			c.Advance(time.Hour)
			if err := create(); !errors.Is(err, user.ErrExists) {
				t.Errorf("Create of an address that is held: %v", err)
			}
			wantFree(t, store, is)
		})
		t.Run("a claim of nobody is free after ten minutes", func(t *testing.T) {
			c := &clock{}
			store, identities, _ := moved(t, c)
			if err := store.PutUser(t.Context(), user.User{ID: "b", Email: was.Value}); err != nil {
				t.Fatal(err)
			}
			users := identities.Database().Collection("auth_users")
			if _, err := users.DeleteOne(t.Context(), bson.D{{Key: "id", Value: "b"}}); err != nil {
				t.Fatal(err)
			}
			c.Advance(11 * time.Minute)
			wantFree(t, store, was)
		})
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

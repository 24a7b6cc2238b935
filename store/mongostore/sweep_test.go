package mongostore_test

import (
	"crypto/rand"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/user"
)

// clock is moved by hand.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) Advance(d time.Duration) { c.ahead.Add(int64(d)) }

func sweep(t *testing.T, s *mongostore.Store, want int64) {
	t.Helper()
	if n, err := s.Sweep(t.Context()); err != nil || n != want {
		t.Errorf("Sweep: %d, %v, want %d", n, err, want)
	}
}

func TestSweep(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		c := &clock{}
		db := emptyDatabase(t, client)
		root := mongostore.New(db, &mongostore.Options{Now: c.Now, Timeout: patient})
		// Two namespaces are swept by one call.
		for _, s := range []*mongostore.Store{root, root.Namespace("n").(*mongostore.Store)} {
			if err := prepare(t.Context(), s, "x"); err != nil {
				t.Fatal(err)
			}
			if err := s.KV().Set(t.Context(), "long", nil, 50*24*time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		sweep(t, root, 0)
		wantHeld(t, root)
		c.Advance(2*time.Hour - time.Minute) // a value, a counter and a session lived for an hour
		sweep(t, root, 0)
		c.Advance(2 * time.Minute)
		sweep(t, root, 6)
		sweep(t, root, 0)
		c.Advance(40 * 24 * time.Hour) // the locks
		sweep(t, root, 2)

		if _, err := root.KV().Get(t.Context(), "long"); err != nil {
			t.Errorf("what is alive: %v", err)
		}
		if _, err := root.Users().ByID(t.Context(), "x"); err != nil {
			t.Errorf("a user: %v", err)
		}
		st, err := root.Sessions().State(t.Context(), "x", "x", "x")
		if err != nil || st.Floor == 0 || st.Floor > 1000 || st.Epoch == 0 {
			t.Errorf("the floor and the epoch: %+v, %v", st, err)
		}
	})
}

func TestSweepIsBounded(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		db := emptyDatabase(t, client)
		store := mongostore.New(db, &mongostore.Options{Timeout: patient})
		old := make([]any, 2500)
		for i := range old {
			old[i] = bson.D{{Key: "_id", Value: bson.Binary{Data: []byte(rand.Text())}}, {Key: "expires_at", Value: time.Now().Add(-24 * time.Hour)}}
		}
		if _, err := db.Collection("auth_locks").InsertMany(t.Context(), old); err != nil {
			t.Fatal(err)
		}
		sweep(t, store, 2500)
	})
}

// TestExpiredIsReplaced has what was not swept yet make way for what is new.
func TestExpiredIsReplaced(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		c := &clock{}
		store := open(t, client, c.Now)
		is := abuse.Lock{Failures: 3, Until: c.Now().UTC().Truncate(time.Millisecond)}
		for range 2 {
			if won, err := store.Locks().Swap(t.Context(), "x", abuse.Lock{}, is); !won || err != nil {
				t.Errorf("Swap: %v, %v", won, err)
			}
			if won, err := store.Locks().Swap(t.Context(), "x", abuse.Lock{}, is); won || err != nil {
				t.Errorf("Swap of one that is there: %v, %v", won, err)
			}
			c.Advance(25 * time.Hour)
			if held, err := store.Locks().Lock(t.Context(), "x"); held != (abuse.Lock{}) || err != nil {
				t.Errorf("Lock: %v, %v", held, err)
			}
			if won, err := store.Locks().Swap(t.Context(), "x", is, abuse.Lock{Failures: 4}); won || err != nil {
				t.Errorf("Swap from one that expired: %v, %v", won, err)
			}
		}
	})
}

// TestHalfASignUp is about users whose sign-up ended before an identifier was theirs.
func TestHalfASignUp(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		c := &clock{}
		db := emptyDatabase(t, client)
		store := mongostore.New(db, &mongostore.Options{Now: c.Now, Timeout: patient}).Namespace("n").(*mongostore.Store)
		identities := db.Collection("auth_identities")
		waits := func(id string) {
			t.Helper()
			since := bson.D{{Key: "$set", Value: bson.D{{Key: "pending", Value: bson.D{
				{Key: "since", Value: c.Now()}, {Key: "identities", Value: ids(t, identities)},
			}}}}}
			if _, err := db.Collection("auth_users").UpdateOne(t.Context(), bson.D{{Key: "id", Value: id}}, since); err != nil {
				t.Fatal(err)
			}
		}

		// Nothing was claimed: nobody can be that user, who is removed.
		lost, err := store.Users().Create(t.Context(), user.NewUser{Identifier: email("lost@example.com")})
		if err != nil {
			t.Fatal(err)
		}
		waits(lost.ID)
		if _, err := identities.DeleteMany(t.Context(), bson.D{}); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Users().Find(t.Context(), email("lost@example.com")); !errors.Is(err, user.ErrNotFound) {
			t.Errorf("Find: %v", err)
		}
		// One of two was claimed: the user keeps that one alone.
		if err := store.PutUser(t.Context(), user.User{ID: "half", Email: "half@example.com", Phone: "+46701234567"}); err != nil {
			t.Fatal(err)
		}
		waits("half")
		half, err := store.Users().ByID(t.Context(), "half")
		if err != nil {
			t.Fatal(err)
		}
		order := ids(t, identities)
		if _, err := identities.DeleteOne(t.Context(), bson.D{{Key: "_id", Value: order[1]}}); err != nil {
			t.Fatal(err)
		}
		// All was claimed: only the mark stayed.
		root := mongostore.New(db, &mongostore.Options{Now: c.Now, Timeout: patient})
		sweep(t, root, 0)
		c.Advance(time.Hour + time.Minute)
		sweep(t, root, 1)
		sweep(t, root, 0)
		if _, err := store.Users().ByID(t.Context(), lost.ID); !errors.Is(err, user.ErrNotFound) {
			t.Errorf("an orphan stayed: %v", err)
		}
		half.Phone = ""
		if got, err := store.Users().Find(t.Context(), email("half@example.com")); got != half || err != nil {
			t.Errorf("got %+v, %v, want %+v", got, err, half)
		}
	})
}

// ids are the ids of all documents in the order of their insertion.
func ids(t *testing.T, c *mongo.Collection) []bson.Binary {
	t.Helper()
	cursor, err := c.Find(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	var docs []struct {
		ID bson.Binary `bson:"_id"`
	}
	if err := cursor.All(t.Context(), &docs); err != nil {
		t.Fatal(err)
	}
	all := make([]bson.Binary, len(docs))
	for i, d := range docs {
		all[i] = d.ID
	}
	return all
}

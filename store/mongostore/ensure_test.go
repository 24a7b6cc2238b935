package mongostore_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/crafteasy/auth/store/mongostore"
)

func TestEnsureWithoutTTL(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		err := mongostore.New(emptyDatabase(t, client), nil).Ensure(t.Context())
		if knowsTTL(t) && err != nil || !knowsTTL(t) && !errors.Is(err, mongostore.ErrNoTTL) {
			t.Error(err)
		}
	})
}

// knowsTTL reports whether the test runs on a server with TTL indexes: the real one.
func knowsTTL(t *testing.T) bool { return strings.HasSuffix(t.Name(), "/MongoDB") }

func TestEnsureAgain(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		store := mongostore.New(emptyDatabase(t, client), &mongostore.Options{AllowNoTTL: true})
		ensure := func() {
			if err := store.Ensure(t.Context()); err != nil {
				t.Error(err)
			}
		}
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(ensure)
		}
		wg.Wait()
		ensure()
	})
}

// TestIndexes proves that lists and what expires have an index, and that accounts do not expire.
func TestIndexes(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		db := emptyDatabase(t, client)
		if err := mongostore.New(db, &mongostore.Options{AllowNoTTL: true}).Ensure(t.Context()); err != nil {
			t.Fatal(err)
		}
		const none = -1
		ttl := int32(none)
		if knowsTTL(t) {
			ttl = int32(time.Hour / time.Second)
		}
		wantIndex(t, db.Collection("auth_sessions"), "user_1_created_at_-1__id_-1", none)
		wantIndex(t, db.Collection("auth_users"), "pending.since_1", none)
		for _, name := range []string{"auth_kv", "auth_sessions", "auth_locks"} {
			wantIndex(t, db.Collection(name), "expires_at_1", ttl)
		}
		for _, name := range []string{"auth_users", "auth_identities"} {
			if _, found := index(t, db.Collection(name), "expires_at_1"); found {
				t.Errorf("documents of %s expire", name)
			}
		}
	})
}

func index(t *testing.T, c *mongo.Collection, name string) (bson.Raw, bool) {
	t.Helper()
	cursor, err := c.Indexes().List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []bson.Raw
	if err := cursor.All(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Lookup("name").StringValue() == name {
			return i, true
		}
	}
	return nil, false
}

func wantIndex(t *testing.T, c *mongo.Collection, name string, ttl int32) {
	t.Helper()
	i, found := index(t, c, name)
	if !found {
		t.Errorf("%s has no index %s", c.Name(), name)
		return
	}
	if after, ok := i.Lookup("expireAfterSeconds").AsInt64OK(); ok != (ttl >= 0) || ok && after != int64(ttl) {
		t.Errorf("%s: documents of the index %s expire: %v after %d s, want %d", c.Name(), name, ok, after, ttl)
	}
}

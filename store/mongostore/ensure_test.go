package mongostore_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/crafteasy/auth/store/mongostore"
)

func TestEnsure(t *testing.T) {
	onEach(t, func(t *testing.T, client *mongo.Client) {
		hasTTL := true
		t.Run("a server without TTL indexes is refused unless that is allowed", func(t *testing.T) {
			err := mongostore.New(emptyDatabase(t, client), nil).Ensure(t.Context())
			hasTTL = err == nil
			if err != nil && !errors.Is(err, mongostore.ErrNoTTL) {
				t.Fatal(err)
			}
			if real := t.Name() == "TestEnsure/MongoDB"; real && !hasTTL {
				t.Error(err)
			}
		})
		db := emptyDatabase(t, client)
		store := mongostore.New(db, &mongostore.Options{AllowNoTTL: true})
		t.Run("it may be called again, and by many at once", func(t *testing.T) {
			for range 2 {
				if err := store.Ensure(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() {
					if err := store.Ensure(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		})
		t.Run("lists and what expires have an index, and accounts do not expire", func(t *testing.T) {
			ttl := int32(-1) // none
			if hasTTL {
				ttl = int32(time.Hour / time.Second)
			}
			wantIndex(t, db.Collection("auth_sessions"), "user_1_created_at_-1__id_-1", -1)
			wantIndex(t, db.Collection("auth_users"), "pending.since_1", -1)
			for _, name := range []string{"auth_kv", "auth_sessions", "auth_locks"} {
				wantIndex(t, db.Collection(name), "expires_at_1", ttl)
			}
			for _, name := range []string{"auth_users", "auth_identities"} {
				if _, found := index(t, db.Collection(name), "expires_at_1"); found {
					t.Errorf("documents of %s expire", name)
				}
			}
		})
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

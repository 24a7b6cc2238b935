package testutil_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth/internal/testutil"
)

func TestMongoServers(t *testing.T) {
	servers := map[string]func(testing.TB) string{
		"SQLite": testutil.MongoServer, "PostgreSQL": testutil.MongoOnPostgres,
	}
	if uri, ok := testutil.RealMongo(); ok {
		servers["MongoDB"] = func(testing.TB) string { return uri }
	}
	for name, server := range servers {
		t.Run(name, func(t *testing.T) {
			client, err := mongo.Connect(options.Client().ApplyURI(server(t)).SetTimeout(20 * time.Second))
			if err != nil {
				t.Fatal(err)
			}
			defer client.Disconnect(t.Context())
			if err := client.Ping(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			db := client.Database("auth_testutil")
			defer db.Drop(t.Context())
			oneWinner(t, db.Collection("race"))
		})
	}
}

// oneWinner checks what the stores rest on: a single command on a single document is atomic.
func oneWinner(t *testing.T, c *mongo.Collection) {
	t.Helper()
	for range 5 {
		if _, err := c.InsertOne(t.Context(), bson.M{"_id": "x"}); err != nil {
			t.Fatal(err)
		}
		var won atomic.Int32
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				err := c.FindOneAndDelete(t.Context(), bson.M{"_id": "x"}).Err()
				switch {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, mongo.ErrNoDocuments):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := won.Load(); n != 1 {
			t.Fatalf("%d of 20 callers deleted one document", n)
		}
	}
}

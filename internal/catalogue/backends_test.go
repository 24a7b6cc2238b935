package catalogue

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/store/redisstore"
)

// backend is a store that the catalogue runs on.
type backend struct {
	name string
	// open sets the store of the configuration to an empty one.
	open func(t *testing.T, c *auth.Config)
	// wall says that expiry follows the machine's clock.
	wall bool
	// slow says that the test server is, not the back end.
	slow bool
}

// backends are all of them; memory is the first.
var backends = []backend{
	{"memory", func(*testing.T, *auth.Config) {}, false, false},
	{"redis", func(t *testing.T, c *auth.Config) { redisAt(testutil.RedisServer(t))(t, c) }, true, false},
	{"mongodb", func(t *testing.T, c *auth.Config) { mongoAt(testutil.MongoServer(t))(t, c) }, false, true},
}

// redisAt opens an empty store on the server at addr.
func redisAt(addr string) func(*testing.T, *auth.Config) {
	return func(t *testing.T, c *auth.Config) {
		t.Helper()
		rdb := redis.NewClient(&redis.Options{Addr: addr})
		t.Cleanup(func() { _ = rdb.Close() })
		c.Store = redisstore.New(rdb, &redisstore.Options{Prefix: rand.Text()})
	}
}

// mongoAt opens an empty store on the server at uri.
func mongoAt(uri string) func(*testing.T, *auth.Config) {
	return func(t *testing.T, c *auth.Config) {
		t.Helper()
		client, err := mongo.Connect(options.Client().ApplyURI(uri))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) })
		// A database of its own: the test server reads a whole collection for each document.
		c.Store = mongostore.New(client.Database("c"+rand.Text()), &mongostore.Options{AllowNoTTL: true, Now: c.Now, Timeout: 20 * time.Second})
	}
}

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
	{"redis", func(t *testing.T, c *auth.Config) {
		rdb := redis.NewClient(&redis.Options{Addr: testutil.RedisServer(t)})
		t.Cleanup(func() { _ = rdb.Close() })
		c.Store = redisstore.New(rdb, &redisstore.Options{Prefix: rand.Text()})
	}, true, false},
	{"mongodb", func(t *testing.T, c *auth.Config) {
		client, err := mongo.Connect(options.Client().ApplyURI(testutil.MongoServer(t)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) })
		// A database of its own: the test server reads a whole collection for each document.
		c.Store = mongostore.New(client.Database("c"+rand.Text()), &mongostore.Options{AllowNoTTL: true, Now: c.Now, Timeout: 20 * time.Second})
	}, false, true},
}

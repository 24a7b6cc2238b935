package catalogue

import (
	"crypto/rand"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/store/redisstore"
)

// backend is a store that the catalogue runs on.
type backend struct {
	name string
	// open sets the store of the configuration to an empty one.
	open func(t *testing.T, c *auth.Config)
	// wall says that expiry follows the machine's clock.
	wall bool
}

// backends are all of them; memory is the first.
var backends = []backend{
	{"memory", func(*testing.T, *auth.Config) {}, false},
	{"redis", func(t *testing.T, c *auth.Config) {
		rdb := redis.NewClient(&redis.Options{Addr: testutil.RedisServer(t)})
		t.Cleanup(func() { _ = rdb.Close() })
		c.Store = redisstore.New(rdb, &redisstore.Options{Prefix: rand.Text()})
	}, true},
}

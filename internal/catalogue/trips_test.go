package catalogue

import (
	"context"
	"crypto/rand"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/store/redisstore"
)

// trips counts round trips to a back end: for Redis a command or a pipeline is one, for MongoDB a command.
type trips struct{ n atomic.Int64 }

func (c *trips) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (c *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		c.add(cmd.Name())
		return next(ctx, cmd)
	}
}

func (c *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		c.add(cmds[0].Name())
		return next(ctx, cmds)
	}
}

func (c *trips) started(_ context.Context, e *event.CommandStartedEvent) {
	c.add(e.CommandName)
}

// add counts a command, unless a client sends it for itself.
func (c *trips) add(name string) {
	if !slices.Contains([]string{"hello", "client", "ping", "endSessions", "buildInfo"}, name) {
		c.n.Add(1)
	}
}

// during answers how many there were while f ran.
func (c *trips) during(f func()) int {
	before := c.n.Load()
	f()
	return int(c.n.Load() - before)
}

// counted are the back ends whose round trips are seen.
var counted = map[string]func(t *testing.T, c *auth.Config, n *trips){
	"redis": func(t *testing.T, c *auth.Config, n *trips) {
		rdb := redis.NewClient(&redis.Options{Addr: testutil.RedisServer(t), ContextTimeoutEnabled: true})
		t.Cleanup(func() { _ = rdb.Close() })
		rdb.AddHook(n)
		c.Store = redisstore.New(rdb, &redisstore.Options{Prefix: rand.Text()})
	},
	"mongodb": func(t *testing.T, c *auth.Config, n *trips) {
		o := options.Client().ApplyURI(testutil.MongoServer(t)).SetMonitor(&event.CommandMonitor{Started: n.started})
		client, err := mongo.Connect(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) })
		c.Store = mongostore.New(client.Database("c"+rand.Text()), &mongostore.Options{AllowNoTTL: true, Timeout: 20 * time.Second})
	},
}

// TestRoundTrips says what people and programs cost a back end that keeps everything.
func TestRoundTrips(t *testing.T) {
	for name, connect := range counted {
		for mirror, lag := range map[string]time.Duration{"without a mirror": 0, "with a mirror": session.LongestLag} {
			t.Run(name+" "+mirror, func(t *testing.T) {
				var n trips
				counting := func(t *testing.T, c *auth.Config) {
					connect(t, c, &n)
					// With a floor the first question of the mirror is answered, and it asks no other while this test lasts.
					if _, err := c.Store.Sessions().Epoch(t.Context(), ada, time.Now().UnixMilli()); err != nil {
						t.Fatal(err)
					}
				}
				e := open(t, backend{open: counting}, 1, auth.Config{RevocationLag: lag})
				e.logout(e.successor(e.login(ada))) // a server learns its scripts
				e.warm(e.login(ada))

				var handle, code, token string
				ask := n.during(func() { handle, code = e.code(ada) })
				e.Faults.Forget()
				verify := n.during(func() { token = e.verify(ada, handle, code).text("token") })
				check := 0
				for _, call := range e.Faults.Calls() {
					if strings.HasPrefix(call.Key, "otp:") {
						check++
					}
				}
				first := n.during(func() { e.live(token) })
				again := n.during(func() { e.live(token) })
				refresh := n.during(func() { e.successor(token) })
				logout := n.during(func() { e.logout(token) })
				t.Logf("ask for a code %d, verify it %d (of these the code itself %d), RequireAuth %d and %d, refresh %d, logout %d",
					ask, verify, check, first, again, refresh, logout)
				for what, c := range map[string]struct{ got, most int }{
					"asking for a code": {ask, 10}, "the rest of a sign-in": {verify, 13}, "the check of a code": {check, 3}, "a refresh": {refresh, 4},
					"RequireAuth of a new token": {first, 1}, "RequireAuth of one that was seen": {again, 1},
				} {
					if lag > 0 && strings.HasPrefix(what, "RequireAuth") {
						c.most = 0
					}
					if c.got > c.most {
						t.Errorf("%s takes %d round trips, more than %d", what, c.got, c.most)
					}
				}
			})
		}
	}
}

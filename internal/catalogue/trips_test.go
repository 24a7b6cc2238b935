package catalogue

import (
	"context"
	"crypto/rand"
	"net"
	"slices"
	"strings"
	"sync"
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

// trips counts round trips to a back end: for Redis a command or a pipeline is one, for MongoDB a command. In a row are the most of them of
// which each began after the one before had ended: what a request waits for. Those that are under way at the same time are one.
type trips struct {
	mu sync.Mutex
	n  int
	// row is the longest row of those that have ended.
	row int
	// begun holds, for each command of MongoDB that is under way, how many are in a row with it.
	begun map[int64]int
}

// begin counts a command, unless a client sends it for itself, and answers how many are in a row with it.
func (c *trips) begin(name string) (row int) {
	if slices.Contains([]string{"hello", "client", "ping", "endSessions", "buildInfo"}, name) {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.row + 1
}

func (c *trips) end(row int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.row = max(c.row, row)
}

// during answers how many there were while f ran, and how many in a row.
func (c *trips) during(f func()) (n, row int) {
	c.mu.Lock()
	c.n, c.row = 0, 0
	c.mu.Unlock()
	f()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n, c.row
}

func (c *trips) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (c *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		row := c.begin(cmd.Name())
		defer func() { c.end(row) }()
		return next(ctx, cmd)
	}
}

func (c *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		row := c.begin(cmds[0].Name())
		defer func() { c.end(row) }()
		return next(ctx, cmds)
	}
}

func (c *trips) started(_ context.Context, e *event.CommandStartedEvent) {
	row := c.begin(e.CommandName)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.begun == nil {
		c.begun = map[int64]int{}
	}
	c.begun[e.RequestID] = row
}

func (c *trips) ended(id int64) {
	c.mu.Lock()
	row := c.begun[id]
	delete(c.begun, id)
	c.mu.Unlock()
	c.end(row)
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
		o := options.Client().ApplyURI(testutil.MongoServer(t)).SetMonitor(&event.CommandMonitor{
			Started:   n.started,
			Succeeded: func(_ context.Context, e *event.CommandSucceededEvent) { n.ended(e.RequestID) },
			Failed:    func(_ context.Context, e *event.CommandFailedEvent) { n.ended(e.RequestID) },
		})
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

				const askRow, verifyRow = 5, 5
				c := e.bill(&n)
				// What may be under way at once need not be, on a busy machine.
				for tries := 0; tries < 500 && (c.askRow > askRow || c.verifyRow > verifyRow); tries++ {
					again := e.bill(&n)
					c.askRow, c.verifyRow = min(c.askRow, again.askRow), min(c.verifyRow, again.verifyRow)
				}
				t.Logf("ask for a code %d, in a row %d; verify it %d, in a row %d (of these the code itself %d); RequireAuth %d and %d, refresh %d, logout %d",
					c.ask, c.askRow, c.verify, c.verifyRow, c.check, c.first, c.again, c.refresh, c.logout)
				for what, c := range map[string]struct{ got, most int }{
					"asking for a code": {c.ask, 10}, "asking for a code, in a row": {c.askRow, askRow},
					"the rest of a sign-in": {c.verify, 11}, "the rest of a sign-in, in a row": {c.verifyRow, verifyRow}, "the check of a code": {c.check, 3},
					"a whole sign-in, in a row": {c.askRow + c.verifyRow, 10},
					"a refresh":                 {c.refresh, 4}, "RequireAuth of a new token": {c.first, 1}, "RequireAuth of one that was seen": {c.again, 1},
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

// bill is what is paid in round trips.
type bill struct{ ask, askRow, verify, verifyRow, check, first, again, refresh, logout int }

// bill counts what a sign-in of an account that is there and the life of its session cost.
func (e *env) bill(n *trips) (c bill) {
	who := strings.ToLower(rand.Text()) + "@example.com" // with limits of their own
	e.account(who)
	var handle, code, token string
	c.ask, c.askRow = n.during(func() { handle, code = e.code(who) })
	e.Faults.Forget()
	c.verify, c.verifyRow = n.during(func() { token = e.verify(who, handle, code).token() })
	for _, call := range e.Faults.Calls() {
		if strings.HasPrefix(call.Key, "otp:") {
			c.check++
		}
	}
	c.first, _ = n.during(func() { e.live(token) })
	c.again, _ = n.during(func() { e.live(token) })
	c.refresh, _ = n.during(func() { e.successor(token) })
	c.logout, _ = n.during(func() { e.logout(token) })
	return c
}

package catalogue

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/store/redisstore"
)

// network leads to a back end, and can be made to fail.
type network struct {
	name  string
	wall  bool
	proxy *testutil.Proxy
	// store answers an empty store as it is at the server and as it is behind the network, and how to empty the server of it. The second
	// has the time-out, or the default for 0, and is told nothing by its client.
	store func(timeout time.Duration) (near, far store.Store, wipe func(context.Context) error)
}

// networks are one to each back end that is another process.
func networks(t *testing.T) []network {
	t.Helper()
	return []network{toRedis(t), toMongo(t)}
}

func toRedis(t *testing.T) network {
	t.Helper()
	addr := testutil.RedisServer(t)
	proxy := testutil.NewProxy(t, addr)
	client := func(addr string) *redis.Client {
		rdb := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true})
		t.Cleanup(func() { _ = rdb.Close() })
		return rdb
	}
	direct, distant := client(addr), client(proxy.Addr())
	return network{"redis", true, proxy, func(timeout time.Duration) (near, far store.Store, wipe func(context.Context) error) {
		prefix := rand.Text()
		return redisstore.New(direct, &redisstore.Options{Prefix: prefix}), redisstore.New(distant, &redisstore.Options{Prefix: prefix, Timeout: timeout}),
			func(ctx context.Context) error { return direct.FlushAll(ctx).Err() }
	}}
}

func toMongo(t *testing.T) network {
	t.Helper()
	uri, err := url.Parse(testutil.MongoServer(t))
	if err != nil {
		t.Fatal(err)
	}
	proxy := testutil.NewProxy(t, uri.Host)
	client := func(host string) *mongo.Client {
		u := *uri
		u.Host = host
		c, err := mongo.Connect(options.Client().ApplyURI(u.String()).SetDirect(true))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Disconnect(context.WithoutCancel(t.Context())) })
		return c
	}
	direct, distant := client(uri.Host), client(proxy.Addr())
	return network{"mongodb", false, proxy, func(timeout time.Duration) (near, far store.Store, wipe func(context.Context) error) {
		name := "c" + rand.Text()
		return mongostore.New(direct.Database(name), &mongostore.Options{AllowNoTTL: true, Timeout: 20 * time.Second}),
			mongostore.New(distant.Database(name), &mongostore.Options{AllowNoTTL: true, Timeout: timeout}),
			func(ctx context.Context) error { return direct.Database(name).Drop(ctx) }
	}}
}

// reached waits until a store answers, on several connections at once: a client may remember for a second that it got none.
func reached(t *testing.T, s store.Store) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var all sync.WaitGroup
		var failed atomic.Int32
		for range 8 {
			all.Go(func() {
				if _, err := s.KV().Get(t.Context(), "nothing"); !errors.Is(err, kv.ErrNotFound) {
					failed.Add(1)
				}
			})
		}
		all.Wait()
		if failed.Load() == 0 {
			return
		}
	}
	t.Fatal("the store is not found again")
}

// errand is a request that would succeed, at an instance that reaches its store over a network, and how many messages it would lead to.
type errand struct {
	name     string
	at       *env
	send     request
	messages int
}

// errands makes every request of the catalogue ready on back ends of its own, and moves it to an instance behind the network.
func errands(t *testing.T, n network) (all []errand, far store.Store) {
	t.Helper()
	for _, name := range requestNames() {
		b := backend{name: n.name, wall: n.wall, open: func(t *testing.T, c *auth.Config) {
			t.Helper()
			c.Store, far, _ = n.store(0)
		}}
		e, send := preparedOn(t, b, name)
		at := e.moved(func(c *auth.Config) { c.Store = far })
		all = append(all, errand{name, at, send, messagesOf(t, name)})
	}
	return all, far
}

// moved has another service on the same store get the requests from here on.
func (e *env) moved(change func(c *auth.Config)) (to *env) {
	e.t.Helper()
	to = e.beside(change)
	e.urls = to.urls
	return to
}

// messagesOf is how many messages a request leads to that succeeds.
func messagesOf(t *testing.T, name string) int {
	t.Helper()
	e, send := prepared(t, name)
	at := e.moved(func(*auth.Config) {})
	if a := send(); a.status >= http.StatusBadRequest {
		t.Fatalf("%s: without an outage: %d %s", name, a.status, a.body)
	}
	at.Drain()
	return len(at.Inbox.Messages())
}

// TestOutageOfTheNetworkOnEveryRoute lets the network to the store fail for every endpoint: it refuses connections, or it delivers nothing
// until long after the store's own deadline. The answer is a 503 with Retry-After after that deadline and not after the delay; it holds no
// token, and no message is sent but for the request that succeeds in the end: when the network is back the same instances serve what they
// refused.
func TestOutageOfTheNetworkOnEveryRoute(t *testing.T) {
	const delay = time.Minute
	for _, n := range networks(t) {
		t.Run(n.name, func(t *testing.T) {
			all, far := errands(t, n)
			for fault, begin := range map[string]func(){
				"it refuses connections": n.proxy.Cut, "it delivers late": func() { n.proxy.Delay(delay) },
			} {
				t.Run(fault, func(t *testing.T) {
					reached(t, far)
					begin()
					slowest := allUnavailable(t, all)
					n.proxy.Reset() // what is under way is lost
					n.proxy.Restore()
					t.Logf("%d requests at once are all answered after %v", len(all), slowest)
					if slowest > delay/2 {
						t.Errorf("the slowest answer took %v", slowest)
					}
				})
			}
			reached(t, far)
			for _, each := range all {
				each.recovers(t)
				each.at.Drain()
				if m := each.at.Inbox.Messages(); len(m) > each.messages {
					t.Errorf("%s: %d messages were sent, of one request that succeeded %d", each.name, len(m), each.messages)
				}
			}
		})
	}
}

// allUnavailable sends all requests at once, demands a refusal of each, and answers how long the slowest took.
func allUnavailable(t *testing.T, all []errand) (slowest time.Duration) {
	t.Helper()
	took := make([]time.Duration, len(all))
	var wg sync.WaitGroup
	for i, each := range all {
		wg.Go(func() {
			began := time.Now()
			a := each.send()
			took[i] = time.Since(began)
			wantUnavailable(t, each.name, a)
		})
	}
	wg.Wait()
	return slices.Max(took)
}

// recovers sends the request again until the store is found on every connection. It succeeds, unless one that failed had been done.
func (r errand) recovers(t *testing.T) {
	t.Helper()
	for end, first := time.Now().Add(30*time.Second), true; ; first = false {
		a := r.send()
		switch {
		case a.status == http.StatusServiceUnavailable && time.Now().Before(end):
			time.Sleep(20 * time.Millisecond)
			continue
		case a.status >= http.StatusInternalServerError || first && a.status >= http.StatusBadRequest:
			t.Errorf("%s: when the network is back it answers %d %s", r.name, a.status, a.body)
		}
		return
	}
}

// TestASlowNetworkIsWaitedFor: what comes late is an answer as long as no deadline is over.
func TestASlowNetworkIsWaitedFor(t *testing.T) {
	for _, n := range networks(t) {
		t.Run(n.name, func(t *testing.T) {
			var far store.Store
			e := open(t, backend{name: n.name, wall: n.wall, open: func(_ *testing.T, c *auth.Config) {
				_, far, _ = n.store(20 * time.Second)
				c.Store = far
			}}, 1, auth.Config{SignUp: true, Now: time.Now})
			reached(t, far)
			n.proxy.Delay(20 * time.Millisecond)
			began := time.Now()
			token := e.successor(e.login(ada))
			t.Logf("a sign-in and a refresh at 40 ms from the store take %v", time.Since(began))
			e.logout(token)
			if e.live(token) {
				t.Error("a token that was ended is let in")
			}
			// A server that is started anew breaks every connection.
			n.proxy.Restore()
			n.proxy.Reset()
			e.soon("a sign-in works again", func() bool { return e.post("/auth/login/email", `{"email":"ada@example.com"}`).status == http.StatusOK })
		})
	}
}

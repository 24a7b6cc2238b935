package catalogue

import (
	"net/http"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/store/redisstore"
)

// TestRedisIsKilledUnderLoad has many people sign in, look, refresh and leave at two instances while Redis is killed and comes back:
// in between every answer is a 503, afterwards the same instances go on, no token that was ended is accepted, and no code twice.
// AUTH_TEST_LOAD multiplies how long it goes on.
func TestRedisIsKilledUnderLoad(t *testing.T) {
	for name, start := range map[string]func(*testutil.RedisNode){
		"and comes back with what it had": (*testutil.RedisNode).Start,
		"and comes back empty":            (*testutil.RedisNode).StartEmpty,
	} {
		t.Run(name, func(t *testing.T) {
			node := testutil.NewRedisNode(t)
			l := newLoad(t, func(c *auth.Config) {
				rdb := redis.NewClient(&redis.Options{Addr: node.Addr(), ContextTimeoutEnabled: true})
				t.Cleanup(func() { _ = rdb.Close() })
				c.Store = redisstore.New(rdb, nil)
			})
			stop := l.begin(8)
			l.until("the service is busy", func(s sums) bool { return s.answers >= 400*l.factor })
			l.phase.Store(phaseDying)
			node.Kill()
			l.phase.Store(phaseDown)
			l.until("the outage is felt", func(s sums) bool { return s.unavailable >= 100*l.factor })
			l.phase.Store(phaseRising)
			start(node)
			back := time.Now()
			l.phase.Store(phaseUp)
			l.until("the service is back", func(s sums) bool { return s.again >= 400*l.factor })
			stop()
			l.report(t, back)
			l.judge(t, name == "and comes back empty")
		})
	}
}

// TestRedisIsKilledBesideMongoDB: where MongoDB keeps what lasts, a Redis that comes back empty logs nobody out and revives nobody;
// what it alone knew is refused.
func TestRedisIsKilledBesideMongoDB(t *testing.T) {
	node := testutil.NewRedisNode(t)
	rdb := redis.NewClient(&redis.Options{Addr: node.Addr(), ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = rdb.Close() })
	mixed := backends[len(backends)-1]
	lasting := mixed.open
	mixed.open = func(t *testing.T, c *auth.Config) {
		lasting(t, c)
		c.KV = redisstore.New(rdb, nil).KV()
	}
	e := open(t, mixed, 2, auth.Config{SignUp: true})
	if mixed.name != "mongodb" {
		t.Fatal("the last back end is ", mixed.name)
	}

	alive, ended, left := e.login(ada), e.login(ada), e.login(bob)
	if a := e.do(http.MethodPost, "/auth/logout", "", key(ended)); a.status != http.StatusNoContent {
		t.Fatalf("logout answers %d %s", a.status, a.body)
	}
	if a := e.do(http.MethodPost, "/auth/logout", "", key(left)); a.status != http.StatusNoContent {
		t.Fatalf("logout answers %d %s", a.status, a.body)
	}
	handle, code := e.code(ada)
	_, app := e.enrol("carl@example.com")
	preAuth := e.login("carl@example.com")

	node.Kill()
	for name, a := range map[string]answer{
		"a code":          e.verify(ada, handle, code),
		"asking for one":  e.post("/auth/login/email", `{"email":"ada@example.com"}`),
		"a second factor": e.present("/auth/2fa/verify", preAuth, app.code(t, e, 0)),
	} {
		if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
			t.Errorf("%s without Redis answers %d %s", name, a.status, a.body)
		}
	}
	node.StartEmpty()
	for range 4 { // both instances, twice
		if a := e.get("/app", alive); a.status != http.StatusOK {
			t.Errorf("who was signed in is told %d %s", a.status, a.body)
		}
		for _, dead := range []string{ended, left} {
			if a := e.get("/app", dead); a.status != http.StatusUnauthorized {
				t.Errorf("who had left is told %d %s", a.status, a.body)
			}
		}
	}
	if a := e.verify(ada, handle, code); a.status != http.StatusUnauthorized {
		t.Errorf("a code that Redis has forgotten answers %d %s", a.status, a.body)
	}
	if a := e.present("/auth/2fa/verify", preAuth, app.code(t, e, 0)); a.status != http.StatusUnauthorized {
		t.Errorf("a sign-in that Redis has forgotten goes on: %d %s", a.status, a.body)
	}
	if a := e.refresh(alive); a.status != http.StatusOK {
		t.Errorf("refresh answers %d %s", a.status, a.body)
	}
	if token := e.login(ada); !e.live(token) {
		t.Error("nobody can sign in anew")
	}
}

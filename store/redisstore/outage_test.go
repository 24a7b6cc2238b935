package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/store/redisstore"
)

// outage is a network that can be made to fail, and the clients behind it.
type outage struct {
	proxies []*testutil.Proxy
	clients map[string]redis.UniversalClient
}

func (o outage) each(do func(*testutil.Proxy)) {
	for _, p := range o.proxies {
		do(p)
	}
}

// hung is how long a call may take before it counts as one that never ends, and forever how long the client would wait by itself. They
// are no measure of speed.
const (
	hung    = 30 * time.Second
	forever = 10 * time.Minute
)

func outageOfOneNode(t *testing.T) outage {
	p := testutil.NewProxy(t, testutil.RedisServer(t))
	return outage{[]*testutil.Proxy{p}, map[string]redis.UniversalClient{
		"a client that honours deadlines": closed(t, redis.NewClient(&redis.Options{Addr: p.Addr(), ContextTimeoutEnabled: true, ReadTimeout: forever})),
		"a client that does not":          closed(t, redis.NewClient(&redis.Options{Addr: p.Addr(), ReadTimeout: forever})),
	}}
}

func outageOfACluster(t *testing.T) outage {
	var o outage
	by := map[string]*testutil.Proxy{}
	for _, addr := range testutil.RedisCluster(t) {
		by[addr] = testutil.NewProxy(t, addr)
		o.proxies = append(o.proxies, by[addr])
	}
	options := func(honours bool) *redis.ClusterOptions {
		return &redis.ClusterOptions{
			Addrs: testutil.RedisCluster(t), ContextTimeoutEnabled: honours, ReadTimeout: forever,
			Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
				p, ok := by[addr]
				if !ok {
					return nil, fmt.Errorf("an unknown node %s", addr)
				}
				var d net.Dialer
				return d.DialContext(ctx, network, p.Addr())
			},
		}
	}
	o.clients = map[string]redis.UniversalClient{
		"a cluster client that honours deadlines": closed(t, redis.NewClusterClient(options(true))),
		"a cluster client that does not":          closed(t, redis.NewClusterClient(options(false))),
	}
	return o
}

// TestOutage: while the server is away every verb is an error in good time, and afterwards every verb works again,
// with the same client and the same store.
func TestOutage(t *testing.T) {
	for _, start := range []func(*testing.T) outage{outageOfOneNode, outageOfACluster} {
		o := start(t)
		for name, rdb := range o.clients {
			s := empty(rdb, nil)
			if err := prepare(t.Context(), s); err != nil {
				t.Fatal(name, err)
			}
			for fault, begin := range map[string]func(*testutil.Proxy){
				"is down": (*testutil.Proxy).Cut, "hangs": (*testutil.Proxy).Stall,
			} {
				t.Run(name+"/"+fault, func(t *testing.T) {
					o.each(begin)
					slowest := allFail(t, s)
					o.each((*testutil.Proxy).Restore)
					t.Logf("the slowest verb took %v", slowest)
					if slowest > hung {
						t.Errorf("the slowest verb took %v", slowest)
					}
					recovers(t, s)
				})
			}
			t.Run(name+"/drops every connection", func(t *testing.T) {
				o.each((*testutil.Proxy).Reset)
				recovers(t, s)
			})
		}
	}
}

// allFail calls all verbs at once, demands an error of each, and answers how long the slowest took.
func allFail(t *testing.T, s *redisstore.Store) time.Duration {
	t.Helper()
	took := make([]time.Duration, len(verbs))
	var wg sync.WaitGroup
	for i, v := range verbs {
		wg.Go(func() {
			began := time.Now()
			if err := v.call(context.WithoutCancel(t.Context()), s); err == nil {
				t.Errorf("%s is no error", v.name)
			}
			took[i] = time.Since(began)
		})
	}
	wg.Wait()
	slowest := time.Duration(0)
	for _, d := range took {
		slowest = max(slowest, d)
	}
	return slowest
}

// recovers waits until every verb works again.
func recovers(t *testing.T, s *redisstore.Store) {
	t.Helper()
	for _, v := range verbs {
		var err error
		for range 200 {
			if err = v.call(t.Context(), s); err == nil {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if err != nil {
			t.Errorf("%s does not recover: %v", v.name, err)
		}
	}
}

// An answer that comes late is an answer, as long as the time-out lasts.
func TestSlowServer(t *testing.T) {
	p := testutil.NewProxy(t, testutil.RedisServer(t))
	s := empty(closed(t, redis.NewClient(&redis.Options{Addr: p.Addr(), ContextTimeoutEnabled: true})), nil)
	if err := prepare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	p.Delay(20 * time.Millisecond)
	for _, v := range verbs {
		if err := v.call(t.Context(), s); err != nil {
			t.Errorf("%s: %v", v.name, err)
		}
	}
}

// underWay is locked once nothing that a client has sent is under way.
type underWay struct{ sync.RWMutex }

func (u *underWay) DialHook(next redis.DialHook) redis.DialHook { return next }

func (u *underWay) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		u.RLock()
		defer u.RUnlock()
		return next(ctx, cmd)
	}
}

func (u *underWay) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		u.RLock()
		defer u.RUnlock()
		return next(ctx, cmds)
	}
}

// TestGivenUp: what comes after a caller has given up is for nobody. The race detector says who looks at it all the same.
func TestGivenUp(t *testing.T) {
	p := testutil.NewProxy(t, testutil.RedisServer(t))
	rdb := closed(t, redis.NewClient(&redis.Options{Addr: p.Addr()})) // it reads on
	s := empty(rdb, nil)
	if err := prepare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	var sent underWay
	rdb.AddHook(&sent)
	p.Delay(10 * time.Millisecond)
	for _, v := range verbs {
		ctx, cancel := context.WithCancel(t.Context())
		early := time.AfterFunc(5*time.Millisecond, cancel)
		if err := v.call(ctx, s); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", v.name, err)
		}
		early.Stop()
		cancel()
		sent.Lock() // before anything else is sent, which the race detector would take for a signal
		sent.Unlock()
	}
}

package redisstore_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/store/redisstore"
	"github.com/crafteasy/auth/store/storetest"
)

func TestMain(m *testing.M) {
	redis.SetLogger(quiet{})
	testutil.Main(m)
}

// quiet drops what the client has to say about servers that the tests take away.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// single answers a client of one node that honours contexts.
func single(tb testing.TB) *redis.Client {
	tb.Helper()
	return closed(tb, redis.NewClient(&redis.Options{Addr: testutil.RedisServer(tb), ContextTimeoutEnabled: true}))
}

func cluster(tb testing.TB) *redis.ClusterClient {
	tb.Helper()
	return closed(tb, redis.NewClusterClient(&redis.ClusterOptions{Addrs: testutil.RedisCluster(tb), ContextTimeoutEnabled: true}))
}

func sentinel(tb testing.TB) *redis.Client {
	tb.Helper()
	s := testutil.RedisSentinels(tb)
	return closed(tb, redis.NewFailoverClient(&redis.FailoverOptions{MasterName: s.Master, SentinelAddrs: s.Addrs, ContextTimeoutEnabled: true}))
}

func closed[C interface{ Close() error }](tb testing.TB, rdb C) C {
	tb.Helper()
	tb.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// empty answers a store that shares no key with any other.
func empty(rdb redis.UniversalClient, now func() time.Time) *redisstore.Store {
	return redisstore.New(rdb, &redisstore.Options{Prefix: rand.Text(), Now: now})
}

// opener gives the store time: a hundred callers at once on a busy machine are no outage.
func opener(rdb redis.UniversalClient) storetest.Open[store.Store] {
	return func(_ *testing.T, now func() time.Time) store.Store {
		return redisstore.New(rdb, &redisstore.Options{Prefix: rand.Text(), Now: now, Timeout: 30 * time.Second})
	}
}

func TestStoreOnOneNode(t *testing.T) { storetest.Store(t, opener(single(t))) }

func TestStoreOnACluster(t *testing.T) { storetest.Store(t, opener(cluster(t))) }

func TestStoreBehindSentinels(t *testing.T) { storetest.Store(t, opener(sentinel(t))) }

// A client as most programs make it gives up later than the store promises.
func TestStoreOnAClientWithoutDeadlines(t *testing.T) {
	storetest.Store(t, opener(closed(t, redis.NewClient(&redis.Options{Addr: testutil.RedisServer(t)}))))
}

// random makes a name that nobody has.
func random() string { return rand.Text() }

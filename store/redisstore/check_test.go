package redisstore_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/store/redisstore"
)

func TestCheckWarns(t *testing.T) {
	rdb := single(t)
	tests := []struct {
		name string
		set  map[string]string
		want string // part of the only warning; empty: none
	}{
		{"a server that appends and never evicts is fine", map[string]string{"appendonly": "yes"}, ""},
		{"a server that keeps nothing", map[string]string{}, "keeps nothing over a restart"},
		{"a server that keeps snapshots", map[string]string{"save": "3600 1"}, "snapshots alone"},
		{"a server that leaves writing to the system", map[string]string{"appendonly": "yes", "appendfsync": "no"}, "appendfsync is no"},
		{"a server that evicts anything", map[string]string{"appendonly": "yes", "maxmemory-policy": "allkeys-lru"}, "allkeys-lru"},
		{"a server that evicts what expires", map[string]string{"appendonly": "yes", "maxmemory-policy": "volatile-ttl"}, "volatile-ttl"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			configure(t, rdb, tt.set)
			got, err := redisstore.Check(t.Context(), rdb)
			switch {
			case err != nil:
				t.Error(err)
			case tt.want == "" && len(got) != 0:
				t.Errorf("got %q, want none", got)
			case tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)):
				t.Errorf("got %q, want one with %q", got, tt.want)
			}
		})
	}
}

// configure changes settings of the server until the test is over.
func configure(t *testing.T, rdb *redis.Client, set map[string]string) {
	t.Helper()
	for name, value := range set {
		old := rdb.ConfigGet(t.Context(), name).Val()[name]
		if err := rdb.ConfigSet(t.Context(), name, value).Err(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := rdb.ConfigSet(context.Background(), name, old).Err(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCheckNamesEveryNodeOfACluster(t *testing.T) {
	got, err := redisstore.Check(t.Context(), cluster(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, addr := range testutil.RedisCluster(t) {
		if !slices.ContainsFunc(got, func(w string) bool { return strings.HasPrefix(w, addr+": ") }) {
			t.Errorf("got %q, want a warning about %s", got, addr)
		}
	}
}

func TestCheckWarnsOfAClientWithoutDeadlines(t *testing.T) {
	got, err := redisstore.Check(t.Context(), closed(t, redis.NewClient(&redis.Options{Addr: testutil.RedisServer(t)})))
	if err != nil || !strings.Contains(strings.Join(got, "\n"), "ContextTimeoutEnabled") {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestUnfit: what Check calls an error no verb works with either, where the client itself tells.
func TestUnfit(t *testing.T) {
	tests := []struct {
		name  string
		rdb   redis.UniversalClient
		verbs bool // fail too
	}{
		{"no client", nil, true},
		{"a nil client", (*redis.Client)(nil), true},
		{"a nil cluster client", (*redis.ClusterClient)(nil), true},
		{"a cluster client that reads from replicas", closed(t, redis.NewClusterClient(&redis.ClusterOptions{
			Addrs: testutil.RedisCluster(t), ReadOnly: true, ContextTimeoutEnabled: true,
		})), true},
		{"a cluster client that reads from the nearest", closed(t, redis.NewClusterClient(&redis.ClusterOptions{
			Addrs: testutil.RedisCluster(t), RouteByLatency: true, ContextTimeoutEnabled: true,
		})), true},
		{"a ring", closed(t, redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": testutil.RedisServer(t)}})), true},
		{"a replica", replica(t), false},
		{"nobody there", closed(t, redis.NewClient(&redis.Options{
			Dialer: func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }, ContextTimeoutEnabled: true,
		})), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if warnings, err := redisstore.Check(t.Context(), tt.rdb); err == nil {
				t.Errorf("no error, and the warnings %q", warnings)
			}
			if tt.verbs {
				allFail(t, empty(tt.rdb, nil))
			}
		})
	}
}

// replica answers a client of the replica that the sentinels watch.
func replica(t *testing.T) *redis.Client {
	t.Helper()
	s := testutil.RedisSentinels(t)
	ask := closed(t, redis.NewSentinelClient(&redis.Options{Addr: s.Addrs[0]}))
	all, err := ask.Replicas(t.Context(), s.Master).Result()
	if err != nil || len(all) != 1 {
		t.Fatalf("replicas: %v, %v", all, err)
	}
	addr := net.JoinHostPort(all[0]["ip"], all[0]["port"])
	return closed(t, redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true}))
}

package testutil_test

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/internal/testutil"
)

func TestRedisServer(t *testing.T) {
	addr := testutil.RedisServer(t)
	if again := testutil.RedisServer(t); again != addr {
		t.Errorf("a second call started %s beside %s", again, addr)
	}
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	defer rdb.Close()
	if err := rdb.Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}

func TestRedisCluster(t *testing.T) {
	addrs := testutil.RedisCluster(t)
	rdb := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs})
	defer rdb.Close()
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} { // spread over the nodes
		if err := rdb.Set(t.Context(), key, "1", 0).Err(); err != nil {
			t.Error(err)
		}
	}
	err := rdb.Eval(t.Context(), "return redis.call('mget', KEYS[1], KEYS[2])", []string{"a", "b"}).Err()
	if err == nil || !strings.Contains(err.Error(), "same slot") && !strings.Contains(err.Error(), "same hash slot") {
		t.Errorf("keys of two slots in one command: got %v, want a refusal", err)
	}
}

func TestRedisSentinels(t *testing.T) {
	s := testutil.RedisSentinels(t)
	rdb := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: s.Master, SentinelAddrs: s.Addrs})
	defer rdb.Close()
	if err := rdb.Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}

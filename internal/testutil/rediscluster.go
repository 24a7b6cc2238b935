package testutil

import (
	"fmt"
	"sync"
	"testing"
)

// RedisCluster returns the addresses of a Redis Cluster of three masters. It refuses a command whose keys lie in two
// slots (CROSSSLOT), which one node would let through.
func RedisCluster(tb testing.TB) []string {
	tb.Helper()
	return useServer(tb, redisCluster)
}

var redisCluster = sync.OnceValues(func() ([]string, error) {
	cli, err := look("redis-cli", "redis-tools")
	if err != nil {
		return nil, err
	}
	var ports []int
	var addrs []string
	for range 3 {
		port, err := redisNode("--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
			"--cluster-node-timeout", "2000", "--cluster-announce-ip", "127.0.0.1")
		if err != nil {
			return nil, err
		}
		ports, addrs = append(ports, port), append(addrs, loopback(port))
	}
	create := append([]string{"--cluster", "create"}, addrs...)
	if _, err := output(cli, nil, append(create, "--cluster-replicas", "0", "--cluster-yes")...); err != nil {
		return nil, err
	}
	for _, port := range ports {
		if err := poll(nil, redisSays(port, "CLUSTER INFO", "cluster_state:ok", "cluster_known_nodes:3")); err != nil {
			return nil, fmt.Errorf("start a Redis Cluster: %w", err)
		}
	}
	return addrs, nil
})

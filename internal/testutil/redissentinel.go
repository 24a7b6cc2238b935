package testutil

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// Sentinels watch a master and its replica.
type Sentinels struct {
	Master string   // name of the master
	Addrs  []string // addresses of the three sentinels, not of the master
}

// RedisSentinels returns three sentinels that watch a master with one replica. Two of them agree on a failover one
// second after the master fell silent.
func RedisSentinels(tb testing.TB) Sentinels {
	tb.Helper()
	return useServer(tb, redisSentinels)
}

var redisSentinels = sync.OnceValues(func() (Sentinels, error) {
	s := Sentinels{Master: "auth"}
	master, err := redisNode("--repl-diskless-sync-delay", "0")
	if err != nil {
		return s, err
	}
	if _, err := redisNode("--replicaof", "127.0.0.1 "+strconv.Itoa(master)); err != nil {
		return s, err
	}
	// A sentinel asks for replicas when it connects, and then only every ten seconds.
	if err := poll(nil, redisSays(master, "INFO replication", "state=online")); err != nil {
		return s, fmt.Errorf("start a Redis replica: %w", err)
	}
	var ports []int
	for range 3 {
		port, err := sentinel(s.Master, master)
		if err != nil {
			return s, err
		}
		ports, s.Addrs = append(ports, port), append(s.Addrs, loopback(port))
	}
	for _, port := range ports {
		known := redisSays(port, "SENTINEL MASTER "+s.Master,
			"num-slaves\n$1\n1\n", "num-other-sentinels\n$1\n2\n")
		if err := poll(nil, known); err != nil {
			return s, fmt.Errorf("start Redis sentinels: %w", err)
		}
	}
	return s, nil
})

// sentinel starts one sentinel over the master at a port, and returns its own.
func sentinel(name string, master int) (int, error) {
	path, err := look("redis-server", "redis-server")
	if err != nil {
		return 0, err
	}
	return onFreePort(func(port int) error {
		dir, err := running.folder("sentinel-" + strconv.Itoa(port))
		if err != nil {
			return err
		}
		file := filepath.Join(dir, "sentinel.conf") // Sentinel rewrites it, hence a file and no arguments
		text := fmt.Sprintf(`port %d
bind 127.0.0.1
dir %s
sentinel monitor %[3]s 127.0.0.1 %[4]d 2
sentinel down-after-milliseconds %[3]s 1000
sentinel failover-timeout %[3]s 5000
`, port, dir, name, master)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return fmt.Errorf("sentinel: %w", err)
		}
		return start(command{
			path: path, args: []string{file, "--sentinel"}, dir: dir, ready: redisSays(port, "PING", "PONG"),
		})
	})
}

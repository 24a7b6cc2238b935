package testutil

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// RedisServer returns the address of a Redis server of one node, without persistence.
func RedisServer(tb testing.TB) string {
	tb.Helper()
	return useServer(tb, redisServer)
}

var redisServer = sync.OnceValues(func() (string, error) {
	port, err := redisNode()
	return loopback(port), err
})

// redisNode starts one node and returns its port.
func redisNode(args ...string) (int, error) {
	path, err := look("redis-server", "redis-server")
	if err != nil {
		return 0, err
	}
	return onFreePort(func(port int) error {
		dir, err := running.folder("redis-" + strconv.Itoa(port))
		if err != nil {
			return err
		}
		return start(command{
			path: path,
			args: append([]string{
				"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", dir, "--daemonize", "no",
				"--save", "", "--appendonly", "no",
			}, args...),
			dir:   dir,
			ready: redisSays(port, "PING", "PONG"),
		})
	})
}

// redisSays returns a check that the node at port answers query with a text that contains every one of want.
func redisSays(port int, query string, want ...string) func() error {
	return func() error {
		c, err := net.DialTimeout("tcp", loopback(port), time.Second)
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(time.Second))
		if _, err := fmt.Fprintf(c, "%s\r\nPING\r\n", query); err != nil {
			return err
		}
		var answer strings.Builder
		for lines := bufio.NewScanner(c); !strings.HasSuffix(answer.String(), "+PONG\n") && lines.Scan(); {
			answer.WriteString(lines.Text() + "\n")
		}
		for _, w := range want {
			if !strings.Contains(answer.String(), w) {
				return fmt.Errorf("%s answers %q", query, answer.String())
			}
		}
		return nil
	}
}

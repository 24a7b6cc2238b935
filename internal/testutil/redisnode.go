package testutil

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// RedisNode is a Redis server of a test's own, which can be killed and started again. It writes a file of everything that it
// confirms, so that a kill loses nothing that was confirmed.
type RedisNode struct {
	tb   testing.TB
	port int
	dir  string
	p    *process
}

// NewRedisNode starts a server. It ends with the test binary.
func NewRedisNode(tb testing.TB) *RedisNode {
	tb.Helper()
	n := &RedisNode{tb: tb}
	n.port = useServer(tb, func() (int, error) {
		return onFreePort(func(port int) (err error) {
			if n.dir, err = running.folder("redis-node-" + strconv.Itoa(port)); err != nil {
				return err
			}
			n.port = port
			return n.launch()
		})
	})
	return n
}

func (n *RedisNode) launch() error {
	path, err := look("redis-server", "redis-server")
	if err != nil {
		return err
	}
	n.p, err = launch(command{
		path: path, dir: n.dir, ready: redisSays(n.port, "PING", "PONG"),
		args: []string{
			"--bind", "127.0.0.1", "--port", strconv.Itoa(n.port), "--dir", n.dir, "--daemonize", "no", "--save", "",
			"--appendonly", "yes", "--appendfsync", "everysec",
		},
	})
	return err
}

// Addr returns the address, which stays the same.
func (n *RedisNode) Addr() string { return loopback(n.port) }

// Kill ends the server as a crash does (SIGKILL), and returns when it is gone.
func (n *RedisNode) Kill() {
	n.tb.Helper()
	if err := n.p.cmd.Process.Kill(); err != nil {
		n.tb.Error(err)
	}
	<-n.p.done
}

// Start starts a killed server again, with what it had.
func (n *RedisNode) Start() {
	n.tb.Helper()
	if err := n.launch(); err != nil {
		n.tb.Error(err)
	}
}

// StartEmpty starts a killed server again, as one whose files are lost.
func (n *RedisNode) StartEmpty() {
	n.tb.Helper()
	if err := os.RemoveAll(filepath.Join(n.dir, "appendonlydir")); err != nil {
		n.tb.Error(err)
	}
	n.Start()
}

package testutil

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strconv"
	"testing"
	"time"
)

// Ports are picked below the range from which the system takes those of outgoing connections, so that no client gets
// between the choice of a port and its use. A Redis Cluster node listens busOffset above its port too.
const (
	firstPort = 12000
	lastPort  = 22000
	busOffset = 10000
)

// How often and how long a start is waited for: 15 s in all.
const (
	tries = 600
	pause = 25 * time.Millisecond
)

// FreePort returns a loopback port that nothing listens on.
func FreePort(tb testing.TB) int {
	tb.Helper()
	return use(tb, freePort)
}

func freePort() (int, error) {
	for range tries {
		n, err := rand.Int(rand.Reader, big.NewInt(lastPort-firstPort))
		if err != nil {
			return 0, fmt.Errorf("pick a port: %w", err)
		}
		port := firstPort + int(n.Int64())
		if unused(port) && unused(port+busOffset) {
			return port, nil
		}
	}
	return 0, errors.New("no free port")
}

// onFreePort calls start with a free port, and with another one if that fails: the port may have been taken meanwhile.
func onFreePort(start func(port int) error) (int, error) {
	var err error
	for range 3 {
		var port int
		if port, err = freePort(); err != nil {
			return 0, err
		}
		if err = start(port); err == nil {
			return port, nil
		}
	}
	return 0, err
}

func unused(port int) bool {
	l, err := net.Listen("tcp", loopback(port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// loopback returns the address of a port.
func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// poll calls ready until it returns nil, at most [tries] times, and gives up when done is closed.
func poll(done <-chan struct{}, ready func() error) error {
	var err error
	for range tries {
		if err = ready(); err == nil {
			return nil
		}
		select {
		case <-done:
			return errors.New("it ended")
		case <-time.After(pause):
		}
	}
	return fmt.Errorf("it is not ready: %w", err)
}

// listens returns a check that something accepts connections on port.
func listens(port int) func() error {
	return func() error {
		c, err := net.DialTimeout("tcp", loopback(port), time.Second)
		if err != nil {
			return err
		}
		return c.Close()
	}
}

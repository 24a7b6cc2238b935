package testutil_test

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/testutil"
)

// echo returns the address of a server that sends everything back.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func dial(t *testing.T, p *testutil.Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// call sends a text and waits for its echo, at most for the given time.
func call(c net.Conn, wait time.Duration) error {
	if err := c.SetDeadline(time.Now().Add(wait)); err != nil {
		return err
	}
	if _, err := c.Write([]byte("hello")); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 5))
	return err
}

const long = 10 * time.Second

func TestProxyPasses(t *testing.T) {
	if err := call(dial(t, testutil.NewProxy(t, echo(t))), long); err != nil {
		t.Error(err)
	}
}

func TestProxyCut(t *testing.T) {
	p := testutil.NewProxy(t, echo(t))
	c := dial(t, p)
	if err := call(c, long); err != nil {
		t.Fatal(err)
	}
	p.Cut()
	if err := call(c, long); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the cut: got %v, want the end of the connection", err)
	}
	if _, err := net.Dial("tcp", p.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a new connection: got %v, want a refusal", err)
	}
	p.Restore()
	if err := call(dial(t, p), long); err != nil {
		t.Errorf("after the repair: %v", err)
	}
}

func TestProxyReset(t *testing.T) {
	p := testutil.NewProxy(t, echo(t))
	c := dial(t, p)
	if err := call(c, long); err != nil {
		t.Fatal(err)
	}
	p.Reset()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want a reset", err)
	}
	if err := call(dial(t, p), long); err != nil {
		t.Errorf("a new connection: %v", err)
	}
}

func TestProxyStall(t *testing.T) {
	p := testutil.NewProxy(t, echo(t))
	c := dial(t, p)
	p.Stall()
	if err := call(c, 50*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want silence", err)
	}
	p.Restore()
	_ = c.SetDeadline(time.Now().Add(long))
	if _, err := io.ReadFull(c, make([]byte, 5)); err != nil {
		t.Errorf("after the repair the answer arrives: %v", err)
	}
}

func TestProxyDelay(t *testing.T) {
	p := testutil.NewProxy(t, echo(t))
	c := dial(t, p)
	const delay = 30 * time.Millisecond
	p.Delay(delay)
	begin := time.Now()
	if err := call(c, long); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took < 2*delay { // there and back
		t.Errorf("took %s, want at least %s", took, 2*delay)
	}
}

func TestProxyCounts(t *testing.T) {
	p := testutil.NewProxy(t, echo(t))
	c := dial(t, p)
	for i := range int64(3) {
		if n := p.Bytes(); n != 10*i {
			t.Errorf("%d bytes after %d calls of 5 and 5", n, i)
		}
		if err := call(c, long); err != nil {
			t.Fatal(err)
		}
	}
}

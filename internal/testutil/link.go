package testutil

import (
	"net"
	"sync"
	"time"
)

// link is one connection through a [Proxy].
type link struct {
	proxy          *Proxy
	client, server net.Conn
	once           sync.Once
	gone           chan struct{} // closed with the connection
}

// copy forwards what from sends, piece by piece, until one side hangs up.
func (k *link) copy(to, from net.Conn) {
	defer k.close()
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && !k.hold() {
			return
		}
		if n > 0 {
			k.proxy.count(n)
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// hold waits as long as the proxy demands, and reports whether the connection is still there.
func (k *link) hold() bool {
	for {
		k.proxy.mu.Lock()
		delay, stalled, changed := k.proxy.delay, k.proxy.stalled, k.proxy.changed
		k.proxy.mu.Unlock()
		var over <-chan time.Time
		switch {
		case stalled:
		case delay > 0:
			over = time.After(delay)
		default:
			return true
		}
		select {
		case <-k.gone:
			return false
		case <-over:
			return true
		case <-changed:
		}
	}
}

// close ends the connection.
func (k *link) close() {
	k.once.Do(func() {
		close(k.gone)
		_ = k.client.Close()
		_ = k.server.Close()
	})
	k.proxy.mu.Lock()
	delete(k.proxy.links, k)
	k.proxy.mu.Unlock()
}

// reset ends the connection so that the client sees a reset instead of an orderly end.
func (k *link) reset() {
	if c, ok := k.client.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	k.close()
}

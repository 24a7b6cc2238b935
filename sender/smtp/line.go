package smtp

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
)

// line is the connection of one delivery. The client in between loses its connection when greeting, STARTTLS or AUTH
// fail, and moves its deadline as it goes. So the connection is kept here, where it ends with the delivery's context
// and is closed in every case.
type line struct {
	tls      *tls.Config
	implicit bool

	mu     sync.Mutex
	conn   net.Conn
	closed bool
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.conn = conn
	closed := l.closed
	l.mu.Unlock()
	if closed {
		l.close()
	}
	if !l.implicit {
		return conn, nil
	}
	c := tls.Client(conn, l.tls)
	return c, c.HandshakeContext(ctx)
}

func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.conn != nil {
		_ = l.conn.Close() // nothing is waiting for it
	}
}

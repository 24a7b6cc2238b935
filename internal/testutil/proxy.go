package testutil

import (
	"net"
	"sync"
	"testing"
	"time"
)

// Proxy stands between a client and a server and makes the network fail on command. It is safe for concurrent use.
type Proxy struct {
	addr, target string
	tb           testing.TB

	mu       sync.Mutex
	listener net.Listener
	links    map[*link]struct{}
	delay    time.Duration
	stalled  bool
	changed  chan struct{} // closed when delay or stalled changes
	bytes    int64         // forwarded so far
	ended    bool
	wg       sync.WaitGroup
}

// NewProxy returns a proxy for the server at target (host:port). It closes itself when the test ends.
func NewProxy(tb testing.TB, target string) *Proxy {
	tb.Helper()
	p := &Proxy{
		addr: loopback(FreePort(tb)), target: target, tb: tb,
		links: map[*link]struct{}{}, changed: make(chan struct{}),
	}
	p.Restore()
	tb.Cleanup(p.close)
	return p
}

// Addr returns the address to give to the client.
func (p *Proxy) Addr() string { return p.addr }

// Bytes returns how many it has forwarded so far, in both directions. Those of an answer that the client has read are among them.
func (p *Proxy) Bytes() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bytes
}

// Cut ends every connection and refuses new ones until [Proxy.Restore], like a server that was stopped.
func (p *Proxy) Cut() {
	p.mu.Lock()
	l := p.listener
	p.listener = nil
	p.mu.Unlock()
	if l != nil {
		_ = l.Close()
	}
	p.drop((*link).close)
}

// Reset ends every connection with a TCP reset. New ones are served: a server that was restarted.
func (p *Proxy) Reset() { p.drop((*link).reset) }

// Stall keeps every connection open and lets nothing through until [Proxy.Restore]: a server that hangs.
func (p *Proxy) Stall() { p.set(func() { p.stalled = true }) }

// Delay holds back every piece of data for d, in either direction. Zero ends it.
func (p *Proxy) Delay(d time.Duration) { p.set(func() { p.delay = d }) }

// Restore undoes [Proxy.Cut], [Proxy.Stall] and [Proxy.Delay].
func (p *Proxy) Restore() {
	p.tb.Helper()
	p.set(func() { p.delay, p.stalled = 0, false })
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil || p.ended {
		return
	}
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		p.tb.Errorf("proxy: %v", err)
		return
	}
	p.listener = l
	p.wg.Go(func() { p.accept(l) })
}

func (p *Proxy) count(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bytes += int64(n)
}

func (p *Proxy) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	close(p.changed)
	p.changed = make(chan struct{})
}

// accept serves l until it is closed.
func (p *Proxy) accept(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		k := &link{proxy: p, client: client, server: server, gone: make(chan struct{})}
		p.mu.Lock()
		late := p.listener != l // cut in between
		if !late {
			p.links[k] = struct{}{}
		}
		p.mu.Unlock()
		if late {
			k.close()
			return
		}
		p.wg.Go(func() { k.copy(server, client) })
		p.wg.Go(func() { k.copy(client, server) })
	}
}

// drop ends every connection in the given way.
func (p *Proxy) drop(end func(*link)) {
	p.mu.Lock()
	links := p.links
	p.links = map[*link]struct{}{}
	p.mu.Unlock()
	for k := range links {
		end(k)
	}
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	p.Cut()
	p.wg.Wait()
}

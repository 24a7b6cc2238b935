package main

import (
	"net"
	"sync"
	"testing"
)

const clients = 8

// backend answers every message with itself. It holds each write until all the reads came through, which they can
// only do when reads pass, and counts the writes that it holds at the same time.
type backend struct {
	reads sync.WaitGroup

	mu            sync.Mutex
	running, most int
}

func (b *backend) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			for m, err := read(c); err == nil; m, err = read(c) {
				b.answer(m)
				if _, err := c.Write(m); err != nil {
					return
				}
			}
		}()
	}
}

func (b *backend) answer(m message) {
	if !m.writes() {
		b.reads.Done()
		return
	}
	b.count(1)
	b.reads.Wait()
	b.count(-1)
}

func (b *backend) count(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running += n
	b.most = max(b.most, b.running)
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestOneWriteAtATime(t *testing.T) {
	b := &backend{}
	b.reads.Add(clients)
	server, front := listen(t), listen(t)
	go b.serve(server)
	p := &proxy{backend: server.Addr().String()}
	go p.serve(t.Context(), front)

	send := func(m message) net.Conn {
		c, err := net.Dial("tcp", front.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if _, err := c.Write(m); err != nil {
			t.Fatal(err)
		}
		return c
	}
	var waiting []net.Conn
	for range clients {
		waiting = append(waiting, send(command("findAndModify", 0, 0)))
	}
	for range clients {
		waiting = append(waiting, send(command("find", 0, 0)))
	}
	for _, c := range waiting {
		if _, err := read(c); err != nil {
			t.Error(err)
		}
	}
	if b.most != 1 {
		t.Errorf("%d writes ran at the same time, want 1", b.most)
	}
}

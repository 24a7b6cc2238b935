package main

import (
	"context"
	"errors"
	"log"
	"net"
	"sync"
)

// proxy forwards the MongoDB wire protocol to backend, one write command at a time.
//
// The lock is held from a write command's first byte to the last byte of its reply. Reads pass without it, as they do
// in MongoDB: they may see the state before or after a write, never half of one document.
type proxy struct {
	backend string
	write   sync.Mutex
}

// serve accepts connections on l until ctx ends.
func (p *proxy) serve(ctx context.Context, l net.Listener) {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	for {
		client, err := l.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				log.Print(err)
			}
			return
		}
		go p.handle(ctx, client)
	}
}

// handle serves one client until either side hangs up.
func (p *proxy) handle(ctx context.Context, client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.backend)
	if err != nil {
		log.Print(err)
		return
	}
	defer func() { _ = server.Close() }()
	stop := context.AfterFunc(ctx, func() { _, _ = client.Close(), server.Close() })
	defer stop()
	for {
		m, err := read(client)
		if err != nil {
			return // the client has gone, or speaks another protocol
		}
		if err := p.roundTrip(client, server, m); err != nil {
			return // a lost reply is for the client to notice, as with any server
		}
	}
}

// roundTrip sends m to server and its reply to client.
func (p *proxy) roundTrip(client, server net.Conn, m message) error {
	if m.writes() {
		p.write.Lock()
		defer p.write.Unlock()
	}
	if _, err := server.Write(m); err != nil {
		return err
	}
	if !m.wantsReply() {
		return nil
	}
	reply, err := read(server)
	if err != nil {
		return err
	}
	_, err = client.Write(reply)
	return err
}

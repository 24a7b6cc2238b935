package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"regexp"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// mailbox is a mail server that hands every code to whoever waits for it.
type mailbox struct {
	addr   string
	server *smtp.Server
	mu     sync.Mutex
	codes  map[string]chan string
}

func newMailbox() (*mailbox, error) {
	m := &mailbox{codes: map[string]chan string{}}
	m.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{box: m}, nil }))
	m.server.Domain = "localhost"
	m.server.ReadTimeout, m.server.WriteTimeout = time.Minute, time.Minute
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m.addr = l.Addr().String()
	go func() { _ = m.server.Serve(l) }()
	return m, nil
}

func (m *mailbox) close() { _ = m.server.Close() }

func (m *mailbox) of(name string) chan string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.codes[name] == nil {
		m.codes[name] = make(chan string, 8)
	}
	return m.codes[name]
}

// code waits for the code that was sent to name.
func (m *mailbox) code(ctx context.Context, name string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	select {
	case c := <-m.of(name):
		return c, nil
	case <-ctx.Done():
		return "", errors.New("it did not come within five minutes")
	}
}

// delivery is one connection of the server that sends.
type delivery struct {
	box *mailbox
	to  string
}

func (d *delivery) Mail(string, *smtp.MailOptions) error { return nil }

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.to = to
	return nil
}

var subject = regexp.MustCompile(`^Subject: (\d{6}) is your`)

// Data finds the code in the subject.
func (d *delivery) Data(r io.Reader) error {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if m := subject.FindStringSubmatch(lines.Text()); m != nil {
			d.box.of(d.to) <- m[1]
			break
		}
	}
	_, err := io.Copy(io.Discard, r)
	return err
}

func (d *delivery) Reset()        {}
func (d *delivery) Logout() error { return nil }

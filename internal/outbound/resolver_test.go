package outbound_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/crafteasy/auth/internal/outbound"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// resolver asks a name server in this process that answers every name with these addresses.
func resolver(t *testing.T, addrs ...string) *net.Resolver {
	t.Helper()
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := l.ReadFrom(buf)
			if err != nil {
				return
			}
			if b := reply(buf[:n], addrs); b != nil {
				_, _ = l.WriteTo(b, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", l.LocalAddr().String())
	}}
}

func reply(query []byte, addrs []string) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	for _, s := range addrs {
		a := netip.MustParseAddr(s)
		h := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type}
		switch {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	b, err := m.Pack()
	if err != nil {
		return nil
	}
	return b
}

func TestNamesThatLeadInsideAreRefused(t *testing.T) {
	s, hits := web(t, true, ok)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, addrs := range [][]string{
		{"127.0.0.1"}, {"::1"}, {"::ffff:127.0.0.1"}, {"10.0.0.1", "127.0.0.1"}, {"169.254.169.254"}, {"64:ff9b::7f00:1"},
	} {
		c := client(t, outbound.Options{Roots: roots(s), Resolver: resolver(t, addrs...)})
		if _, err := get(t, c, "https://rebind.example.test:"+port); !errors.Is(err, outbound.ErrAddress) {
			t.Errorf("a name that leads to %v: got %v, want ErrAddress", addrs, err)
		}
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("%d requests came through", n)
	}
	// The same name server with loopback admitted shows that the refusals above were not for want of an answer.
	c := client(t, outbound.Options{Roots: roots(s), AllowLoopback: true, Resolver: resolver(t, "127.0.0.1")})
	if resp, err := get(t, c, "https://example.com:"+port); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("admitted: got %v, %v", resp, err)
	}
}

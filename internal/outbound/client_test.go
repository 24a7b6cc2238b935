package outbound_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/ctxkey"
	"github.com/crafteasy/auth/internal/outbound"
	"github.com/crafteasy/auth/internal/turns"
)

// web is a server that counts what reaches it.
func web(t *testing.T, secure bool, h http.HandlerFunc) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	var hits atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		h(w, r)
	}))
	s.Config.ErrorLog = quiet()
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s, &hits
}

func client(t *testing.T, o outbound.Options) *http.Client {
	t.Helper()
	c := outbound.New(o)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func get(t *testing.T, c *http.Client, url string) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err == nil {
		t.Cleanup(func() { _ = resp.Body.Close() })
	}
	return resp, err
}

// TestNobodysServerHoldsATurn: a request that waits for another server lets the next one in.
func TestNobodysServerHoldsATurn(t *testing.T) {
	one := turns.New(1, errors.New("full"))
	turn, err := one.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, _ := web(t, false, func(w http.ResponseWriter, r *http.Request) {
		if _, err := one.Take(r.Context()); err != nil {
			t.Error(err)
		}
		ok(w, r)
	})
	req, err := http.NewRequestWithContext(context.WithValue(t.Context(), ctxkey.Turn{}, turn), http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client(t, outbound.Options{AllowLoopback: true}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }

func roots(s *httptest.Server) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(s.Certificate())
	return p
}

func TestAddresses(t *testing.T) {
	s, hits := web(t, true, ok)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{
		"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "0.0.0.0", "2130706433", "0x7f.1", "127.1", "0177.0.0.1",
		"[64:ff9b::127.0.0.1]", "169.254.169.254", "10.0.0.1", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200",
	} {
		if _, err := get(t, client(t, outbound.Options{Roots: roots(s)}), "https://"+host+":"+port); err == nil {
			t.Errorf("%s was reached", host)
		}
	}
	if n := hits.Load(); n != 0 {
		t.Fatalf("%d requests came through", n)
	}
	for _, c := range []struct {
		rule string
		opts outbound.Options
		url  string
		want error
	}{
		{"loopback is closed by default", outbound.Options{}, s.URL, outbound.ErrAddress},
		{"loopback can be admitted", outbound.Options{AllowLoopback: true}, s.URL, nil},
		{"private does not admit loopback", outbound.Options{AllowPrivate: true}, s.URL, outbound.ErrAddress},
		{"loopback does not admit private", outbound.Options{AllowLoopback: true}, "https://10.0.0.1:" + port, outbound.ErrAddress},
		{"private does not admit metadata", outbound.Options{AllowPrivate: true}, "https://169.254.169.254", outbound.ErrAddress},
		{"http is closed by default", outbound.Options{}, "http://127.0.0.1:" + port, outbound.ErrScheme},
		{"http is never for the internet", outbound.Options{AllowLoopback: true, AllowPrivate: true}, "http://8.8.8.8", outbound.ErrScheme},
		{"other schemes are closed", outbound.Options{AllowLoopback: true}, "file:///etc/passwd", outbound.ErrScheme},
	} {
		t.Run(c.rule, func(t *testing.T) {
			c.opts.Roots = roots(s)
			if _, err := get(t, client(t, c.opts), c.url); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestPlainHTTPOnLoopback(t *testing.T) {
	s, _ := web(t, false, ok)
	if _, err := get(t, client(t, outbound.Options{AllowLoopback: true}), s.URL); err != nil {
		t.Errorf("http on admitted loopback: %v", err)
	}
}

// TestPlainHTTPIsRefused: by its URL, before any address is looked at.
func TestPlainHTTPIsRefused(t *testing.T) {
	for _, url := range []string{"http://192.0.2.1/", "http://127.0.0.1:1/", "ftp://192.0.2.1/"} {
		if _, err := get(t, client(t, outbound.Options{}), url); !errors.Is(err, outbound.ErrScheme) {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	inner, hits := web(t, false, ok)
	outer, _ := web(t, false, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inner.URL, http.StatusFound) })
	resp, err := get(t, client(t, outbound.Options{AllowLoopback: true}), outer.URL)
	if err != nil || resp.StatusCode != http.StatusFound || hits.Load() != 0 {
		t.Errorf("got %v, %v, and %d requests to where it points; want the redirect itself", resp, err, hits.Load())
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(ok))
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	t.Cleanup(s.Close)
	if _, err := get(t, client(t, outbound.Options{AllowLoopback: true, Roots: roots(s)}), s.URL); err == nil {
		t.Error("TLS 1.1 was spoken")
	}
	other, _ := web(t, true, ok)
	if _, err := get(t, client(t, outbound.Options{AllowLoopback: true}), other.URL); err == nil {
		t.Error("an unknown certificate was trusted")
	}
}

func TestTimeIsBounded(t *testing.T) {
	for _, c := range []struct {
		rule string
		h    http.HandlerFunc
	}{
		{"a server that does not answer", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{"a server that does not end", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s, _ := web(t, false, c.h)
			resp, err := get(t, client(t, outbound.Options{AllowLoopback: true, Timeout: 50 * time.Millisecond}), s.URL)
			if err == nil {
				_, err = outbound.ReadAll(resp, 10)
			}
			if e, ok := errors.AsType[net.Error](err); !ok || !e.Timeout() {
				t.Errorf("got %v, want a time-out", err)
			}
		})
	}
	s, _ := web(t, false, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := client(t, outbound.Options{AllowLoopback: true}).Do(req); !errors.Is(err, context.Canceled) {
		_ = resp.Body.Close()
		t.Errorf("got %v, want the context's error", err)
	}
}

func TestSizeIsBounded(t *testing.T) {
	for _, c := range []struct {
		rule    string
		size    int
		chunked bool
		want    error
	}{
		{"exactly the limit", 100, false, nil},
		{"exactly the limit, unannounced", 100, true, nil},
		{"one byte more", 101, false, outbound.ErrTooLarge},
		{"one byte more, unannounced", 101, true, outbound.ErrTooLarge},
		{"a flood", 1 << 20, true, outbound.ErrTooLarge},
		{"nothing", 0, false, nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s, _ := web(t, false, func(w http.ResponseWriter, _ *http.Request) {
				if c.chunked {
					_ = http.NewResponseController(w).Flush()
				}
				_, _ = io.WriteString(w, strings.Repeat("x", c.size))
			})
			resp, err := get(t, client(t, outbound.Options{AllowLoopback: true}), s.URL)
			if err != nil {
				t.Fatal(err)
			}
			b, err := outbound.ReadAll(resp, 100)
			if !errors.Is(err, c.want) || err == nil && len(b) != c.size {
				t.Errorf("got %d bytes, %v, want %v", len(b), err, c.want)
			}
		})
	}
}

func TestHeadersAreBoundedAndBodiesNotUnpacked(t *testing.T) {
	s, _ := web(t, false, func(w http.ResponseWriter, r *http.Request) {
		if e := r.Header.Get("Accept-Encoding"); e != "" {
			t.Errorf("asks for %q", e)
		}
		w.Header().Set("X-Flood", strings.Repeat("x", 1<<20))
	})
	if _, err := get(t, client(t, outbound.Options{AllowLoopback: true}), s.URL); err == nil {
		t.Error("a megabyte of header was read")
	}
}

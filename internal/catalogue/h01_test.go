package catalogue

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// raw sends bytes over a connection of their own, however wrong they are, and answers the first response.
func (e *env) raw(t *testing.T, request io.Reader) (answer, error) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(e.url(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = io.Copy(c, request) // ends when the server has had enough
		if half, ok := c.(*net.TCPConn); ok {
			_ = half.CloseWrite()
		}
	}()
	defer func() {
		_ = c.Close()
		<-sent
	}()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(b)}, err
}

func head(path string, headers ...string) string {
	return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n"
}

// counting counts what was read of it.
type counting struct {
	io.Reader

	n atomic.Int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// endless is a body without an end.
type endless struct {
	of string
	at int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.of[e.at:])
	e.at = (e.at + n) % len(e.of)
	return n, nil
}

// TestH01_Bodies sends bodies that are too large, wrong in length, or none.
func TestH01_Bodies(t *testing.T) {
	for _, path := range []string{"/auth/login/email", "/auth/login/sms"} {
		t.Run(path, func(t *testing.T) { hostileBodies(t, path) })
	}
}

func hostileBodies(t *testing.T, path string) {
	t.Helper()
	e := alone(t, auth.Config{SignUp: true})
	tests := []struct {
		name    string
		request io.Reader
		status  int
	}{
		{"10 MiB", io.MultiReader(strings.NewReader(head(path, "Content-Length: 10485760")), strings.NewReader(strings.Repeat("a", 10<<20))), 413},
		{"2 GiB, announced", strings.NewReader(head(path, "Content-Length: 2147483648")), 413},
		{"without an end, in chunks", io.MultiReader(strings.NewReader(head(path, "Transfer-Encoding: chunked")), &endless{of: "10000\r\n" + strings.Repeat("a", 0x10000) + "\r\n"}), 413},
		{"one byte too many, in chunks", strings.NewReader(head(path, "Transfer-Encoding: chunked") + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", 64<<10+1, strings.Repeat("a", 64<<10+1))), 413},
		{"the length is longer than the body", strings.NewReader(head(path, "Content-Length: 1000") + `{"email":"ada@example.com"}`), 400},
		{"the length is shorter than the body", strings.NewReader(head(path, "Content-Length: 10") + `{"email":"ada@example.com"}`), 400},
		{"two lengths", strings.NewReader(head(path, "Content-Length: 27", "Content-Length: 28") + `{"email":"ada@example.com"}`), 400},
		{"a length and chunks", strings.NewReader(head(path, "Content-Length: 5", "Transfer-Encoding: chunked") + "zz\r\n"), 400},
		{"a negative length", strings.NewReader(head(path, "Content-Length: -1") + "{}"), 400},
		{"broken chunks", strings.NewReader(head(path, "Transfer-Encoding: chunked") + "zz\r\n{}\r\n"), 400},
		{"compressed", strings.NewReader(head(path, "Content-Encoding: gzip", "Content-Length: 2") + "{}"), 415},
		{"empty", strings.NewReader(head(path, "Content-Length: 0")), 400},
		{"depth 100 000, cut off", strings.NewReader(head(path, "Content-Length: 60000") + strings.Repeat("[", 60_000)), 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := e.raw(t, tt.request)
			if err != nil || a.status != tt.status {
				t.Errorf("answers %d %s, %v; want %d", a.status, a.body, err, tt.status)
			}
		})
	}
	e.nothingSent(t)
}

// TestH01_ReadsNoMoreThanItMust serves a body without an end in process, where every byte that is read can be counted.
func TestH01_ReadsNoMoreThanItMust(t *testing.T) {
	s := authtest.New(t, auth.Config{})
	for name, length := range map[string]int64{"without a length": -1, "with a false length": 100} {
		t.Run(name, func(t *testing.T) {
			body := &counting{Reader: &endless{of: `{"email":`}}
			r, err := http.NewRequest(http.MethodPost, "/auth/login/email", body)
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = length
			r.Header.Set("Content-Type", "application/json")
			w := &discard{header: http.Header{}}
			s.Handler().ServeHTTP(w, r)
			if w.status != http.StatusRequestEntityTooLarge || body.n.Load() > 64<<10+1 {
				t.Errorf("answers %d after %d bytes", w.status, body.n.Load())
			}
		})
	}
}

type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

// TestH01_CheapToRefuse measures what the worst bodies that fit cost in memory: a small multiple of their size, for what they hold is
// never built.
func TestH01_CheapToRefuse(t *testing.T) {
	s := authtest.New(t, auth.Config{})
	for name, body := range map[string]string{
		"nested arrays":  `{"x":` + strings.Repeat("[", 65_000),
		"nested objects": strings.Repeat(`{"a":`, 13_000),
		"many names":     `{` + strings.Repeat(`"a":0,`, 10_000),
		"other names":    manyNames(6_000),
		"a long number":  `{"email":` + strings.Repeat("9", 65_000) + `}`,
		"escapes":        `{"email":"` + strings.Repeat(`\u0041`, 10_000) + `"}`,
		"empty texts":    `{"x":[` + strings.Repeat(`"",`, 20_000) + `""]}`,
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r, err := http.NewRequest(http.MethodPost, "/auth/login/email", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			w := &discard{header: http.Header{}}
			s.Handler().ServeHTTP(w, r)
			runtime.ReadMemStats(&after)
			if w.status != http.StatusBadRequest {
				t.Errorf("answers %d", w.status)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
				t.Errorf("%d bytes were allocated for a body of %d", grown, len(body))
			}
		})
	}
}

func manyNames(n int) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		fmt.Fprintf(&b, `"%x":0,`, i)
	}
	b.WriteString(`"email":""}`)
	return b.String()
}

// pipes is a network inside the process, whose time is the test's.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.done); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// TestH01_SlowBody sends one byte a second to a server without time-outs of its own: the library ends it after 15 seconds, and no
// goroutine is left.
func TestH01_SlowBody(t *testing.T) {
	authtest.Keys() // made outside, where time is not counted
	for path, want := range map[string]int{
		"/auth/login/email":  http.StatusBadRequest,
		"/auth/nowhere":      http.StatusNotFound,
		"/auth/openapi.json": http.StatusMethodNotAllowed,
		"/auth/refresh":      http.StatusUnauthorized,
	} {
		t.Run(path, func(t *testing.T) { slowly(t, path, want) })
	}
}

// slowly sends a body at one byte a second, and demands an answer and no goroutine that is left.
func slowly(t *testing.T, path string, want int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := authtest.New(t, auth.Config{})
		network := &pipes{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: s.Handler()} //nolint:gosec // time-outs are what is tested
		go func() { _ = server.Serve(network) }()
		defer server.Close()
		here, there := net.Pipe()
		network.conns <- there
		began := time.Now()
		stop := make(chan struct{})
		go func() {
			_, _ = io.WriteString(here, strings.Replace(head(path, "Content-Length: 60000"), "Connection: close\r\n", "", 1)) // it may be used again
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Second):
				}
				if _, err := here.Write([]byte(" ")); err != nil {
					return
				}
			}
		}()
		res, err := http.ReadResponse(bufio.NewReader(here), nil)
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		_ = here.Close()
		close(stop)
		if res.StatusCode != want || took > 16*time.Second {
			t.Errorf("answers %d after %v", res.StatusCode, took)
		}
		s.Drain()
	})
}

package catalogue

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// piped serves the handler without time-outs of its own, except for what change sets, and answers the client's end of a connection.
func piped(t *testing.T, h http.Handler, change func(s *http.Server)) net.Conn {
	t.Helper()
	network := &pipes{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: h} //nolint:gosec // time-outs are what is tested
	change(server)
	go func() { _ = server.Serve(network) }()
	here, there := net.Pipe()
	t.Cleanup(func() {
		_ = here.Close()
		_ = server.Close()
	})
	network.conns <- there
	return here
}

// TestH01_BodyWithoutAnEnd opens a stream of HTTP/2 and never ends its body, whatever length that is said to have: the library ends the
// request after 15 seconds.
func TestH01_BodyWithoutAnEnd(t *testing.T) {
	authtest.Keys() // made outside, where time is not counted
	for _, length := range []string{"", "0", "27"} {
		for path, want := range map[string]string{"/auth/login/email": "400", "/auth/logout": "401", "/auth/nowhere": "404"} {
			t.Run("length "+length+" "+path, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := authtest.New(t, auth.Config{})
					c := piped(t, s.Handler(), func(s *http.Server) {
						s.Protocols = new(http.Protocols)
						s.Protocols.SetUnencryptedHTTP2(true)
					})
					_ = c.SetDeadline(time.Now().Add(time.Minute))
					began := time.Now()
					if got := openStream(t, c, path, length); got != want || time.Since(began) > 16*time.Second {
						t.Errorf("answers %q after %v", got, time.Since(began))
					}
					s.Drain()
				})
			})
		}
	}
}

// openStream sends the head of a request and no end of its body, and answers the status that comes back, or nothing.
func openStream(t *testing.T, c net.Conn, path, length string) (status string) {
	t.Helper()
	f := http2.NewFramer(c, c)
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	sent := make(chan struct{})
	defer func() { <-sent }()
	go func() { // the other end of a pipe writes before it reads
		defer close(sent)
		var block bytes.Buffer
		e := hpack.NewEncoder(&block)
		for _, field := range []hpack.HeaderField{
			{Name: ":method", Value: "POST"},
			{Name: ":scheme", Value: "http"},
			{Name: ":authority", Value: "localhost"},
			{Name: ":path", Value: path},
			{Name: "content-type", Value: "application/json"},
			{Name: "content-length", Value: length},
		} {
			if field.Value != "" {
				_ = e.WriteField(field)
			}
		}
		_, _ = io.WriteString(c, http2.ClientPreface)
		_ = f.WriteSettings()
		_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true})
	}()
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			t.Log(err)
			return ""
		}
		if headers, ok := frame.(*http2.MetaHeadersFrame); ok {
			return headers.PseudoValue("status")
		}
	}
}

// TestH01_TheServersOwnTimeout: where the host gives a request less time, the library does not give it more.
func TestH01_TheServersOwnTimeout(t *testing.T) {
	authtest.Keys() // made outside, where time is not counted
	for own, most := range map[time.Duration]time.Duration{4 * time.Second: 5 * time.Second, time.Minute: 16 * time.Second} {
		t.Run(own.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := authtest.New(t, auth.Config{})
				c := piped(t, s.Handler(), func(s *http.Server) { s.ReadTimeout = own })
				began := time.Now()
				go func() { _, _ = io.WriteString(c, head("/auth/login/email", "Content-Length: 27")) }()
				res, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); res.StatusCode != http.StatusBadRequest || took > most {
					t.Errorf("answers %d after %v", res.StatusCode, took)
				}
				s.Drain()
			})
		})
	}
}

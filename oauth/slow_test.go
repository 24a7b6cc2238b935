package oauth_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/oauth"
)

// within serves a service with a provider in this process, which is asked through transport.
func within(t *testing.T, transport func(idp *authtest.Provider) http.RoundTripper) at {
	t.Helper()
	idp := authtest.NewProvider("http://localhost:1", callbackOf("demo"))
	p, err := oauth.NewProvider("demo", described(idp), oauth.Environment{InsecureLoopback: true, InsecureTransport: transport(idp)})
	if err != nil {
		t.Fatal(err)
	}
	return at{authtest.New(t, auth.Config{SignUp: true, Now: time.Now, OAuth: auth.OAuth{Own: []oauth.Provider{p}}}), idp}
}

// nobody demands that nobody signed in and nothing was made.
func (s at) nobody(t *testing.T, a answer) {
	t.Helper()
	s.unknown(t, ada.Email)
	for _, e := range s.Events.All() {
		if e.Name == "session.sign_in" || e.Name == "user.created" || e.Name == "oauth.linked" {
			t.Errorf("event %s", e.Name)
		}
	}
	if n := s.Faults.Count("links.Add") + s.Faults.Count("users.Create") + s.Faults.Count("sessions.Create"); n != 0 || a.str("token") != "" {
		t.Errorf("%d records are made, the answer is %s", n, a.Body)
	}
}

// TestSlowProvider: a provider that does not answer, or not to the end, is given up after ten seconds.
func TestSlowProvider(t *testing.T) {
	for _, trick := range authtest.Tricks() {
		if !trick.Slow {
			continue
		}
		t.Run(trick.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := within(t, func(idp *authtest.Provider) http.RoundTripper { return idp })
				b := s.browser(t)
				var to string
				if !trick.Early {
					to = b.begin("demo", "")
				}
				s.idp.Play(trick)
				began := time.Now()
				if trick.Early {
					s.nobody(t, b.do(http.MethodGet, "/auth/oauth2/demo/authorize", "").want(http.StatusServiceUnavailable, "unavailable"))
				} else {
					back := s.idp.Approve(t, to, ada)
					cookies := *b
					cookies.cookies = map[string]*http.Cookie{}
					for name, c := range b.cookies {
						cookies.cookies[name] = c
					}
					s.nobody(t, b.back(back).want(http.StatusServiceUnavailable, "unavailable"))
					cookies.back(back).want(http.StatusBadRequest, "invalid_state")
				}
				if took := time.Since(began); took != 10*time.Second {
					t.Errorf("it takes %v", took)
				}
				s.idp.Play(authtest.Trick{})
				time.Sleep(failureWait)
				s.browser(t).signIn(s.idp, "demo", ada).want(http.StatusOK, "")
			})
		})
	}
}

// failureWait is longer than a failure of the provider is remembered.
const failureWait = 6 * time.Second

// endless answers one path with a body that has no end, and counts what is read of it.
type endless struct {
	http.RoundTripper

	path         string
	read, closed *atomic.Int64
}

func (e endless) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != e.path {
		return e.RoundTripper.RoundTrip(r)
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: -1, Request: r,
		Body: struct {
			io.Reader
			io.Closer
		}{io.MultiReader(strings.NewReader(`{"keys":["`), filler{e.read}), closer{e.closed}},
	}, nil
}

type filler struct{ read *atomic.Int64 }

func (f filler) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	f.read.Add(int64(len(p)))
	return len(p), nil
}

type closer struct{ closed *atomic.Int64 }

func (c closer) Close() error { c.closed.Add(1); return nil }

// TestEndlessProvider: of an answer without an end, half a megabyte is read, whatever it is an answer to.
func TestEndlessProvider(t *testing.T) {
	for path, status := range map[string]int{
		"/.well-known/openid-configuration": http.StatusServiceUnavailable,
		"/token":                            http.StatusUnauthorized,
		"/keys":                             http.StatusServiceUnavailable,
		"/userinfo":                         http.StatusUnauthorized,
	} {
		t.Run(path, func(t *testing.T) {
			var read, closed atomic.Int64
			s := within(t, func(idp *authtest.Provider) http.RoundTripper { return endless{idp, path, &read, &closed} })
			b := s.browser(t)
			if strings.HasPrefix(path, "/.") {
				s.nobody(t, b.do(http.MethodGet, "/auth/oauth2/demo/authorize", "").want(status, ""))
			} else {
				s.idp.Play(authtest.Trick{Claims: func(c map[string]any) {
					if path == "/userinfo" {
						delete(c, "email")
					}
				}})
				s.nobody(t, b.signIn(s.idp, "demo", ada).want(status, ""))
			}
			if n := read.Load(); n == 0 || n > 512<<10 || closed.Load() != 1 {
				t.Errorf("%d bytes are read, closed %d times", n, closed.Load())
			}
		})
	}
}

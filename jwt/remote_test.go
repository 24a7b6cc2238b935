package jwt_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/jwt"
)

// publisher serves a key set and counts how often.
type publisher struct {
	*httptest.Server
	fetches atomic.Int64
	answer  atomic.Value // http.HandlerFunc
}

func newPublisher(t testing.TB, set []byte) *publisher {
	t.Helper()
	p := &publisher{}
	p.publish(set)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.fetches.Add(1)
		p.answer.Load().(http.HandlerFunc)(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *publisher) publish(set []byte) {
	p.answer.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(set) }))
}

func (p *publisher) fail(status int) {
	p.answer.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
}

func (f *fixture) remote(t testing.TB, url string) *jwt.Remote {
	t.Helper()
	r, err := jwt.NewRemote(url, issuer, "", &jwt.RemoteOptions{Now: func() time.Time { return f.now }})
	must(t, err)
	return r
}

// fresh signs a user token that lives from now on.
func (f *fixture) fresh(t *testing.T) string {
	t.Helper()
	return f.sign(t, f.payload(jwt.TypeUser))
}

func TestRemoteAcceptsWhatItsIssuerSigned(t *testing.T) {
	f := newFixture(t)
	p := newPublisher(t, f.service.JWKS())
	r := f.remote(t, p.URL)
	for _, kind := range []jwt.TokenType{jwt.TypeUser, jwt.TypeService} {
		got, err := r.Authenticate(t.Context(), f.sign(t, f.payload(kind)))
		if err != nil || got.UserID != "user-1" || got.TokenType != kind {
			t.Error(kind, got, err)
		}
	}
	if n := p.fetches.Load(); n != 1 {
		t.Errorf("%d fetches", n)
	}
}

func TestRemoteRefuses(t *testing.T) {
	f := newFixture(t)
	p := newPublisher(t, f.service.JWKS())
	r := f.remote(t, p.URL)
	header, claims := f.forge.Header("user"), f.forge.Claims("user", f.now)
	if _, err := r.Authenticate(t.Context(), f.forge.Token(header, claims)); err != nil {
		t.Fatal(errors.Unwrap(err))
	}
	attacker := f.forge.WithKey(newFixture(t).forge.Key)
	for name, token := range map[string]string{
		"nothing":                "",
		"a pre_auth token":       f.forge.Token(f.forge.Header("pre_auth"), f.forge.Claims("pre_auth", f.now)),
		"pre_auth as user":       f.forge.Token(header, f.forge.Claims("pre_auth", f.now)),
		"another key":            attacker.Token(header, claims),
		"another algorithm":      f.forge.Token(header.With("alg", `"none"`), claims),
		"another issuer":         f.forge.Token(header, claims.With("iss", `"https://other.example"`)),
		"another audience":       f.forge.Token(header, claims.With("aud", `"other"`)),
		"expired":                f.forge.Token(header, f.forge.Claims("user", f.now.Add(-time.Hour))),
		"a jku":                  f.forge.Token(header.With("jku", forge.Quote(p.URL)), claims),
		"no mac at all":          f.forge.Raw(header.String(), claims.String()),
		"a mac that is not last": f.forge.Raw(header.String(), claims.With("mac", `"AAAAAAAAAAAAAAAAAAAAAA"`).With("x", "1").String()),
		"a blank after the mac":  f.forge.Raw(header.String(), strings.TrimSuffix(claims.With("mac", `"AAAAAAAAAAAAAAAAAAAAA"`).String(), "}")+" }"),
		"an unknown key":         attacker.Token(header.With("kid", `"other"`), claims),
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := r.Authenticate(t.Context(), token); got != nil || !errors.Is(err, problem.ErrInvalidToken) {
				t.Error(got, err)
			}
		})
	}
	t.Run("the value of the mac is none of its business", func(t *testing.T) {
		if _, err := r.Authenticate(t.Context(), f.forge.Raw(header.String(), claims.With("mac", `"AAAAAAAAAAAAAAAAAAAAAA"`).String())); err != nil {
			t.Error(errors.Unwrap(err))
		}
	})
}

func TestRemoteFetchesOncePerCooldown(t *testing.T) {
	f := newFixture(t)
	p := newPublisher(t, f.service.JWKS())
	r := f.remote(t, p.URL)
	unknown := func(kid string) string {
		return f.forge.Token(f.forge.Header("user").With("kid", forge.Quote(kid)), f.forge.Claims("user", f.now))
	}
	for range 50 {
		if _, err := r.Authenticate(t.Context(), unknown("a"+f.now.String())); !errors.Is(err, problem.ErrInvalidToken) {
			t.Fatal(err)
		}
	}
	if n := p.fetches.Load(); n != 1 {
		t.Fatalf("%d fetches for 50 unknown keys", n)
	}
	f.now = f.now.Add(time.Minute - 1)
	_, _ = r.Authenticate(t.Context(), unknown("b"))
	if n := p.fetches.Load(); n != 1 {
		t.Errorf("%d fetches within the cool-down", n)
	}
	f.now = f.now.Add(1)
	_, _ = r.Authenticate(t.Context(), unknown("b"))
	_, _ = r.Authenticate(t.Context(), unknown("c"))
	if n := p.fetches.Load(); n != 2 {
		t.Errorf("%d fetches after it", n)
	}
	t.Run("junk causes none", func(t *testing.T) {
		f.now = f.now.Add(time.Hour)
		_, _ = r.Authenticate(t.Context(), f.forge.Token(f.forge.Header("user").With("kid", `"d"`), f.forge.Claims("user", f.now).With("iss", `"x"`)))
		_, _ = r.Authenticate(t.Context(), "a.b.c")
		if n := p.fetches.Load(); n != 2 {
			t.Errorf("%d fetches", n)
		}
	})
}

func TestRemoteFollowsARotation(t *testing.T) {
	f := newFixture(t)
	p := newPublisher(t, f.service.JWKS())
	r := f.remote(t, p.URL)
	old := f.fresh(t)
	if _, err := r.Authenticate(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	next := generate(t)
	f.service = f.serve(t, next, jwt.Options{Secret: f.secret})
	p.publish(f.service.JWKS())
	f.now = f.now.Add(time.Minute)
	if _, err := r.Authenticate(t.Context(), f.fresh(t)); err != nil {
		t.Error("the new key is not found:", err)
	}
	if _, err := r.Authenticate(t.Context(), old); !errors.Is(err, problem.ErrInvalidToken) {
		t.Error("the key that was withdrawn still verifies:", err)
	}
	t.Run("a key that is withdrawn dies within 10 minutes without any other sign", func(t *testing.T) {
		p.publish(f.serve(t, generate(t), jwt.Options{Secret: f.secret}).JWKS())
		f.now = f.now.Add(10*time.Minute - 1)
		if _, err := r.Authenticate(t.Context(), f.fresh(t)); err != nil {
			t.Error(err)
		}
		f.now = f.now.Add(1)
		if _, err := r.Authenticate(t.Context(), f.fresh(t)); !errors.Is(err, problem.ErrInvalidToken) {
			t.Error(err)
		}
	})
}

func TestRemoteWithoutKeys(t *testing.T) {
	f := newFixture(t)
	p := newPublisher(t, f.service.JWKS())
	unavailable := func(t *testing.T, r *jwt.Remote) {
		t.Helper()
		if got, err := r.Authenticate(t.Context(), f.fresh(t)); got != nil || !errors.Is(err, problem.ErrUnavailable) {
			t.Error(got, err)
		}
	}
	large := append(f.service.JWKS(), make([]byte, 64<<10)...)
	for i := range large[len(f.service.JWKS()):] {
		large[len(f.service.JWKS())+i] = ' '
	}
	for name, answer := range map[string]http.HandlerFunc{
		"500": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"404 with a set": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write(f.service.JWKS())
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/there" {
				_, _ = w.Write(f.service.JWKS())
				return
			}
			http.Redirect(w, r, "/there", http.StatusFound)
		},
		"more than 64 KiB": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(large) },
		"no JSON":          func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte("{"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			p.answer.Store(answer)
			unavailable(t, f.remote(t, p.URL))
		})
	}
	t.Run("a failed fetch keeps the old keys, for a day", func(t *testing.T) {
		p.publish(f.service.JWKS())
		r := f.remote(t, p.URL)
		if _, err := r.Authenticate(t.Context(), f.fresh(t)); err != nil {
			t.Fatal(err)
		}
		p.fail(http.StatusInternalServerError)
		f.now = f.now.Add(time.Hour)
		if _, err := r.Authenticate(t.Context(), f.fresh(t)); err != nil {
			t.Error("the keys are gone:", err)
		}
		other := forge.New(t, privatePEM(t, generate(t)), f.secret, issuer)
		if _, err := r.Authenticate(t.Context(), other.Token(other.Header("user"), other.Claims("user", f.now))); !errors.Is(err, problem.ErrUnavailable) {
			t.Error("a key that may be new:", err)
		}
		f.now = f.now.Add(23 * time.Hour)
		unavailable(t, r)
		p.publish(f.service.JWKS())
		f.now = f.now.Add(time.Minute)
		if _, err := r.Authenticate(t.Context(), f.fresh(t)); err != nil {
			t.Error("it does not recover:", err)
		}
	})
}

// transport answers requests without a network.
type transport func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRemoteFetchesTogether(t *testing.T) {
	f := newFixture(t)
	token := f.fresh(t)
	synctest.Test(t, func(t *testing.T) {
		fetches, release := 0, make(chan struct{})
		client := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			fetches++
			select {
			case <-release:
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(f.service.JWKS()))}, nil
		})}
		r, err := jwt.NewRemote("https://keys.example/", issuer, "", &jwt.RemoteOptions{Client: client, Now: f.service.Now})
		must(t, err)
		leaving, leave := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() { _, err := r.Authenticate(leaving, token); gone <- err }()
		synctest.Wait() // the one who will leave began the fetch
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := r.Authenticate(t.Context(), token); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait() // all wait for it
		leave()
		if err := <-gone; !errors.Is(err, problem.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Error("who leaves gets", err)
		}
		close(release)
		wg.Wait()
		if fetches != 1 {
			t.Errorf("%d fetches", fetches)
		}
	})
}

func TestRemoteDoesNotWaitForEver(t *testing.T) {
	f := newFixture(t)
	token := f.fresh(t)
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})}
		r, err := jwt.NewRemote("https://keys.example/", issuer, "", &jwt.RemoteOptions{Client: client, Now: f.service.Now})
		must(t, err)
		start := time.Now()
		_, err = r.Authenticate(t.Context(), token)
		if d := time.Since(start); !errors.Is(err, problem.ErrUnavailable) || d != 5*time.Second {
			t.Error(err, "after", d)
		}
	})
}

func TestRemoteOptionsThatAreRefused(t *testing.T) {
	for name, url := range map[string]string{
		"http": "http://keys.example/jwks.json", "a loopback name that is none": "http://localhost.example/", "no host": "https:///jwks.json", "relative": "/jwks.json",
		"a file": "file:///etc/passwd", "a user": "https://u:p@keys.example/", "a fragment": "https://keys.example/#x", "nothing": "", "no URL": "https://%zz",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := jwt.NewRemote(url, issuer, "", nil); err == nil {
				t.Error("accepted")
			}
		})
	}
	const url = "https://keys.example/jwks.json"
	for _, good := range []string{url, "http://localhost:8080/x", "http://127.0.0.1/x", "http://[::1]:1/x"} {
		_, err := jwt.NewRemote(good, issuer, "", nil)
		must(t, err)
	}
	for name, err := range map[string]error{
		"no issuer":                second(jwt.NewRemote(url, "", "", nil)),
		"the audience of pre_auth": second(jwt.NewRemote(url, issuer, issuer+"/2fa", nil)),
		"a leeway over 2 minutes":  second(jwt.NewRemote(url, issuer, "", &jwt.RemoteOptions{Leeway: time.Hour})),
		"a cool-down of nothing":   second(jwt.NewRemote(url, issuer, "", &jwt.RemoteOptions{Cooldown: 1})),
	} {
		if err == nil {
			t.Error(name, "is accepted")
		}
	}
}

func second[T any](_ T, err error) error { return err }

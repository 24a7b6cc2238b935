package authtest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Person is somebody who signs in at a [Provider].
type Person struct {
	// Subject is who they are. Default: a hash of Email.
	Subject string
	Email   string
	// Unverified says that the provider does not vouch for Email.
	Unverified bool
	Name       string
}

func (p Person) subject() string {
	if p.Subject != "" {
		return p.Subject
	}
	sum := sha256.Sum256([]byte(p.Email))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// Provider is an OpenID provider in this process. It asks for an address, in one HTML form without script, password or cookie, and
// believes it. It demands PKCE with S256, takes a code once, and names itself in its answers (RFC 9207).
//
// With a [Trick] it lies in one point and is honest in all others.
type Provider struct {
	// Issuer is its issuer, where it serves.
	Issuer string
	// Shared, 32 bytes that several providers of one issuer have in common, lets each of them redeem the codes of the others. A code is then
	// good until it is a minute old, more than once. Default: codes are kept here, and good once.
	Shared []byte
	// Aliases are further paths below Issuer under which everything is served too. Default: none.
	Aliases []string
	// ClientID and ClientSecret are those of its only client; RedirectURIs are where it sends browsers back to, compared byte by byte.
	ClientID, ClientSecret string
	RedirectURIs           []string
	// Now returns the current time. Default: time.Now.
	Now func() time.Time

	mu    sync.Mutex
	keys  []*providerKey // the newest signs
	codes map[string]grant
	lives map[string]Person // by access token
	hits  map[string]int
	trick Trick
}

// grant is what a code stands for.
type grant struct {
	Who                        Person
	Nonce, Challenge, Redirect string
	At                         int64
}

// NewProvider makes a provider for an issuer, which is an http.Handler to be mounted there, with a client of random secret.
func NewProvider(issuer string, redirectURIs ...string) *Provider {
	p := &Provider{
		Issuer: issuer, ClientID: "demo", ClientSecret: rand.Text(), RedirectURIs: redirectURIs,
		codes: map[string]grant{}, lives: map[string]Person{}, hits: map[string]int{},
	}
	p.Rotate()
	return p
}

// StartProvider serves a provider on loopback until the test ends.
func StartProvider(t TB, redirectURIs ...string) *Provider {
	t.Helper()
	var p *Provider
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.ServeHTTP(w, r) }))
	t.Cleanup(s.CloseClientConnections)
	t.Cleanup(s.Close)
	p = NewProvider(s.URL, redirectURIs...)
	return p
}

func (p *Provider) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

// Play makes the provider lie. The zero Trick makes it honest again.
func (p *Provider) Play(t Trick) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trick = t
}

func (p *Provider) playing() Trick {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trick
}

// Rotate signs with a new key from now on; the keys before it are no longer published.
func (p *Provider) Rotate() {
	k := newProviderKey()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = []*providerKey{k}
}

// Hits is how often an endpoint was asked: "metadata", "keys", "authorize", "token", "userinfo".
func (p *Provider) Hits(endpoint string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hits[endpoint]
}

// ServeHTTP serves the issuer's paths.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	base, err := url.Parse(p.Issuer)
	if err != nil {
		http.Error(w, "the issuer is no URL", http.StatusInternalServerError)
		return
	}
	endpoints := map[string]struct {
		name  string
		serve http.HandlerFunc
	}{
		"/.well-known/openid-configuration": {"metadata", p.serveMetadata},
		"/keys":                             {"keys", p.serveKeys},
		"/authorize":                        {"authorize", p.serveAuthorize},
		"/token":                            {"token", p.serveToken},
		"/userinfo":                         {"userinfo", p.serveUserInfo},
	}
	path := strings.TrimPrefix(r.URL.Path, strings.TrimSuffix(base.Path, "/"))
	for _, alias := range p.Aliases {
		path = strings.TrimPrefix(path, alias)
	}
	e, ok := endpoints[path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	p.mu.Lock()
	p.hits[e.name]++
	trick := p.trick
	p.mu.Unlock()
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if trick.Serve != nil && trick.Serve(e.name, w, r) {
		return
	}
	e.serve(w, r)
}

// Approve signs somebody in and answers where the browser goes with the code, as the form does.
func (p *Provider) Approve(t TB, authorizationURL string, who Person) *url.URL {
	t.Helper()
	u, err := url.Parse(authorizationURL)
	if err != nil {
		t.Fatalf("authtest: %v", err)
		return nil
	}
	if why := p.check(u.Query()); why != "" {
		t.Fatalf("authtest: the provider refuses the request: %s", why)
		return nil
	}
	return p.grant(u.Query(), who)
}

// grant makes a code, and answers where it goes.
func (p *Provider) grant(q url.Values, who Person) *url.URL {
	code := p.keep(grant{who, q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri"), p.now().Unix()})
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil { // it is one of RedirectURIs
		back = &url.URL{}
	}
	answer := back.Query()
	answer.Set("code", code)
	answer.Set("state", q.Get("state"))
	answer.Set("iss", p.Issuer)
	if t := p.playing(); t.Answer != nil {
		t.Answer(answer)
	}
	back.RawQuery = answer.Encode()
	return back
}

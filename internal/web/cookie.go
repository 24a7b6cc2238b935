package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/crafteasy/auth/internal/problem"
)

// cookieName is the cookie's name. Browsers take the prefix only from the host itself, over a secure connection, for all paths: neither
// a subdomain nor a network attacker can set it (RFC 6265bis section 4.1.3.2).
const cookieName = "__Host-auth"

// maxCookie is how long a cookie may be with its name and attributes for every browser to keep it (RFC 6265 section 6.1).
const maxCookie = 4096

// Cookie carries the token between a browser and this service. One in [Host] turns cookie mode on; without one no cookie is looked
// at. It is safe for concurrent use.
type Cookie struct {
	name    string
	origins http.CrossOriginProtection
}

// NewCookie makes the cookie of a namespace. Requests of pages of the origin are not foreign, whatever a proxy has made of the Host header.
func NewCookie(namespace, origin string) (*Cookie, error) {
	c := &Cookie{name: cookieName}
	if namespace != "" {
		c.name += "-" + namespace
	}
	return c, c.origins.AddTrustedOrigin(origin)
}

func (c *Cookie) with(token string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: c.name, Value: token, MaxAge: maxAge, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// aDay is more seconds than any token lives.
const aDay = 86400

// Fits reports whether browsers keep a cookie with the token. They drop a longer one without a word.
func (c *Cookie) Fits(token string) bool {
	return len(c.with(token, aDay).String()) <= maxCookie
}

// Set has the browser keep the token for its life. Nothing relies on the browser's clock: the token's own time decides.
func (c *Cookie) Set(w http.ResponseWriter, token string, life time.Duration) {
	http.SetCookie(w, c.with(token, max(1, int(life.Seconds()))))
}

// find answers the cookie's value, and how often r names it. It allocates nothing.
func (c *Cookie) find(r *http.Request) (value string, n int) {
	for _, line := range r.Header["Cookie"] {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			name, v, _ := strings.Cut(pair, "=")
			if strings.Trim(name, " \t") == c.name {
				value, n = strings.Trim(v, " \t"), n+1
			}
		}
	}
	return value, n
}

// credential joins what the headers of r present with the cookie. A foreign page can make a browser send the cookie and nothing else, so
// that the cookie alone must come from a page of this origin.
func (c *Cookie) credential(r *http.Request, token string, err error) (string, error) {
	value, n := c.find(r)
	switch {
	case n == 0:
		return token, err
	case n > 1: // one of them was planted
		return "", problem.ErrAmbiguousCredentials
	case errors.Is(err, problem.ErrAuthenticationRequired):
		if err := c.sameOrigin(r); err != nil {
			return "", err
		}
		return presented(value)
	case err != nil || token != value:
		return "", problem.ErrAmbiguousCredentials
	}
	return token, nil
}

// sameOrigin refuses a request with an unsafe method that a page of another origin has made a browser send. One without
// Sec-Fetch-Site and Origin comes from no browser of today and passes.
func (c *Cookie) sameOrigin(r *http.Request) error {
	if err := c.origins.Check(r); err != nil {
		return problem.ErrCrossOrigin.Wrap(err)
	}
	return nil
}

// DropCookie has the browser forget the token that r presents in a cookie, because what it stood for has ended.
func DropCookie(w http.ResponseWriter, r *http.Request) { HostFrom(r.Context()).dropCookie(w, r) }

func (h *Host) dropCookie(w http.ResponseWriter, r *http.Request) {
	if h.Cookie == nil {
		return
	}
	if _, n := h.Cookie.find(r); n > 0 {
		http.SetCookie(w, h.Cookie.with("", -1))
	}
}

package oauth

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// Each flow has a cookie of its own, named after its state, so that two tabs do not disturb each other; and so has a handoff, named
// after its code, where handoffs are bound.

// flowsPerBrowser is how many of these cookies a browser keeps when it begins. More is a page that sends a window to begin after
// begin: they would push the cookies of the host out of the browser, or make every request too long for a proxy.
const flowsPerBrowser = 8

// digest is how many bytes of a handle's hash are in the name of its cookie.
const digest = 12

func (s *Service) prefix() string {
	if s.opts.InsecureCookie {
		return "oauth-"
	}
	return "__Host-oauth-"
}

func (s *Service) name(handle string) string {
	return s.prefix() + base64.RawURLEncoding.EncodeToString(hash("cookie:" + handle)[:digest])
}

func (s *Service) bind(w http.ResponseWriter, handle, binding string, life time.Duration) {
	s.set(w, s.name(handle), binding, life)
}

func (s *Service) unbind(w http.ResponseWriter, handle string) { s.forget(w, s.name(handle)) }

func (s *Service) forget(w http.ResponseWriter, name string) { s.set(w, name, "", -time.Second) }

func (s *Service) set(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: !s.opts.InsecureCookie, SameSite: http.SameSiteLaxMode,
	})
}

// bindFlow gives the browser the cookie of a flow, and takes its oldest where it has too many. Browsers send the oldest first
// (RFC 6265 section 5.4).
func (s *Service) bindFlow(w http.ResponseWriter, r *http.Request, f Flow) {
	var held []string
	for _, c := range r.Cookies() {
		if rest, ours := strings.CutPrefix(c.Name, s.prefix()); ours && len(rest) == base64.RawURLEncoding.EncodedLen(digest) {
			held = append(held, c.Name)
		}
	}
	for i := range len(held) - (flowsPerBrowser - 1) {
		s.forget(w, held[i])
	}
	s.bind(w, f.State, f.Binding, FlowLife)
}

// binding answers the value of the cookie. Two cookies of one name are none: one of them was planted.
func (s *Service) binding(r *http.Request, handle string) string {
	found := r.CookiesNamed(s.name(handle))
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}

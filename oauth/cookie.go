package oauth

import (
	"encoding/base64"
	"net/http"
	"time"
)

// Each flow has a cookie of its own, named after its state, so that two tabs do not disturb each other; and so has a handoff, named
// after its code, where handoffs are bound.

func (s *Service) cookie(handle string) *http.Cookie {
	name := "oauth-" + base64.RawURLEncoding.EncodeToString(hash("cookie:" + handle)[:12])
	if !s.opts.InsecureCookie {
		name = "__Host-" + name
	}
	return &http.Cookie{Name: name, Path: "/", HttpOnly: true, Secure: !s.opts.InsecureCookie, SameSite: http.SameSiteLaxMode}
}

func (s *Service) bind(w http.ResponseWriter, handle, binding string, life time.Duration) {
	c := s.cookie(handle)
	c.Value, c.MaxAge = binding, int(life.Seconds())
	http.SetCookie(w, c)
}

func (s *Service) unbind(w http.ResponseWriter, handle string) {
	c := s.cookie(handle)
	c.MaxAge = -1
	http.SetCookie(w, c)
}

// binding answers the value of the cookie. Two cookies of one name are none: one of them was planted.
func (s *Service) binding(r *http.Request, handle string) string {
	found := r.CookiesNamed(s.cookie(handle).Name)
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}

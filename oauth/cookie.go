package oauth

import (
	"encoding/base64"
	"net/http"
)

// Each flow has a cookie of its own, named after its state, so that two tabs do not disturb each other.

func (s *Service) cookie(state string) *http.Cookie {
	name := "oauth-" + base64.RawURLEncoding.EncodeToString(hash("cookie:" + state)[:12])
	if !s.opts.InsecureCookie {
		name = "__Host-" + name
	}
	return &http.Cookie{Name: name, Path: "/", HttpOnly: true, Secure: !s.opts.InsecureCookie, SameSite: http.SameSiteLaxMode}
}

func (s *Service) bind(w http.ResponseWriter, f Flow) {
	c := s.cookie(f.State)
	c.Value, c.MaxAge = f.Binding, int(FlowLife.Seconds())
	http.SetCookie(w, c)
}

func (s *Service) unbind(w http.ResponseWriter, state string) {
	c := s.cookie(state)
	c.MaxAge = -1
	http.SetCookie(w, c)
}

// binding answers the value of the flow's cookie. Two cookies of one name are none: one of them was planted.
func (s *Service) binding(r *http.Request, state string) string {
	found := r.CookiesNamed(s.cookie(state).Name)
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}

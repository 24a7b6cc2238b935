package catalogue

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestA13_ProviderError: what a provider says of an error is never repeated, in answer, event or log. The state is spent, and a code that
// comes with it is not exchanged.
func TestA13_ProviderError(t *testing.T) {
	const script = "<script>alert(1)</script>"
	eachSocial(t, nil, func(t *testing.T, s *social) {
		for _, c := range []struct {
			rule   string
			change func(q url.Values)
			status int
			code   string
		}{
			{"an error that is a script", func(q url.Values) { q.Del("code"); q.Set("error", script); q.Set("error_uri", "javascript:alert(1)") }, 401, "provider_refused"},
			{"a description of 100 kB", func(q url.Values) {
				q.Del("code")
				q.Set("error", "x")
				q.Set("error_description", strings.Repeat(script, 4000))
			}, 401, "provider_refused"},
			{"line breaks", func(q url.Values) { q.Del("code"); q.Set("error", "x\r\nSet-Cookie: a=b") }, 401, "provider_refused"},
			{"an empty error", func(q url.Values) { q.Set("error", "") }, 401, "provider_refused"},
			{"a code and an error", func(q url.Values) { q.Set("error", "access_denied") }, 401, "provider_refused"},
			{"the code given twice", func(q url.Values) { q.Add("code", "x") }, 400, "invalid_request"},
			{"iss given twice", func(q url.Values) { q.Add("iss", q.Get("iss")) }, 400, "invalid_request"},
			{"no code", func(q url.Values) { q.Del("code") }, 400, "invalid_request"},
			{"a code of 100 kB", func(q url.Values) { q.Set("code", strings.Repeat("x", 100<<10)) }, 400, "invalid_request"},
			{"an error without a state", func(q url.Values) { q.Del("state"); q.Set("error", script) }, 400, "invalid_state"},
			{"an error with a state that is none", func(q url.Values) { q.Set("state", script); q.Set("error", script) }, 400, "invalid_state"},
		} {
			t.Run(c.rule, func(t *testing.T) {
				b := s.browser(t)
				to := b.leave(zoe)
				kept := b.copied()
				a := s.refuses(t, c.status, c.code, func() answer { return b.back(altered(to, c.change)) })
				if a.header.Get("X-Content-Type-Options") != "nosniff" {
					t.Errorf("headers %v", a.header)
				}
				if strings.Contains(a.body, "alert") || strings.Contains(a.body, "access_denied") {
					t.Error("what the provider said is repeated")
				}
				if c.code != "invalid_state" { // else the answer named no state, so none is spent
					s.refuses(t, http.StatusBadRequest, "invalid_state", func() answer { return kept.back(to) })
				}
			})
		}
		if strings.Contains(s.Logs(), "script") || strings.Contains(s.Logs(), "Set-Cookie") {
			t.Error("what the provider said is logged")
		}
		if n := s.idp.Hits("token"); n != 0 {
			t.Errorf("%d codes were exchanged", n)
		}
		s.unknown(t, zoe.Email)
	})
}

package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestA13_ProviderError(t *testing.T) {
	script := "<script>alert(1)</script>"
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
			s := serve(t, nil)
			b := s.browser(t)
			to := s.idp.Approve(t, b.begin("demo", ""), ada)
			kept := map[string]*http.Cookie{}
			for k, v := range b.cookies {
				kept[k] = v
			}
			w := b.back(with(to, c.change)).want(c.status, c.code)
			s.nothing(t, w)
			if h := w.Header(); h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(h.Get("Content-Type"), "application/problem+json") {
				t.Errorf("headers %v", h)
			}
			if strings.Contains(s.Logs(), "script") || strings.Contains(w.Body.String(), "alert") {
				t.Error("what the provider said is repeated")
			}
			if s.idp.Hits("token") != 0 {
				t.Error("the code was exchanged")
			}
			want := http.StatusBadRequest
			if c.code == "invalid_state" {
				want = http.StatusOK // the answer named no state, so none is spent
			}
			(&browser{t: t, h: b.h, cookies: kept}).back(to).want(want, "")
		})
	}
}

func TestNames(t *testing.T) {
	s := serve(t, nil)
	b := s.browser(t)
	for path, want := range map[string]struct {
		status int
		code   string
	}{
		"/auth/oauth2/unknown/authorize":                          {400, "unknown_provider"},
		"/auth/oauth2/google/authorize":                           {400, "unknown_provider"},
		"/auth/oauth2/unknown/callback":                           {400, "unknown_provider"},
		"/auth/oauth2/" + strings.Repeat("a", 32) + "/authorize":  {400, "unknown_provider"},
		"/auth/oauth2/" + strings.Repeat("a", 33) + "/authorize":  {404, "not_found"},
		"/auth/oauth2/Demo/authorize":                             {404, "not_found"},
		"/auth/oauth2/demo%20/authorize":                          {404, "not_found"},
		"/auth/oauth2/%3Cscript%3E/callback":                      {404, "not_found"},
		"/auth/oauth2/demo/authorize?application=a&application=b": {400, "invalid_request"},
	} {
		b.do(http.MethodGet, path, "").want(want.status, want.code)
	}
	for _, path := range []string{"/auth/oauth2/demo/callback", "/auth/oauth2/demo/authorize"} {
		b.do(http.MethodHead, path, "").want(http.StatusMethodNotAllowed, "")
		b.do(http.MethodPost, path, "{}").want(http.StatusMethodNotAllowed, "")
	}
	if got := b.do(http.MethodGet, "/auth/oauth2/providers", "").want(http.StatusOK, "").Body.String(); got != `{"providers":[{"name":"demo"}]}` {
		t.Errorf("got %s", got)
	}
}

func TestReturnTo(t *testing.T) {
	s := serve(t, nil)
	b := s.browser(t)
	for to, want := range map[string]int{
		"/":                             http.StatusFound,
		"/a/b?c=d#e":                    http.StatusFound,
		"/%5cevil.example":              http.StatusFound, // a path with an encoded backslash, on the own origin
		"https://app.example/done":      http.StatusFound,
		"":                              http.StatusBadRequest,
		"a":                             http.StatusBadRequest,
		"//evil.example":                http.StatusBadRequest,
		`/\evil.example`:                http.StatusBadRequest,
		`\/evil.example`:                http.StatusBadRequest,
		"/\t/evil.example":              http.StatusBadRequest,
		"/a\r\nSet-Cookie: a=b":         http.StatusBadRequest,
		"/a\x00":                        http.StatusBadRequest,
		"/a\u0085":                      http.StatusBadRequest,
		"https://evil.example":          http.StatusBadRequest,
		"https://app.example/done/":     http.StatusBadRequest,
		"https://app.example/done?a":    http.StatusBadRequest,
		"https://app.example":           http.StatusBadRequest,
		"HTTPS://app.example/done":      http.StatusBadRequest,
		"https://app.example@evil/done": http.StatusBadRequest,
		"javascript:alert(1)":           http.StatusBadRequest,
		" /a":                           http.StatusBadRequest,
		"/" + strings.Repeat("a", 2048): http.StatusBadRequest,
	} {
		w := b.do(http.MethodGet, "/auth/oauth2/demo/authorize?return_to="+url.QueryEscape(to), "")
		if w.Code != want || want == http.StatusBadRequest && (w.str("code") != "invalid_request" || w.Header().Get("Location") != "" || len(w.Header()["Set-Cookie"]) != 0) {
			t.Errorf("%q: %d %s", to, w.Code, w.Body)
		}
	}
	b.do(http.MethodGet, "/auth/oauth2/demo/authorize?return_to=/a&return_to=/b", "").want(http.StatusBadRequest, "invalid_request")
}

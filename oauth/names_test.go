package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

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

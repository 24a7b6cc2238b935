package web_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
)

// TestAProblemDocument holds the document to its bytes and the headers to what goes with each refusal.
func TestAProblemDocument(t *testing.T) {
	fixed := map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Content-Type": "application/problem+json",
	}
	for _, c := range []struct {
		rule, method, requestID string
		refusal                 *problem.Error
		headers                 map[string]string
		body                    string
	}{
		{
			"a token that is refused", http.MethodGet, "id-1", problem.ErrInvalidToken.Wrap(errors.New("the cause stays inside")),
			map[string]string{"Www-Authenticate": `Bearer error="invalid_token"`},
			`{"type":"about:blank","title":"Unauthorized","status":401,"detail":"The token is not valid.","code":"invalid_token","request_id":"id-1"}`,
		},
		{
			"nothing presented names no error", http.MethodGet, "id-1", problem.ErrAuthenticationRequired,
			map[string]string{"Www-Authenticate": "Bearer"},
			`{"type":"about:blank","title":"Unauthorized","status":401,"detail":"This resource needs a token.","code":"authentication_required","request_id":"id-1"}`,
		},
		{
			"a wait is in whole seconds, rounded up", http.MethodGet, "id-1", problem.ErrRateLimited.WithRetryAfter(1500 * time.Millisecond),
			map[string]string{"Retry-After": "2"},
			`{"type":"about:blank","title":"Too Many Requests","status":429,"detail":"Too many requests; wait and try again.","code":"rate_limited","request_id":"id-1","retry_after":2}`,
		},
		{
			"further members in the order of their names", http.MethodGet, "id-1",
			problem.New(409, "c", "d").WithMember("link", "a\"b").WithMember("also", map[string]any{"y": 1, "x": "<"}),
			nil,
			`{"type":"about:blank","title":"Conflict","status":409,"detail":"d","code":"c","request_id":"id-1","also":{"x":"<","y":1},"link":"a\"b"}`,
		},
		{
			"texts are escaped, and no id is left out", http.MethodGet, "", problem.ErrInvalidRequest.WithDetail("The field \"a\"\n\\ is not valid."),
			nil,
			`{"type":"about:blank","title":"Bad Request","status":400,"detail":"The field \"a\"\n\\ is not valid.","code":"invalid_request"}`,
		},
		{
			"what JSON cannot carry is a silent failure", http.MethodGet, "id-1", problem.ErrInvalidRequest.WithDetail("\xff"),
			nil, `{"type":"about:blank","status":500,"code":"internal_error"}`,
		},
		{"HEAD has no body", http.MethodHead, "id-1", problem.ErrNotFound, nil, ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			w := httptest.NewRecorder()
			web.WriteProblem(w, c.method, c.requestID, c.refusal)
			if w.Code != c.refusal.Status() || w.Body.String() != c.body {
				t.Errorf("answers %d\n%s, want\n%s", w.Code, w.Body, c.body)
			}
			if c.body != "" && !json.Valid(w.Body.Bytes()) {
				t.Error("not JSON")
			}
			want := http.Header{}
			if c.requestID != "" {
				want.Set("X-Request-Id", c.requestID)
			}
			for _, set := range []map[string]string{fixed, c.headers} {
				for name, value := range set {
					want.Set(name, value)
				}
			}
			if got := w.Result().Header; !reflect.DeepEqual(got, want) {
				t.Errorf("headers %v, want %v", got, want)
			}
		})
	}
}

// TestHeadersOfOneAnswerAreItsOwn changes and extends the headers of an answer and looks at the next, and at what that has made of the first.
func TestHeadersOfOneAnswerAreItsOwn(t *testing.T) {
	answer := func() http.Header {
		w := httptest.NewRecorder()
		web.WriteProblem(w, http.MethodGet, "id", problem.ErrInvalidToken)
		return w.Header()
	}
	h, want := answer(), answer().Clone()
	for name := range h {
		h[name][0] = "changed"
	}
	if got := answer(); !reflect.DeepEqual(got, want) {
		t.Errorf("the next answer has %v, want %v", got, want)
	}
	for name := range h {
		if h[name][0] != "changed" {
			t.Errorf("the next answer has made %q of %s", h[name][0], name)
		}
		h.Add(name, "more")
		for other := range h {
			if other != name && h[other][0] == "more" {
				t.Errorf("what is added to %s is in %s", name, other)
			}
		}
	}
}

package catalogue

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
)

// TestOrderOfRefusals sends requests that are wrong in several ways and sees which one is told (CONTRACT 7): path 404, method 405,
// credential 401/403, media type 415, size 413, body 400, rate 429, then the deed.
func TestOrderOfRefusals(t *testing.T) {
	e := alone(t, auth.Config{Limits: auth.Limits{IPPerMinute: 1, RecipientPerHour: 100, RecipientPerDay: 100}})
	if a := e.post("/auth/login/email", `{"email":"first@example.com"}`); a.status != http.StatusOK {
		t.Fatalf("the one request that the limit allows answers %d %s", a.status, a.body)
	}
	big := `{"email":"` + strings.Repeat("a", 70<<10) + `"}`
	text, jsonType := header("Content-Type", "text/plain"), header("Content-Type", "application/json")
	tests := []struct {
		name               string
		method, path, body string
		options            []option
		status             int
		code               string
	}{
		{"path before method", "PUT", "/auth/nothing", big, []option{text}, 404, "not_found"},
		{"path before credential", "POST", "/auth/nothing", big, []option{text, key("x")}, 404, "not_found"},
		{"method before credential", "PUT", "/auth/sessions", big, []option{text}, 405, "method_not_allowed"},
		{"credential before media type", "POST", "/auth/me/identifiers", big, []option{text}, 401, "authentication_required"},
		{"two credentials before media type", "POST", "/auth/me/identifiers", big, []option{text, key("a"), key("b")}, 400, "ambiguous_credentials"},
		{"media type before size", "POST", "/auth/login/email", big, []option{text}, 415, "unsupported_media_type"},
		{"size before body", "POST", "/auth/login/email", big, []option{jsonType}, 413, "request_too_large"},
		{"a body that is no JSON before rate", "POST", "/auth/login/email", `{`, []option{jsonType}, 400, "invalid_request"},
		{"a field of the wrong type before rate", "POST", "/auth/login/email", `{"email":1}`, []option{jsonType}, 400, "invalid_request"},
		{"a field that is missing before rate", "POST", "/auth/login/email", `{}`, []option{jsonType}, 400, "invalid_request"},
		{"an address that is none before rate", "POST", "/auth/login/email", `{"email":"a@b"}`, []option{jsonType}, 400, "invalid_request"},
		{"a number that is none before rate", "POST", "/auth/login/sms", `{"phone":"0701234567"}`, []option{jsonType}, 400, "invalid_request"},
		{"a code that is missing before rate", "POST", "/auth/login/verify", `{"target":"ada@example.com"}`, []option{jsonType}, 400, "invalid_request"},
		{"a target that is none before rate", "POST", "/auth/login/verify", `{"target":"ada","code":"123456"}`, []option{jsonType}, 400, "invalid_request"},
		{"rate before the deed of login", "POST", "/auth/login/email", `{"email":"ada@example.com"}`, []option{jsonType}, 429, "rate_limited"},
		{"rate before the deed of verify", "POST", "/auth/login/verify", `{"target":"ada@example.com","code":"123456"}`, []option{jsonType}, 429, "rate_limited"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := tt.options
			if tt.body == big { // announced first: most of these answers are given without the body being read
				o = append(slices.Clone(o), header("Expect", "100-continue"))
			}
			a := e.refuses(t, tt.status, tt.code, func() answer { return e.do(tt.method, tt.path, tt.body, o...) })
			if (a.header.Get("Retry-After") != "") != (tt.status == 429) {
				t.Errorf("Retry-After: %q", a.header.Get("Retry-After"))
			}
		})
	}
	e.Drain()
	if n := len(e.Inbox.Messages()); n != 0 {
		t.Errorf("%d messages were sent", n) // sign-up is closed: the first address has no account
	}
}

// TestH04_AmbiguousCredentials is H-04: more than one credential is never a silent choice.
func TestH04_AmbiguousCredentials(t *testing.T) {
	e := alone(t, auth.Config{})
	mine, theirs := e.login(ada), e.login(bob)
	bearer := func(token string) option { return header("Authorization", "Bearer "+token) }
	tests := []struct {
		name    string
		options []option
		status  int
		code    string
	}{
		{"X-API-Key alone", []option{key(mine)}, 200, ""},
		{"Authorization alone", []option{bearer(mine)}, 200, ""},
		{"the scheme in another case", []option{header("Authorization", "bEaReR "+mine)}, 200, ""},
		{"the same token in both", []option{key(mine), bearer(mine)}, 200, ""},
		{"two users", []option{key(mine), bearer(theirs)}, 400, "ambiguous_credentials"},
		{"two users the other way round", []option{key(theirs), bearer(mine)}, 400, "ambiguous_credentials"},
		{"valid and garbage", []option{key(mine), bearer("garbage")}, 400, "ambiguous_credentials"},
		{"garbage and valid", []option{key("garbage"), bearer(mine)}, 400, "ambiguous_credentials"},
		{"valid and empty", []option{key(mine), header("Authorization", "")}, 400, "ambiguous_credentials"},
		{"empty and valid", []option{key(""), bearer(mine)}, 400, "ambiguous_credentials"},
		{"valid and another scheme", []option{key(mine), header("Authorization", "Basic YTpi")}, 400, "ambiguous_credentials"},
		{"X-API-Key twice with one token", []option{key(mine), key(mine)}, 400, "ambiguous_credentials"},
		{"X-API-Key twice", []option{key(mine), key(theirs)}, 400, "ambiguous_credentials"},
		{"Authorization twice with one token", []option{bearer(mine), bearer(mine)}, 400, "ambiguous_credentials"},
		{"Authorization twice, the second another scheme", []option{bearer(mine), header("Authorization", "Basic YTpi")}, 400, "ambiguous_credentials"},
		{"a comma-joined line", []option{key(mine + ", " + theirs)}, 401, "invalid_token"},
		{"the scheme inside X-API-Key", []option{key("Bearer " + mine)}, 401, "invalid_token"},
		{"no scheme", []option{header("Authorization", mine)}, 401, "invalid_token"},
		{"another scheme alone", []option{header("Authorization", "Basic YTpi")}, 401, "invalid_token"},
		{"an empty X-API-Key", []option{key("")}, 401, "invalid_token"},
		{"an empty Bearer", []option{header("Authorization", "Bearer ")}, 401, "invalid_token"},
		{"only in a cookie", []option{header("Cookie", "token="+mine+"; __Host-auth="+mine)}, 401, "authentication_required"},
		{"a user's token beside another's in a cookie", []option{key(mine), header("Cookie", "__Host-auth="+theirs)}, 200, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			act := func() answer { return e.do(http.MethodGet, "/app", "", tt.options...) }
			if tt.status != http.StatusOK {
				e.refuses(t, tt.status, tt.code, act)
				return
			}
			if a := act(); a.status != http.StatusOK || a.body != e.account(ada) {
				t.Errorf("answers %d %q", a.status, a.body)
			}
		})
	}
	t.Run("in a trailer", func(t *testing.T) {
		e.refuses(t, 401, "authentication_required", func() answer {
			return e.do(http.MethodPost, "/app", "x", func(r *http.Request) {
				r.ContentLength = -1
				r.Trailer = http.Header{"X-Api-Key": {mine}}
			})
		})
	})
	for _, where := range []string{"?token=%s", "?X-API-Key=%s", "?access_token=%s", "?api_key=%s"} {
		t.Run("in the URL as "+where, func(t *testing.T) {
			e.refuses(t, 401, "authentication_required", func() answer {
				return e.do(http.MethodGet, "/app"+fmt.Sprintf(where, mine), "")
			})
			if a := e.do(http.MethodGet, "/open"+fmt.Sprintf(where, mine), ""); a.body != "nobody" {
				t.Errorf("OptionalAuth sees it: %s", a.body)
			}
		})
	}
	t.Run("in a form", func(t *testing.T) {
		e.refuses(t, 401, "authentication_required", func() answer {
			return e.do(http.MethodPost, "/app", "access_token="+mine, header("Content-Type", "application/x-www-form-urlencoded"))
		})
	})
	t.Run("in a chunked trailer beside another's token", func(t *testing.T) {
		a := e.do(http.MethodPost, "/app", "x", key(theirs), func(r *http.Request) {
			r.ContentLength = -1
			r.Trailer = http.Header{"X-Api-Key": {mine}}
		})
		if a.body != e.account(bob) {
			t.Errorf("answers %d %q", a.status, a.body)
		}
	})
}

// TestCredentialLinesJoined covers the same table at /auth/me, whose credential is read by another path than a guard's.
func TestCredentialLinesJoined(t *testing.T) {
	e := alone(t, auth.Config{})
	mine, theirs := e.login(ada), e.login(bob)
	for name, o := range map[string][]option{
		"two users":       {key(mine), header("Authorization", "Bearer "+theirs)},
		"X-API-Key twice": {key(mine), key(mine)},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/auth/me", "/auth/sessions", "/me/sessions"} {
				e.refuses(t, 400, "ambiguous_credentials", func() answer { return e.do(http.MethodGet, path, "", o...) })
			}
			for _, path := range []string{"/auth/logout", "/auth/refresh"} {
				e.refuses(t, 400, "ambiguous_credentials", func() answer { return e.do(http.MethodPost, path, "", o...) })
			}
		})
	}
	if !e.live(mine) || !e.live(theirs) {
		t.Error("a refused request ended a session")
	}
}

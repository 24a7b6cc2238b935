// Package guards is what the examples for web frameworks must all do, as one test: the same guards let the same callers through,
// whichever router stands around them.
package guards

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/testutil/caller"
)

// Check signs ada@example.com in over HTTP and looks at what each guard of h lets through. code answers the code that was sent to her.
func Check(t *testing.T, h http.Handler, code func() string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	call := func(method, path, token, body string) (int, string) {
		t.Helper()
		return caller.Call(t, method, s.URL+path, token, body)
	}
	if status, body := call("POST", "/auth/login/email", "", `{"email":"ada@example.com"}`); status != http.StatusOK {
		t.Fatalf("asking for a code: %d %s", status, body)
	}
	status, body := call("POST", "/auth/login/verify", "", `{"target":"ada@example.com","code":"`+code()+`"}`)
	var in struct{ Token string }
	if err := json.Unmarshal([]byte(body), &in); err != nil || status != http.StatusOK {
		t.Fatalf("sign-in: %d %s", status, body)
	}
	_, who := call("GET", "/api/me", in.Token, "")
	for _, tt := range []struct {
		name, method, path, token string
		status                    int
		body                      string
	}{
		{"a stranger is refused", "GET", "/api/me", "", http.StatusUnauthorized, "authentication_required"},
		{"a forged token is refused", "GET", "/api/me", in.Token + "A", http.StatusUnauthorized, "invalid_token"},
		{"who signed in is let through", "GET", "/api/me", in.Token, http.StatusOK, who},
		{"an optional guard lets a stranger through", "GET", "/page", "", http.StatusOK, "hello stranger"},
		{"and knows who signed in", "GET", "/page", in.Token, http.StatusOK, "hello " + who},
		{"and refuses a token that does not hold", "GET", "/page", "x", http.StatusUnauthorized, "invalid_token"},
		{"a guard behind the guard decides too", "DELETE", "/api/everything", in.Token, http.StatusForbidden, "insufficient_scope"},
		{"the endpoints refuse in their own way", "GET", "/auth/login/email", "", http.StatusMethodNotAllowed, "method_not_allowed"},
		{"and know their caller", "GET", "/auth/me", in.Token, http.StatusOK, `"methods":["email_otp"]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if status, body := call(tt.method, tt.path, tt.token, ""); status != tt.status || !strings.Contains(body, tt.body) {
				t.Errorf("got %d %s, want %d %s", status, body, tt.status, tt.body)
			}
		})
	}
}

package catalogue

import (
	"net/http"
	"testing"

	"github.com/crafteasy/auth"
)

// TestS04_TokenOfAKey keeps machines out of everything that is a person's, and lets their tokens die with their key.
func TestS04_TokenOfAKey(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		owner := e.login(ada)
		m := e.machineOf(owner, "")
		service := e.serviceOf(m)
		if !e.live(service) {
			t.Fatal("a service token is refused")
		}
		for _, tt := range []struct{ method, path, body string }{
			{"POST", "/auth/refresh", ""},
			{"POST", "/auth/2fa/setup", ""},
			{"POST", "/auth/2fa/enable", `{"code":"123456"}`},
			{"GET", "/auth/2fa", ""},
			{"GET", "/auth/sessions", ""},
			{"DELETE", "/auth/sessions", ""},
			{"DELETE", "/auth/sessions/" + m.id, ""},
			{"GET", "/auth/api-keys", ""},
			{"POST", "/auth/api-keys", `{"name":"child"}`},
			{"POST", "/auth/api-keys/" + m.id + "/rotate", ""},
			{"DELETE", "/auth/api-keys/" + m.id, ""},
			{"POST", "/auth/webauthn/register/options", ""},
			{"POST", "/auth/reauthenticate", `{"code":"123456"}`},
			{"POST", "/auth/me/identifiers", `{"email":"x@example.com"}`},
			{"POST", "/auth/2fa/verify", `{"code":"123456"}`},
			{"GET", "/user", ""},
			{"GET", "/me/sessions", ""},
		} {
			t.Run(tt.method+" "+tt.path, func(t *testing.T) {
				options := []option{key(service)}
				if tt.body != "" {
					options = append(options, header("Content-Type", "application/json"))
				}
				e.refuses(t, http.StatusForbidden, "wrong_token_type", func() answer { return e.do(tt.method, tt.path, tt.body, options...) })
			})
		}
		if !e.live(service) || !e.live(owner) {
			t.Fatal("a token died of it")
		}
		second := e.serviceOf(m)
		if a := e.do(http.MethodPost, "/auth/logout", "", key(second)); a.status != http.StatusNoContent || e.live(second) {
			t.Errorf("logout answers %d, and the token is alive: %v", a.status, e.live(second))
		}
		if !e.live(service) || !e.live(e.serviceOf(m)) {
			t.Error("the logout of one token ended the key or another token of it")
		}
		e.revoke(owner, m)
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", service) })
	})
}

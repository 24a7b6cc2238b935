package catalogue

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/session"
)

// TestS01_PreAuthTokenOnEveryRoute presents the token of a person who still owes the second factor everywhere but where it is paid.
func TestS01_PreAuthTokenOnEveryRoute(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		_, p := e.enrol(ada)
		handle, code := e.code(ada)
		a := e.verify(ada, handle, code)
		token := a.text("token")
		if a.field("requires_2fa") != true || a.text("token_type") != "pre_auth" {
			t.Fatalf("the first factor alone answers %s", a.body)
		}
		e.Faults.Forget()
		for _, rt := range e.Routes() {
			if rt.Demand == "Public" || rt.Demand == "PreAuth" || rt.Path == "/auth/logout" {
				continue
			}
			t.Run(rt.Method+" "+rt.Path, func(t *testing.T) {
				e.refuses(t, http.StatusForbidden, "second_factor_required", func() answer {
					if rt.Method == http.MethodPost && rt.Path != "/auth/refresh" && rt.Path != "/auth/2fa/setup" {
						return e.post(concrete(rt.Path), fmt.Sprintf(`{"code":%q,"email":"eve@example.com"}`, p.code(t, e, 0)), key(token))
					}
					return e.do(rt.Method, concrete(rt.Path), "", key(token))
				})
			})
		}
		for _, path := range append(guarded, "/me/sessions") {
			t.Run("GET "+path, func(t *testing.T) {
				e.refuses(t, http.StatusForbidden, "second_factor_required", func() answer { return e.get(path, token) })
			})
		}
		for _, verb := range []string{"totp.Enrol", "totp.Spend", "totp.Replace", "totp.Delete", "totp.Advance", "sessions.MoveEpoch", "sessions.Revoke", "sessions.Delete"} {
			if n := e.Faults.Count(verb); n != 0 {
				t.Errorf("%s was called %d times", verb, n)
			}
		}
		if a := e.present("/auth/2fa/verify", token, p.code(t, e, 0)); a.status != http.StatusOK || a.text("token_type") != "user" || !e.live(a.text("token")) {
			t.Fatalf("afterwards the second factor answers %d %s", a.status, a.body)
		}
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.present("/auth/2fa/verify", token, p.recovery[0]) })
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", token) })
	})
}

// TestS02_OptionalAuth presents what does not hold where nothing need be presented: it is never taken for a user, nor for nobody.
func TestS02_OptionalAuth(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		first, _ := e.enrol(ada)
		handle, code := e.code(ada)
		preAuth := e.verify(ada, handle, code).text("token")
		ended := e.login(bob)
		if a := e.do(http.MethodPost, "/auth/logout", "", key(ended)); a.status != http.StatusNoContent {
			t.Fatalf("logout answers %d %s", a.status, a.body)
		}
		id := e.account(ada)
		revoked := e.mint("user", e.claims("user", id).With("jti", `"revoked-token"`))
		if err := e.Config.Store.Sessions().Revoke(t.Context(), session.Revocation{
			UserID: id, TokenID: "revoked-token", At: e.Clock.Now(), Until: e.Clock.Now().Add(time.Hour),
		}); err != nil {
			t.Fatal(err)
		}
		old := forge.Unix(e.Clock.Now().Add(-2 * time.Hour))
		answers := map[string]answer{}
		for name, o := range map[string]option{
			"logged out":       key(ended),
			"revoked":          key(revoked),
			"expired":          key(e.mint("user", e.claims("user", id).With("iat", old).With("auth_time", old).With("exp", forge.Unix(e.Clock.Now().Add(-time.Hour))))),
			"another audience": key(e.mint("user", e.claims("user", id).With("aud", `"https://other.example"`))),
			"malformed":        key("a.b.c"),
			"empty":            key(""),
			"cut":              key(first[:len(first)-1]),
			"another scheme":   header("Authorization", "Basic YTpi"),
		} {
			t.Run(name, func(t *testing.T) {
				answers[name] = e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.do(http.MethodGet, "/open", "", o) })
			})
		}
		same(t, answers)
		t.Run("pre_auth", func(t *testing.T) {
			e.refuses(t, http.StatusForbidden, "second_factor_required", func() answer { return e.get("/open", preAuth) })
		})
		if a := e.do(http.MethodGet, "/open", ""); a.status != http.StatusOK || a.body != "nobody" {
			t.Errorf("nothing presented answers %d %q", a.status, a.body)
		}
		if a := e.get("/open", first); a.status != http.StatusOK || a.body != id {
			t.Errorf("a live token answers %d %q", a.status, a.body)
		}
	})
}

// TestS04_ServiceToken presents a machine's token where a person is asked for.
func TestS04_ServiceToken(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		id := e.account(ada)
		token := e.service(id)
		for _, rt := range e.Routes() {
			if rt.Demand == "Public" || rt.Demand == "Any" || rt.Path == "/auth/logout" {
				continue
			}
			t.Run(rt.Method+" "+rt.Path, func(t *testing.T) {
				e.refuses(t, http.StatusForbidden, "wrong_token_type", func() answer {
					if rt.Demand == "Genuine" {
						return e.do(rt.Method, rt.Path, "", key(token))
					}
					return e.do(rt.Method, concrete(rt.Path), `{"code":"123456"}`, key(token), header("Content-Type", "application/json"))
				})
			})
		}
		for path, code := range map[string]string{
			"/user": "wrong_token_type", "/me/sessions": "wrong_token_type", "/fresh": "reauthentication_required",
			"/partner": "insufficient_scope", "/passkey": "reauthentication_required",
		} {
			t.Run("GET "+path, func(t *testing.T) {
				e.refuses(t, http.StatusForbidden, code, func() answer { return e.get(path, token) })
			})
		}
		if a := e.get("/app", token); a.status != http.StatusOK || a.body != id {
			t.Errorf("where any caller is asked for, it answers %d %s", a.status, a.body)
		}
		if a := e.get("/auth/me", token); a.text("token_type") != "service" || a.field("is_system_user") != true {
			t.Errorf("/auth/me answers %d %s", a.status, a.body)
		}
		t.Run("its key is revoked", func(t *testing.T) {
			if err := e.Config.Store.Sessions().Revoke(t.Context(), session.Revocation{
				UserID: id, SessionID: "key-1", At: e.Clock.Now(), Until: e.Clock.Now().Add(2 * time.Hour),
			}); err != nil {
				t.Fatal(err)
			}
			e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", token) })
			e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/auth/me", token) })
		})
		t.Run("it logged out", func(t *testing.T) {
			token := e.mint("service", e.claims("service", id).With("sid", `"key-2"`).With("is_system_user", "true"))
			other := e.mint("service", e.claims("service", id).With("sid", `"key-2"`).With("is_system_user", "true"))
			if a := e.do(http.MethodPost, "/auth/logout", "", key(token)); a.status != http.StatusNoContent {
				t.Errorf("logout answers %d %s", a.status, a.body)
			}
			e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", token) })
			if !e.live(other) {
				t.Error("another token of the same key died with it")
			}
		})
	})
}

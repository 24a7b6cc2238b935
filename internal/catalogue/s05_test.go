package catalogue

import (
	"net/http"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/session"
)

// refresh swaps the token.
func (e *env) refresh(token string) answer {
	e.t.Helper()
	return e.do(http.MethodPost, "/auth/refresh", "", key(token))
}

// successor is the token that the token is swapped for.
func (e *env) successor(token string) string {
	e.t.Helper()
	a := e.refresh(token)
	if a.status != http.StatusOK || a.text("token") == "" || a.header.Get("Cache-Control") != "no-store" {
		e.t.Fatalf("refresh answers %d %v %s", a.status, a.header, a.body)
	}
	return a.text("token")
}

func (e *env) logout(token string) {
	e.t.Helper()
	if a := e.do(http.MethodPost, "/auth/logout", "", key(token)); a.status != http.StatusNoContent {
		e.t.Fatalf("logout answers %d %s", a.status, a.body)
	}
}

// TestS05_Refresh presents what must not be swapped for a successor.
func TestS05_Refresh(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		id := e.account(ada)
		revoked := e.login(ada)
		jti := e.get("/auth/me", revoked).text("token_id")
		if err := e.Config.Store.Sessions().Revoke(t.Context(), session.Revocation{
			UserID: id, TokenID: jti, At: e.Clock.Now(), Until: e.Clock.Now().Add(time.Hour),
		}); err != nil {
			t.Fatal(err)
		}
		out := e.login(ada)
		e.logout(out)
		live := e.login(ada)
		me := e.get("/auth/me", live)
		own := e.claims("user", id).With("sid", forge.Quote(me.text("session_id"))).With("jti", forge.Quote(me.text("token_id")))
		past := forge.Unix(e.Clock.Now().Add(-time.Hour))
		answers := map[string]answer{}
		for name, token := range map[string]string{
			"revoked":                     revoked,
			"logged out":                  out,
			"expired":                     e.mint("user", own.With("iat", past).With("auth_time", past).With("exp", forge.Unix(e.Clock.Now().Add(-time.Minute)))),
			"another audience":            e.mint("user", own.With("aud", `"https://other.example"`)),
			"another issuer":              e.mint("user", own.With("iss", `"https://other.example"`)),
			"a session that never was":    e.mint("user", e.claims("user", id)),
			"another user's session":      e.mint("user", own.With("sub", forge.Quote(e.account(bob)))),
			"from before the store began": e.mint("user", own.With("epoch", "1")),
			"garbage":                     "a.b.c",
		} {
			t.Run(name, func(t *testing.T) {
				answers[name] = e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.refresh(token) })
			})
		}
		same(t, answers)
		t.Run("a service token", func(t *testing.T) {
			e.refuses(t, http.StatusForbidden, "wrong_token_type", func() answer { return e.refresh(e.service(id)) })
		})
		t.Run("a pre_auth token", func(t *testing.T) {
			e.enrol(bob)
			owing := e.login(bob)
			e.refuses(t, http.StatusForbidden, "second_factor_required", func() answer { return e.refresh(owing) })
		})
		t.Run("a pre_auth token that was never issued", func(t *testing.T) {
			answers["pre_auth"] = e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer {
				return e.refresh(e.mint("pre_auth", e.claims("pre_auth", id)))
			})
			same(t, answers)
		})
		form := header("Content-Type", "application/x-www-form-urlencoded")
		for name, act := range map[string]func() answer{
			"in the query": func() answer { return e.do(http.MethodPost, "/auth/refresh?token="+live+"&X-API-Key="+live, "") },
			"in a form": func() answer {
				return e.do(http.MethodPost, "/auth/refresh", "token="+live+"&access_token="+live, form)
			},
			"in JSON": func() answer { return e.post("/auth/refresh", `{"token":"`+live+`"}`) },
		} {
			t.Run(name, func(t *testing.T) {
				e.refuses(t, http.StatusUnauthorized, "authentication_required", act)
			})
		}
		t.Run("with a body of another type", func(t *testing.T) {
			e.refuses(t, http.StatusUnsupportedMediaType, "unsupported_media_type", func() answer {
				return e.do(http.MethodPost, "/auth/refresh", "token="+live, form, key(live))
			})
		})
		if !e.live(e.successor(live)) {
			t.Error("after all that the live token has no live successor")
		}
	})
}

// TestS05_Reuse: a replaced token works for the grace and is swapped for the same successor, and afterwards it betrays a theft: the
// successor dies with it.
func TestS05_Reuse(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		old, elsewhere := e.login(ada), e.login(ada)
		next := e.successor(old)
		for _, since := range []time.Duration{0, session.Grace - time.Second} {
			e.Clock.Advance(since)
			if again := e.successor(old); again != next {
				t.Errorf("%v after the swap the old token has another successor", since)
			}
			if !e.live(old) || !e.live(next) {
				t.Errorf("%v after the swap a token is dead", since)
			}
		}
		e.Clock.Advance(time.Second)
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", old) })
		if !e.live(next) {
			t.Error("a replaced token that knocks at the program's door, as a slow tab does, ended the session")
		}
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer {
			a := e.refresh(old)
			if n := len(e.Events.Named("session.reuse_detected")); n != 1 {
				t.Errorf("%d events session.reuse_detected", n)
			}
			return a
		})
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", next) })
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.refresh(next) })
		if !e.live(elsewhere) {
			t.Error("the session of another device died too")
		}
	})
}

// TestS05_LogoutIsAtOnce: logout ends every token of the session, within the grace too, by either token, and again is fine.
func TestS05_LogoutIsAtOnce(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		for name, which := range map[string]int{"by the old token": 0, "by the new token": 1} {
			t.Run(name, func(t *testing.T) {
				old := e.login(ada)
				both := []string{old, e.successor(old)}
				e.logout(both[which])
				for _, token := range both {
					e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", token) })
					e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.refresh(token) })
					e.logout(token)
				}
			})
		}
		t.Run("by an expired token", func(*testing.T) {
			token := e.login(ada)
			e.Clock.Advance(time.Hour)
			e.logout(token)
		})
		t.Run("by what never verified", func(t *testing.T) {
			e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer {
				return e.do(http.MethodPost, "/auth/logout", "", key("a.b.c"))
			})
		})
	})
}

package auth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/crafteasy/auth/jwt"
)

const sessionCookie = "__Host-auth"

// TestNoTokenInABody holds the property of [TestNoUserTokenWithoutTheOwedFactor] in cookie mode, over the sets of factors in which every
// route that can answer a token does. What is misplaced there is in a body; in header mode, where that test runs, in a cookie.
func TestNoTokenInABody(t *testing.T) {
	answered := map[string]int{}
	for _, f := range []factors{{app: true, passkey: true}, {must: true}} {
		t.Run(f.String(), func(t *testing.T) {
			w := newWorldIn(t, true)
			tokens, violations := w.tour(t, f, attempts)
			for _, v := range violations {
				t.Error(v)
			}
			for route, n := range tokens {
				answered[route] += n
			}
			if !f.app {
				return
			}
			// The attempts know everything but the second factor. With it the answers are looked at too.
			p := w.person(f) // has come by /2fa/verify
			again := w.must(http.MethodPost, "/auth/reauthenticate", p.full, code(w.code(p)), http.StatusOK)
			if again.str("token") == "" || again.member("token") != nil || again.str("token_type") != "user" {
				t.Errorf("a second factor answers %v %s", again.Header(), again.Body)
			}
		})
	}
	for _, route := range []string{
		"POST /auth/login/verify", "POST /auth/refresh", "POST /auth/2fa/enable", "POST /auth/webauthn/register/verify",
		"POST /auth/webauthn/login/verify", "GET /auth/oauth2/{provider}/callback", "POST /auth/oauth2/handoff",
	} {
		if answered[route] == 0 {
			t.Errorf("%s has answered no token in any attempt", route)
		}
	}
}

// presented moves the token of a request from the header to the cookie, where the world has cookies.
func (w *world) presented(r *http.Request) *http.Request {
	if token := r.Header.Get("X-Api-Key"); w.cookies && token != "" {
		r.Header.Del("X-Api-Key")
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: token})
	}
	return r
}

// misplaced says what of an answer is not where its mode puts it. Cookies of a sign-in at a provider are in both.
func (w *world) misplaced(rec *httptest.ResponseRecorder) (violations []string) {
	for _, c := range rec.Result().Cookies() {
		if !w.cookies && !strings.HasPrefix(c.Name, "__Host-oauth-") {
			violations = append(violations, "the cookie "+c.Name)
		}
	}
	for _, token := range tokenForm.FindAllString(rec.Body.String(), -1) {
		if p, err := w.a.Gate().Genuine(w.t.Context(), token); w.cookies && err == nil && p.TokenType != jwt.TypeService {
			violations = append(violations, "a "+string(p.TokenType)+" token in the body")
		}
	}
	return violations
}

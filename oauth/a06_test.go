package oauth_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/crafteasy/auth/authtest"
)

// TestA06_HostileProvider: every lie of a provider is seen through, and leaves nothing behind.
func TestA06_HostileProvider(t *testing.T) {
	for _, trick := range authtest.Tricks() {
		t.Run(trick.Name, func(t *testing.T) {
			s := serve(t, nil)
			b := s.browser(t)
			to := b.begin("demo", "")
			s.idp.Play(trick)
			w := b.back(s.idp.Approve(t, to, ada))
			if trick.Outage {
				w.want(http.StatusServiceUnavailable, "unavailable")
			} else {
				w.want(http.StatusUnauthorized, "provider_refused")
			}
			s.nothing(t, w)
			// The same browser signs in once the provider is honest: the refusal was the trick's, and nothing stayed.
			s.idp.Play(authtest.Trick{})
			s.Clock.Advance(failureWait)
			s.browser(t).signIn(s.idp, "demo", ada).want(http.StatusOK, "")
		})
	}
}

// failureWait is longer than a failure of the provider is remembered.
const failureWait = 6_000_000_000

// nothing fails when a refusal left an account, a session or a link, or repeats what the provider said.
func (s at) nothing(t *testing.T, w answer) {
	t.Helper()
	s.unknown(t, ada.Email)
	for _, e := range s.Events.All() {
		if e.Name == "session.sign_in" || e.Name == "user.created" || e.Name == "oauth.linked" {
			t.Errorf("event %s", e.Name)
		}
		if strings.Contains(e.Reason, "another.example") || strings.Contains(e.Reason, "<") {
			t.Errorf("the reason repeats the provider: %s", e.Reason)
		}
	}
	if strings.Contains(w.Body.String(), "another") || strings.Contains(w.Body.String(), "<") || w.Header().Get("Location") != "" {
		t.Errorf("the answer repeats the provider: %s", w.Body)
	}
}

// TestA06_NonceOfAnotherFlow: an ID token of one flow is worthless in another.
func TestA06_NonceOfAnotherFlow(t *testing.T) {
	s := serve(t, nil)
	var first string
	s.idp.Play(authtest.Trick{Token: func(_ *authtest.Provider, _ map[string]any, signed string) string {
		if first == "" {
			first = signed
			return signed
		}
		return first
	}})
	s.browser(t).signIn(s.idp, "demo", ada).want(http.StatusOK, "")
	s.browser(t).signIn(s.idp, "demo", authtest.Person{Email: "eve@example.com"}).want(http.StatusUnauthorized, "provider_refused")
	s.unknown(t, "eve@example.com")
}

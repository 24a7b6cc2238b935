package catalogue

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/crafteasy/auth/authtest"
)

// TestA06_HostileProvider: every lie of a provider is seen through and leaves nothing behind, in one store, one after the other; the
// same person gets in once the provider is honest.
func TestA06_HostileProvider(t *testing.T) {
	eachSocial(t, nil, func(t *testing.T, s *social) {
		for i, each := range authtest.Tricks() {
			if each.Early || each.Slow {
				continue // A-15, and package oauth with a clock of its own
			}
			t.Run(each.Name, func(t *testing.T) {
				who := authtest.Person{Email: fmt.Sprintf("person%d@example.com", i)}
				s.Clock.Advance(time.Hour)
				s.idp.Rotate() // the keys must be read anew, by whichever instance
				b := s.browser(t)
				to := b.begin("demo", "")
				s.idp.Play(each)
				back := s.idp.Approve(t, to, who)
				if each.Outage {
					s.refusesBack(t, b, back, http.StatusServiceUnavailable, "unavailable")
				} else {
					s.refusesBack(t, b, back, http.StatusUnauthorized, "provider_refused")
				}
				s.unknown(t, who.Email)
				for range s.urls { // each instance has its own memory of a failure
					s.browser(t).signIn("demo", who).want(t, http.StatusOK, "")
					s.turn.Add(1)
				}
			})
		}
	})
}

// TestA06_NonceOfAnotherFlow: an ID token of one flow is worthless in another.
func TestA06_NonceOfAnotherFlow(t *testing.T) {
	eachSocial(t, nil, func(t *testing.T, s *social) {
		var first string
		s.idp.Play(authtest.Trick{Token: func(_ *authtest.Provider, _ map[string]any, signed string) string {
			if first == "" {
				first = signed
			}
			return first
		}})
		s.in(t, "demo", zoe)
		b := s.browser(t)
		s.refusesBack(t, b, b.leave(authtest.Person{Email: "eve@example.com"}), http.StatusUnauthorized, "provider_refused")
		s.unknown(t, "eve@example.com")
	})
}

// TestA06_Linking: what a hostile provider says is no link either.
func TestA06_Linking(t *testing.T) {
	eachSocial(t, nil, func(t *testing.T, s *social) {
		b, id := s.member(t, "grace@example.com")
		for _, name := range []string{"nonce is another", "sub is empty", "aud is another client", "another key under the published id"} {
			to := b.beginLink(zoe)
			s.idp.Play(trick(t, name))
			s.refusesBack(t, b, to, http.StatusUnauthorized, "provider_refused")
		}
		if n := len(s.links(t, id)); n != 0 {
			t.Errorf("%d links", n)
		}
	})
}

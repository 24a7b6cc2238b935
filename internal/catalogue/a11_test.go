package catalogue

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/user"
)

// TestA11_Identity: an identity is provider, issuer and subject. An address never leads into an account.
func TestA11_Identity(t *testing.T) {
	eachSocial(t, withOther, func(t *testing.T, s *social) {
		t.Run("one subject with a new address is the same account, whose address stays", func(t *testing.T) {
			first := s.in(t, "demo", authtest.Person{Subject: "7", Email: "amy@example.com"})
			second := s.in(t, "demo", authtest.Person{Subject: "7", Email: "amy@other.example"})
			unverified := s.in(t, "demo", authtest.Person{Subject: "7", Email: "eve@example.com", Unverified: true})
			if first != second || first != unverified {
				t.Errorf("accounts %s, %s, %s", first, second, unverified)
			}
			s.unknown(t, "amy@other.example")
			s.unknown(t, "eve@example.com")
			if n := len(s.links(t, first)); n != 1 {
				t.Errorf("%d links", n)
			}
		})
		t.Run("an account that was made anew at the provider does not take the old one's", func(t *testing.T) {
			id := s.in(t, "demo", authtest.Person{Subject: "8", Email: "ben@example.com"})
			a := s.refuses(t, http.StatusConflict, "link_required", func() answer {
				b := s.browser(t)
				return b.back(b.leave(authtest.Person{Subject: "9", Email: "BEN@example.com"}))
			})
			if len(a.text("link")) != 43 {
				t.Errorf("answers %s", a.body)
			}
			if n := len(s.links(t, id)); n != 1 {
				t.Errorf("%d links", n)
			}
		})
		t.Run("two providers with one subject are two accounts", func(t *testing.T) {
			one := s.in(t, "demo", authtest.Person{Subject: "10", Email: "cat@example.com"})
			two := s.in(t, "other", authtest.Person{Subject: "10", Email: "dan@example.com"})
			if one == two {
				t.Error("they are one")
			}
		})
		t.Run("an account that has the address is never entered, whatever the provider says", func(t *testing.T) {
			id := s.account("fay@example.com")
			b := s.browser(t)
			to := b.leave(authtest.Person{Email: "fay@example.com"})
			s.refusesBack(t, b, to, http.StatusConflict, "link_required")
			if n := len(s.links(t, id)); n != 0 {
				t.Errorf("%d links", n)
			}
		})
		t.Run("the spellings of one address are one account", func(t *testing.T) {
			id := s.account("hal@xn--bcher-kva.example")
			for i, spelling := range []string{"hal@xn--bcher-kva.example", "HAL@B\u00dcCHER.example", "hal@bu\u0308cher.example.", "Hal@XN--BCHER-KVA.Example"} {
				s.browser(t).signIn("demo", authtest.Person{Subject: fmt.Sprint("spelling ", i), Email: spelling}).want(t, http.StatusConflict, "link_required")
			}
			if n := len(s.links(t, id)); n != 0 {
				t.Errorf("%d links", n)
			}
		})
		t.Run("20 at once with one new identity are one account", func(t *testing.T) {
			who := authtest.Person{Subject: "11", Email: "gil@example.com"}
			type ready struct {
				b  *browser
				to string
			}
			lanes := make([]ready, 20)
			for i := range lanes {
				b := s.browser(t)
				lanes[i] = ready{b, b.leave(who).String()}
			}
			results := s.race(len(lanes), func(i int) answer { return lanes[i].b.do(http.MethodGet, lanes[i].to[len(issuer):], "") })
			if results[http.StatusOK] == 0 || results[http.StatusOK]+results[http.StatusConflict] != len(lanes) {
				t.Errorf("the answers are %v", results)
			}
			if n := len(s.links(t, s.in(t, "demo", who))); n != 1 {
				t.Errorf("%d links", n)
			}
		})
	})
}

// TestA11_ClosedSignUp: without sign-up a new identity makes no account, whatever the provider says of its address.
func TestA11_ClosedSignUp(t *testing.T) {
	eachSocial(t, func(c *auth.Config, _ *authtest.Provider) { c.SignUp = false }, func(t *testing.T, s *social) {
		b := s.browser(t)
		s.refusesBack(t, b, b.leave(zoe), http.StatusForbidden, "sign_up_closed")
		s.unknown(t, zoe.Email)
	})
}

// TestA11_Disabled: an account that the host has disabled is not signed in, and who asks is told what every stranger is.
func TestA11_Disabled(t *testing.T) {
	s := aloneSocial(t, nil)
	id := s.in(t, "demo", zoe)
	s.Put(user.User{ID: id, Email: zoe.Email, Disabled: true})
	s.Events.Take()
	s.browser(t).signIn("demo", zoe).want(t, http.StatusUnauthorized, "provider_refused")
	if told := s.Events.Take(); len(told) != 1 || told[0].Outcome != audit.Failure || told[0].UserID != id {
		t.Errorf("events %+v, want the one of the refusal", told)
	}
}

// TestA11_LinkVerified: the host may have verified addresses of an authority linked, and the owner is told.
func TestA11_LinkVerified(t *testing.T) {
	authority := func(domains ...string) func(*auth.Config, *authtest.Provider) {
		return func(c *auth.Config, idp *authtest.Provider) {
			d := offered(idp)
			d.LinkVerified, d.EmailDomains = true, domains
			c.OAuth.Providers = map[string]oauth.ProviderConfig{"demo": d}
		}
	}
	eachSocial(t, authority("example.com"), func(t *testing.T, s *social) {
		id := s.account(zoe.Email)
		if got := s.in(t, "demo", zoe); got != id {
			t.Errorf("signed in as %q, want %q", got, id)
		}
		s.noticed(t, zoe.Email, "demo")
		yan := s.account("yan@example.com")
		b := s.browser(t)
		s.refusesBack(t, b, b.leave(authtest.Person{Email: "yan@example.com", Unverified: true}), http.StatusUnauthorized, "provider_refused")
		if n := len(s.links(t, yan)); n != 0 {
			t.Errorf("%d links", n)
		}
	})
	eachSocial(t, authority("example.org"), func(t *testing.T, s *social) {
		s.account(zoe.Email)
		b := s.browser(t)
		s.refusesBack(t, b, b.leave(zoe), http.StatusConflict, "link_required")
	})
}

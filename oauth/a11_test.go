package oauth_test

import (
	"net/http"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/user"
)

func TestA11_Identity(t *testing.T) {
	t.Run("one subject with a new address is the same account, whose address stays", func(t *testing.T) {
		s := serve(t, nil)
		b := s.browser(t)
		first := b.me(b.signIn(s.idp, "demo", authtest.Person{Subject: "7", Email: "ada@example.com"}).want(http.StatusOK, "").str("token"))
		second := b.me(b.signIn(s.idp, "demo", authtest.Person{Subject: "7", Email: "ada@other.example"}).want(http.StatusOK, "").str("token"))
		unverified := b.me(b.signIn(s.idp, "demo", authtest.Person{Subject: "7", Email: "eve@example.com", Unverified: true}).want(http.StatusOK, "").str("token"))
		if first != second || first != unverified {
			t.Errorf("accounts %s, %s, %s", first, second, unverified)
		}
		s.unknown(t, "ada@other.example")
		s.unknown(t, "eve@example.com")
	})
	t.Run("an account that was made anew at the provider does not take the old one's", func(t *testing.T) {
		s := serve(t, nil)
		b := s.browser(t)
		id := b.me(b.signIn(s.idp, "demo", authtest.Person{Subject: "7", Email: "ada@example.com"}).want(http.StatusOK, "").str("token"))
		w := b.signIn(s.idp, "demo", authtest.Person{Subject: "8", Email: "ADA@example.com"}).want(http.StatusConflict, "link_required")
		if len(w.str("link")) != 43 || w.str("token") != "" {
			t.Errorf("got %s", w.Body)
		}
		if n := len(s.links(t, id)); n != 1 {
			t.Errorf("%d links", n)
		}
	})
	t.Run("two providers with one subject are two accounts", func(t *testing.T) {
		s := serve(t, withOther)
		b := s.browser(t)
		one := b.me(b.signIn(s.idp, "demo", authtest.Person{Subject: "7", Email: "ada@example.com"}).want(http.StatusOK, "").str("token"))
		two := b.me(b.signIn(s.idp, "other", authtest.Person{Subject: "7", Email: "bob@example.com"}).want(http.StatusOK, "").str("token"))
		if one == two {
			t.Error("they are one")
		}
	})
	t.Run("an account that has the address is never entered, whatever the provider says", func(t *testing.T) {
		s := serve(t, nil)
		u := s.Put(user.User{Email: ada.Email})
		s.browser(t).signIn(s.idp, "demo", ada).want(http.StatusConflict, "link_required")
		if len(s.links(t, u.ID)) != 0 {
			t.Error("it was linked")
		}
	})
	t.Run("sign-up that is closed makes no account", func(t *testing.T) {
		s := serve(t, func(c *auth.Config, _ *authtest.Provider) { c.SignUp = false })
		s.browser(t).signIn(s.idp, "demo", ada).want(http.StatusForbidden, "sign_up_closed")
		s.unknown(t, ada.Email)
	})
	t.Run("a disabled account is not signed in", func(t *testing.T) {
		s := serve(t, nil)
		b := s.browser(t)
		id := b.me(b.signIn(s.idp, "demo", ada).want(http.StatusOK, "").str("token"))
		s.Put(user.User{ID: id, Email: ada.Email, Disabled: true})
		b.signIn(s.idp, "demo", ada).want(http.StatusUnauthorized, "provider_refused")
	})
	t.Run("the host may have verified addresses of an authority linked, and the owner is told", func(t *testing.T) {
		authority := func(domains ...string) func(*auth.Config, *authtest.Provider) {
			return func(c *auth.Config, idp *authtest.Provider) {
				d := described(idp)
				d.LinkVerified, d.EmailDomains = true, domains
				c.OAuth.Providers = map[string]oauth.ProviderConfig{"demo": d}
			}
		}
		s := serve(t, authority("example.com"))
		u := s.Put(user.User{Email: ada.Email})
		b := s.browser(t)
		if got := b.me(b.signIn(s.idp, "demo", ada).want(http.StatusOK, "").str("token")); got != u.ID {
			t.Errorf("signed in as %q, want %q", got, u.ID)
		}
		s.Inbox.Next(t, ada.Email)
		other := serve(t, authority("example.org"))
		other.Put(user.User{Email: ada.Email})
		other.browser(t).signIn(other.idp, "demo", ada).want(http.StatusConflict, "link_required")
		unverified := serve(t, authority("example.com"))
		unverified.Put(user.User{Email: ada.Email})
		unverified.browser(t).signIn(unverified.idp, "demo", authtest.Person{Email: ada.Email, Unverified: true}).want(http.StatusUnauthorized, "provider_refused")
	})
}

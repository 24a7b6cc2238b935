package oauth_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/oauth"
)

// TestRealProviders signs in at two independent OpenID providers through their own pages: zitadel's, which answers addresses from
// userinfo alone and sends no iss, and panva's, which demands PKCE and sends iss. Both change their signing key in between: zitadel's drops the
// old one, panva's goes on publishing it.
func TestRealProviders(t *testing.T) {
	for _, c := range []struct {
		name string
		open func(testing.TB) *testutil.Provider
		iss  bool
	}{
		{"zitadel", testutil.OIDCServer, false},
		{"panva", testutil.CertifiedOIDCServer, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			idp := c.open(t)
			registered := idp.Register(t, callbackOf("real"))
			s := at{Server: authtest.New(t, auth.Config{SignUp: true, OAuth: auth.OAuth{InsecureLoopback: true, Providers: map[string]oauth.ProviderConfig{
				"real": {ClientID: registered.ID, ClientSecret: oauth.ClientSecret(registered.Secret), Issuer: idp.Issuer},
			}}})}
			b := s.browser(t)
			signIn := func(name string, change func(q url.Values)) answer {
				b.t.Helper()
				to := idp.SignIn(t, b.begin("real", ""), name)
				q := to.Query()
				change(q)
				to.RawQuery = q.Encode()
				return b.back(to)
			}
			same := func(url.Values) {}
			first := signIn("ada", same).want(http.StatusOK, "")
			id := b.me(first.str("token"))
			if got := b.me(signIn("ada", same).want(http.StatusOK, "").str("token")); got != id {
				t.Errorf("the second sign-in is user %q, want %q", got, id)
			}
			if got := b.me(signIn("bob", same).want(http.StatusOK, "").str("token")); got == id {
				t.Error("two people are one")
			}
			l := s.links(t, id)
			if len(l) != 1 || l[0].Issuer != idp.Issuer || l[0].Subject != "ada" || l[0].Email != "ada@example.test" {
				t.Errorf("links %+v", l)
			}
			// The provider signs with another key from now on; nobody tells us.
			before := idp.KeyIDs(t)
			idp.Rotate(t)
			if after := idp.KeyIDs(t); slices.Equal(before, after) {
				t.Fatalf("the keys %v have not changed", after)
			}
			if got := b.me(signIn("ada", same).want(http.StatusOK, "").str("token")); got != id {
				t.Errorf("after the rotation the sign-in is user %q, want %q", got, id)
			}
			// Another rotation within the cool-down is not followed: the provider is not asked again so soon.
			idp.Rotate(t)
			signIn("ada", same).want(http.StatusUnauthorized, "provider_refused")
			s.Clock.Advance(time.Minute)
			signIn("ada", same).want(http.StatusOK, "")
			signIn("unverified-eve", same).want(http.StatusUnauthorized, "provider_refused")
			s.unknown(t, "unverified-eve@example.test")
			signIn("ada", func(q url.Values) { q.Set("code", q.Get("code")+"x") }).want(http.StatusUnauthorized, "provider_refused")
			if got := idp.SignIn(t, b.begin("real", ""), "ada").Query().Has("iss"); got != c.iss {
				t.Errorf("iss in the answer: %t, want %t", got, c.iss)
			}
			if c.iss {
				signIn("ada", func(q url.Values) { q.Del("iss") }).want(http.StatusUnauthorized, "provider_refused")
			}
			signIn("ada", func(q url.Values) { q.Set("iss", "https://another.example") }).want(http.StatusUnauthorized, "provider_refused")
		})
	}
}

package oauth_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/oauth"
)

func TestA15_Metadata(t *testing.T) {
	set := func(name string, v any) func(m map[string]any) {
		return func(m map[string]any) { m[name] = v }
	}
	lies := []struct {
		rule   string
		change func(m map[string]any)
	}{
		{"the issuer has a slash more", func(m map[string]any) { m["issuer"] = m["issuer"].(string) + "/" }},
		{"the issuer has another case", func(m map[string]any) { m["issuer"] = strings.ToUpper(m["issuer"].(string)) }},
		{"the issuer has a path", func(m map[string]any) { m["issuer"] = m["issuer"].(string) + "/tenant" }},
		{"the issuer is missing", set("issuer", "")},
		{"the issuer is another", set("issuer", "https://another.example")},
		{"the token endpoint is http", set("token_endpoint", "http://another.example/token")},
		{"the token endpoint is on another host", set("token_endpoint", "https://another.example/token")},
		{"the keys are on another port", func(m map[string]any) { m["jwks_uri"] = "http://127.0.0.1:1/keys" }},
		{"the keys are a file", set("jwks_uri", "file:///etc/passwd")},
		{"userinfo is on another host", set("userinfo_endpoint", "https://another.example/userinfo")},
		{"the authorization endpoint is a script", set("authorization_endpoint", "javascript:alert(1)")},
		{"the authorization endpoint is missing", set("authorization_endpoint", "")},
		{"an endpoint has a user", func(m map[string]any) {
			m["token_endpoint"] = strings.Replace(m["token_endpoint"].(string), "http://", "http://user@", 1)
		}},
		{"no codes are answered", set("response_types_supported", []string{"token"})},
		{"nothing but none is signed with", set("id_token_signing_alg_values_supported", []string{"none"})},
		{"nothing but HMAC is signed with", set("id_token_signing_alg_values_supported", []string{"HS256"})},
		{"an endpoint is a number", set("token_endpoint", 7)},
	}
	for _, c := range lies {
		t.Run(c.rule, func(t *testing.T) {
			s := serve(t, nil)
			s.idp.Play(authtest.Trick{Metadata: c.change})
			w := s.browser(t).do(http.MethodGet, "/auth/oauth2/demo/authorize", "").want(http.StatusServiceUnavailable, "unavailable")
			if len(w.Header()["Set-Cookie"]) != 0 || w.Header().Get("Location") != "" {
				t.Errorf("headers %v", w.Header())
			}
			if err := s.CheckProviders(t.Context()); err == nil {
				t.Error("the check at the start finds nothing")
			}
		})
	}
	t.Run("good metadata stays when what follows is worse", func(t *testing.T) {
		s := serve(t, nil)
		b := s.browser(t)
		before := b.begin("demo", "")
		for _, c := range append(lies, struct {
			rule   string
			change func(m map[string]any)
		}{"iss is no longer announced", set("authorization_response_iss_parameter_supported", false)}) {
			s.Clock.Advance(24 * time.Hour)
			s.idp.Play(authtest.Trick{Metadata: c.change})
			if after := b.begin("demo", ""); after[:strings.IndexByte(after, '?')] != before[:strings.IndexByte(before, '?')] {
				t.Errorf("%s: sent to %s", c.rule, after)
			}
		}
	})
	t.Run("a provider that is down is unavailable, it alone", func(t *testing.T) {
		s := serve(t, func(c *auth.Config, idp *authtest.Provider) {
			down := described(idp)
			down.Issuer = "http://127.0.0.1:1"
			c.OAuth.Providers["down"] = down
		})
		b := s.browser(t)
		w := b.do(http.MethodGet, "/auth/oauth2/down/authorize", "").want(http.StatusServiceUnavailable, "unavailable")
		if w.Header().Get("Retry-After") == "" {
			t.Error("Retry-After is missing")
		}
		b.signIn(s.idp, "demo", ada).want(http.StatusOK, "")
	})
	t.Run("a failure is not asked again at once, and then is", func(t *testing.T) {
		s := serve(t, nil)
		s.idp.Play(authtest.Trick{Metadata: set("issuer", "")})
		b := s.browser(t)
		for range 10 {
			b.do(http.MethodGet, "/auth/oauth2/demo/authorize", "").want(http.StatusServiceUnavailable, "unavailable")
		}
		if n := s.idp.Hits("metadata"); n != 1 {
			t.Errorf("asked %d times", n)
		}
		s.idp.Play(authtest.Trick{})
		s.Clock.Advance(failureWait)
		b.begin("demo", "")
	})
}

func TestNewProvider(t *testing.T) {
	for _, c := range []struct {
		rule, name string
		config     oauth.ProviderConfig
		ok         bool
	}{
		{"a known provider needs no issuer", "google", oauth.ProviderConfig{ClientID: "c"}, true},
		{"a row is a provider", "gitlab", oauth.ProviderConfig{ClientID: "c"}, true},
		{"an unknown one needs an issuer", "acme", oauth.ProviderConfig{ClientID: "c"}, false},
		{"an unknown one with an issuer", "acme", oauth.ProviderConfig{ClientID: "c", Issuer: "https://acme.example"}, true},
		{"a client id is needed", "google", oauth.ProviderConfig{}, false},
		{"http is refused", "acme", oauth.ProviderConfig{ClientID: "c", Issuer: "http://acme.example"}, false},
		{"loopback is refused", "acme", oauth.ProviderConfig{ClientID: "c", Issuer: "http://127.0.0.1"}, false},
		{"an issuer has no query", "acme", oauth.ProviderConfig{ClientID: "c", Issuer: "https://acme.example?a"}, false},
		{"a name of another path is refused", "links", oauth.ProviderConfig{ClientID: "c", Issuer: "https://acme.example"}, false},
		{"a name in capitals is refused", "Acme", oauth.ProviderConfig{ClientID: "c", Issuer: "https://acme.example"}, false},
		{"to link needs an authority", "acme", oauth.ProviderConfig{ClientID: "c", Issuer: "https://acme.example", LinkVerified: true}, false},
		{"to link needs a single tenant", "microsoft", oauth.ProviderConfig{ClientID: "c", LinkVerified: true}, false},
		{"a tenant is an id", "microsoft", oauth.ProviderConfig{ClientID: "c", Tenants: []string{"contoso.example"}}, false},
		{"tenants belong to microsoft", "google", oauth.ProviderConfig{ClientID: "c", Tenants: []string{tenant}}, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if _, err := oauth.NewProvider(c.name, c.config, oauth.Environment{}); (err == nil) != c.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

const tenant = "11111111-2222-3333-4444-555555555555"

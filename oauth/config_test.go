package oauth_test

import (
	"testing"

	"github.com/crafteasy/auth/oauth"
)

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

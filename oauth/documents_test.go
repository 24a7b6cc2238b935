package oauth

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"golang.org/x/oauth2"
)

// The metadata of Google, field by field as developers.google.com/identity/openid-connect/reference lists it ("Discovery Document").
const googleMetadata = `{
	"issuer": "https://accounts.google.com",
	"authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
	"device_authorization_endpoint": "https://oauth2.googleapis.com/device/code",
	"token_endpoint": "https://oauth2.googleapis.com/token",
	"userinfo_endpoint": "https://openidconnect.googleapis.com/v1/userinfo",
	"revocation_endpoint": "https://oauth2.googleapis.com/revoke",
	"jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
	"response_types_supported": ["code", "token", "id_token", "code token", "code id_token", "token id_token", "code token id_token", "none"],
	"response_modes_supported": ["query", "fragment", "form_post"],
	"authorization_response_iss_parameter_supported": true,
	"subject_types_supported": ["public"],
	"id_token_signing_alg_values_supported": ["RS256"],
	"scopes_supported": ["openid", "email", "profile"],
	"token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
	"claims_supported": ["aud", "email", "email_verified", "exp", "family_name", "given_name", "iat", "iss", "name", "picture", "sub"],
	"code_challenge_methods_supported": ["plain", "S256"],
	"grant_types_supported": ["authorization_code", "refresh_token"]
}`

// The metadata of Microsoft's common authority, field by field as learn.microsoft.com/entra/identity-platform/v2-protocols-oidc shows it
// ("Sample response"); that of a tenant has the tenant's id in every place. It announces neither PKCE nor iss.
const microsoftMetadata = `{
	"authorization_endpoint": "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
	"token_endpoint": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
	"token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
	"jwks_uri": "https://login.microsoftonline.com/common/discovery/v2.0/keys",
	"userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
	"response_modes_supported": ["query", "fragment", "form_post"],
	"subject_types_supported": ["pairwise"],
	"id_token_signing_alg_values_supported": ["RS256"],
	"response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
	"scopes_supported": ["openid", "profile", "email", "offline_access"],
	"issuer": "https://login.microsoftonline.com/{tenantid}/v2.0"
}`

// TestDocumentedMetadata: what Google and Microsoft publish about themselves is accepted with no more than a client id, and nothing beside it.
func TestDocumentedMetadata(t *testing.T) {
	const tenant = "9188040d-6c67-4c5b-b112-36a304b66dad"
	single := strings.NewReplacer("/common/", "/"+tenant+"/", "{tenantid}", tenant).Replace(microsoftMetadata)
	for _, c := range []struct {
		rule, name string
		tenants    []string
		text       string
		ok         bool
		style      oauth2.AuthStyle
	}{
		{"google", "google", nil, googleMetadata, true, oauth2.AuthStyleInHeader},
		{"the older issuer of google is another", "google", nil, strings.Replace(googleMetadata, "https://accounts.google.com\"", "accounts.google.com\"", 1), false, 0},
		{"google with a token endpoint elsewhere", "google", nil, strings.Replace(googleMetadata, "oauth2.googleapis.com/token", "googleapis.example/token", 1), false, 0},
		{"microsoft, every tenant", "microsoft", nil, microsoftMetadata, true, oauth2.AuthStyleInHeader},
		{"microsoft, a list", "microsoft", []string{tenant, strings.Replace(tenant, "9", "8", 1)}, microsoftMetadata, true, oauth2.AuthStyleInHeader},
		{"microsoft, one tenant", "microsoft", []string{tenant}, single, true, oauth2.AuthStyleInHeader},
		{"the common authority is not a tenant's", "microsoft", []string{tenant}, microsoftMetadata, false, 0},
		{"a tenant's authority is not the common one", "microsoft", nil, single, false, 0},
	} {
		t.Run(c.rule, func(t *testing.T) {
			made, err := NewProvider(c.name, ProviderConfig{ClientID: "c", ClientSecret: "s", Tenants: c.tenants}, Environment{})
			if err != nil {
				t.Fatal(err)
			}
			p, _ := made.(*openID)
			var m metadata
			if err := json.Unmarshal([]byte(c.text), &m); err != nil {
				t.Fatal(err)
			}
			if err := m.check(p.metadata.place); (err == nil) != c.ok {
				t.Fatalf("got %v", err)
			}
			if c.ok && m.authStyle(true) != c.style {
				t.Errorf("the secret is sent in style %d", m.authStyle(true))
			}
		})
	}
}

package testutil_test

import (
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/crafteasy/auth/internal/testutil"
)

func TestProviders(t *testing.T) {
	for name, server := range map[string]func(testing.TB) *testutil.Provider{
		"zitadel": testutil.OIDCServer, "oidc-provider": testutil.CertifiedOIDCServer,
	} {
		t.Run(name, func(t *testing.T) {
			p := server(t)
			found, err := oidc.NewProvider(t.Context(), p.Issuer)
			if err != nil {
				t.Fatal(err)
			}
			const redirect = "http://127.0.0.1:9/callback" // nothing listens there: the URL is all we need
			client := p.Register(t, redirect)
			config := oauth2.Config{
				ClientID: client.ID, ClientSecret: client.Secret, Endpoint: found.Endpoint(),
				RedirectURL: redirect, Scopes: []string{oidc.ScopeOpenID, "email"},
			}
			verifier := oauth2.GenerateVerifier()
			back := p.SignIn(t, config.AuthCodeURL("state-123", oauth2.S256ChallengeOption(verifier)), "alice")
			if !strings.HasPrefix(back.String(), redirect) || back.Query().Get("state") != "state-123" {
				t.Fatalf("came back to %s", back)
			}
			token, err := config.Exchange(t.Context(), back.Query().Get("code"), oauth2.VerifierOption(verifier))
			if err != nil {
				t.Fatal(err)
			}
			user, err := found.UserInfo(t.Context(), oauth2.StaticTokenSource(token))
			if err != nil {
				t.Fatal(err)
			}
			if user.Subject != "alice" || user.Email != "alice@example.test" || !user.EmailVerified {
				t.Errorf("signed in as %+v", user)
			}
			before := p.KeyIDs(t)
			p.Rotate(t)
			if after := p.KeyIDs(t); len(after) == 0 || after[0] == before[0] {
				t.Errorf("the keys are %v, and were %v", after, before)
			}
		})
	}
}

package testutil

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Provider is an OpenID provider. Anybody may sign in there under any name: the name is the subject; it is the e-mail
// address too, with @example.test added where it has no domain. The address counts as verified unless the name begins
// with "unverified".
type Provider struct {
	Issuer string
}

// Client is what a program is to a provider.
type Client struct {
	ID     string
	Secret string // sent as client_secret_basic
}

// password is what both providers take from everybody.
const password = "verysecure"

// OIDCServer returns zitadel/oidc's example provider: user claims stand in userinfo only, refresh tokens rotate, the
// callback carries no iss.
func OIDCServer(tb testing.TB) *Provider {
	tb.Helper()
	return useServer(tb, oidcServer)
}

// CertifiedOIDCServer returns oidc-provider, which runs on Node: user claims stand in the ID token, the callback
// carries iss (RFC 9207), PKCE is demanded.
func CertifiedOIDCServer(tb testing.TB) *Provider {
	tb.Helper()
	return useServer(tb, certifiedOIDCServer)
}

// Register makes a confidential client with the given redirect URIs (RFC 7591).
func (p *Provider) Register(tb testing.TB, redirectURIs ...string) Client {
	tb.Helper()
	in := map[string]any{
		"redirect_uris": redirectURIs,
		"grant_types":   []string{"authorization_code", "refresh_token"},
	}
	var out struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	postJSON(tb, strings.TrimSuffix(p.Issuer, "/")+"/reg", in, &out)
	return Client{ID: out.ID, Secret: out.Secret}
}

// Rotate has the provider sign with a new key. Sign-ins that are under way are lost; clients stay. zitadel's provider publishes the new key
// alone, oidc-provider the old ones too.
func (p *Provider) Rotate(tb testing.TB) {
	tb.Helper()
	postJSON(tb, strings.TrimSuffix(p.Issuer, "/")+"/rotate", struct{}{}, new(struct{}))
}

// KeyIDs returns the ids of the keys that the provider publishes, in order.
func (p *Provider) KeyIDs(tb testing.TB) []string {
	tb.Helper()
	var about struct {
		KeySet string `json:"jwks_uri"`
	}
	getJSON(tb, strings.TrimSuffix(p.Issuer, "/")+"/.well-known/openid-configuration", &about)
	var set struct {
		Keys []struct {
			ID string `json:"kid"`
		} `json:"keys"`
	}
	getJSON(tb, about.KeySet, &set)
	ids := make([]string, len(set.Keys))
	for i, k := range set.Keys {
		ids[i] = k.ID
	}
	return ids
}

var oidcServer = sync.OnceValues(func() (*Provider, error) {
	path, err := built("oidcop")
	if err != nil {
		return nil, err
	}
	port, err := providerProcess(path, "-port")
	return &Provider{Issuer: fmt.Sprintf("http://localhost:%d/", port)}, err
})

var certifiedOIDCServer = sync.OnceValues(func() (*Provider, error) {
	node, script, err := peer("oidc-provider.mjs")
	if err != nil {
		return nil, err
	}
	port, err := providerProcess(node, script)
	return &Provider{Issuer: fmt.Sprintf("http://127.0.0.1:%d", port)}, err
})

// providerProcess starts a provider whose last argument is its port, and returns that.
func providerProcess(path string, args ...string) (int, error) {
	return onFreePort(func(port int) error {
		dir, err := running.folder("oidc-" + strconv.Itoa(port))
		if err != nil {
			return err
		}
		args := append(slices.Clip(args), strconv.Itoa(port))
		return start(command{path: path, args: args, dir: dir, ready: listens(port)})
	})
}

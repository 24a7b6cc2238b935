package auth

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/oauth"
)

// OAuth sets sign-in at providers.
type OAuth struct {
	// Providers are described by their names. google, microsoft, github and others ([oauth.Known]) need a client id and secret, any other OpenID
	// provider its issuer too.
	Providers map[string]oauth.ProviderConfig
	// Own are providers of the host's making. Their callbacks are those below Path.
	Own []oauth.Provider
	// ReturnTo are the places on other origins that a browser may be sent on to, byte for byte: https, http on this machine, or an app's
	// own scheme. Paths of the own origin always may. Default: none.
	ReturnTo []string
	// InsecureLoopback admits providers on this machine, over http too. For tests and local work only.
	InsecureLoopback bool
}

// wireProviders lets people sign in at providers, where any is set.
func (a *Auth) wireProviders() error {
	c := &a.config
	if !c.hasProviders() {
		return nil
	}
	offers, err := c.offers()
	if err != nil {
		return fmt.Errorf("auth: Config.OAuth: %w", err)
	}
	a.oauth, err = oauth.New(c.Store.Links(), a.kv, a.users, a.sessions, a.ring, oauth.Options{
		Offers: offers, ReturnTo: c.OAuth.ReturnTo, InsecureCookie: c.base.Scheme == "http", BindHandoff: c.CookieMode, SignUp: c.SignUp,
		Guard: a.guard, Outbox: a.outbox, Audit: a.recorder, Now: c.Now,
	})
	if err != nil {
		return fmt.Errorf("auth: Config.OAuth: %w", err)
	}
	a.routes = append(a.routes, a.oauth.Routes()...)
	return a.sessions.RegisterFirst(a.oauth)
}

func (c *Config) hasProviders() bool { return len(c.OAuth.Providers)+len(c.OAuth.Own) > 0 }

func (c *Config) offers() ([]oauth.Offer, error) {
	callback := func(name string) string { return c.Issuer + c.Path + "/oauth2/" + name + "/callback" }
	env := oauth.Environment{InsecureLoopback: c.OAuth.InsecureLoopback, Now: c.Now}
	var offers []oauth.Offer
	for _, name := range slices.Sorted(maps.Keys(c.OAuth.Providers)) {
		described := c.OAuth.Providers[name]
		p, err := oauth.NewProvider(name, described, env)
		if err != nil {
			return nil, err
		}
		if described.RedirectURI == "" {
			described.RedirectURI = callback(name)
		}
		offers = append(offers, oauth.Offer{Provider: p, RedirectURI: described.RedirectURI, LinkVerified: described.LinkVerified})
	}
	for _, p := range c.OAuth.Own {
		if isTypedNil(p) || p == nil {
			return nil, refuse("OAuth.Own", "holds a nil provider")
		}
		offers = append(offers, oauth.Offer{Provider: ownProvider{p}, RedirectURI: callback(p.Name())})
	}
	return offers, nil
}

// CheckProviders asks every provider for its metadata, so that a wrong one is known at the start. The error joins one for each that is wrong
// or does not answer; a service may serve nevertheless, since one provider's failure is no other's.
func (a *Auth) CheckProviders(ctx context.Context) error {
	if a.oauth == nil {
		return nil
	}
	return a.oauth.Ready(ctx)
}

// setProviders reads the JSON of OAUTH2_PROVIDERS. The error repeats nothing of it: it holds secrets.
func setProviders(c *Config, v string) error {
	if err := json.Unmarshal([]byte(v), &c.OAuth.Providers, json.RejectUnknownMembers(true)); err != nil || c.OAuth.Providers == nil {
		return fmt.Errorf("must be a JSON object of providers by name, each with client_id, client_secret, redirect_uri, issuer and other known members")
	}
	return nil
}

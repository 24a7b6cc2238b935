package oauth

import (
	"maps"
	"net/url"
	"slices"
)

// row is a provider that is known by its name. A provider that keeps to OpenID Connect is a row and nothing else.
type row struct {
	issuer string
	hosts  []string
	scopes []string
	make   func(name string, c ProviderConfig, base *url.URL, env Environment) (Provider, error)
}

var known map[string]row

func init() { //nolint:gochecknoinits // the rows name functions that look the rows up
	known = map[string]row{
		"google": {
			issuer: "https://accounts.google.com",
			hosts:  []string{"oauth2.googleapis.com", "www.googleapis.com", "openidconnect.googleapis.com"},
			make:   newGoogle,
		},
		"microsoft": {issuer: "https://login.microsoftonline.com", hosts: []string{"graph.microsoft.com"}, make: newMicrosoft},
		"github":    {issuer: "https://github.com", scopes: []string{"read:user", "user:email"}, make: newGitHub},
		"gitlab":    {issuer: "https://gitlab.com"},
		"linkedin":  {issuer: "https://www.linkedin.com/oauth", hosts: []string{"api.linkedin.com"}},
	}
}

// Known answers the names of the providers that need no issuer.
func Known() []string { return slices.Sorted(maps.Keys(known)) }

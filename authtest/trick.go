package authtest

import (
	"net/http"
	"net/url"
)

// Trick is one lie of a [Provider]. Zero fields leave the truth. [Tricks] are those that a client must see through.
type Trick struct {
	// Name says what is wrong.
	Name string
	// Metadata changes what discovery answers.
	Metadata func(m map[string]any)
	// Keys changes the published keys.
	Keys func(set []map[string]any) []map[string]any
	// Claims changes the claims before they are signed.
	Claims func(c map[string]any)
	// Token answers another ID token instead of the one that was signed over the claims.
	Token func(p *Provider, claims map[string]any, signed string) string
	// UserInfo changes what userinfo answers.
	UserInfo func(c map[string]any)
	// Answer changes what the browser brings back.
	Answer func(q url.Values)
	// Serve answers a request instead of an endpoint, and reports whether it did.
	Serve func(endpoint string, w http.ResponseWriter, r *http.Request) bool
	// Outage says that a client cannot tell the trick from a provider that is down. Every other one is a refusal.
	Outage bool
	// Early says that the lie is in the metadata, which a client reads before it sends the browser anywhere.
	Early bool
	// Slow says that an answer takes as long as the client waits for it.
	Slow bool
}

package oauth

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/crafteasy/auth/internal/outbound"
)

// ClientSecret is what the provider gave this program. It prints as "[secret]".
type ClientSecret string

// Format hides the secret from every verb of fmt.
func (ClientSecret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[secret]")) }

// LogValue hides the secret from slog.
func (ClientSecret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// ProviderConfig describes a provider. ClientID is required, and Issuer for one whose name is not known: see [Known].
type ProviderConfig struct {
	// ClientID and ClientSecret are what the provider knows this program by. A public client has no secret.
	ClientID     string       `json:"client_id"`
	ClientSecret ClientSecret `json:"client_secret,omitzero"`
	// RedirectURI is where the provider sends the browser back to, as registered there. Default: the callback below the service's own issuer.
	RedirectURI string `json:"redirect_uri,omitzero"`
	// Issuer is the provider's issuer, byte for byte. Its metadata is read from there. For github it is the base URL of an
	// Enterprise Server, for microsoft that of a national cloud.
	Issuer string `json:"issuer,omitzero"`
	// Scopes are asked for. Default: what an identity and an address need.
	Scopes []string `json:"scopes,omitzero"`
	// Hosts may hold endpoints of the provider beside the host of its issuer.
	Hosts []string `json:"hosts,omitzero"`
	// Tenants are the ids of the Entra tenants that may sign in. Default: every organization and personal account. microsoft only.
	Tenants []string `json:"tenants,omitzero"`
	// EmailDomains are domains whose mailboxes the provider runs.
	EmailDomains []string `json:"email_domains,omitzero"`
	// LinkVerified links a new identity to the account that has its address, without asking the account's owner, who is told. It works only for
	// addresses that the provider is authoritative for: those of gmail.com and of Workspace for google, those of a single Entra tenant
	// for microsoft, EmailDomains for any.
	LinkVerified bool `json:"link_verified,omitzero"`
}

// Environment is what a provider needs of the program around it.
type Environment struct {
	// InsecureLoopback admits providers on this machine, over http too. For tests and local work only.
	InsecureLoopback bool
	// InsecureTransport answers instead of the network, for a provider in this process: a demo. No address is judged then. Default: the network.
	InsecureTransport http.RoundTripper
	// Timeout bounds every call. Default: 10 seconds.
	Timeout time.Duration
	// Now returns the current time. Default: time.Now.
	Now func() time.Time
}

var nameForm = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)

// isName refuses what is no name, and the names that other paths have.
func isName(name string) bool {
	return nameForm.MatchString(name) && name != "link" && name != "links" && name != "providers" && name != "handoff"
}

// NewProvider makes the provider of a name from its description: a known one, or an OpenID provider. Nothing is asked of it
// yet. The error names the field that is wrong and never its value.
func NewProvider(name string, c ProviderConfig, env Environment) (Provider, error) {
	if !isName(name) {
		return nil, fmt.Errorf("oauth: the name of a provider must be 1 to 32 of a-z, 0-9, - and _, and none of link, links, providers and handoff")
	}
	row := known[name]
	if row.make == nil {
		row.make = newOpenID
	}
	if c.Issuer == "" {
		c.Issuer = row.issuer
	}
	if len(c.Scopes) == 0 {
		c.Scopes = row.scopes
	}
	if c.Issuer == row.issuer {
		c.Hosts = append(slices.Clip(c.Hosts), row.hosts...)
	}
	if env.Now == nil {
		env.Now = time.Now
	}
	base, err := url.Parse(c.Issuer)
	switch {
	case c.ClientID == "":
		return nil, fmt.Errorf("oauth: provider %s: client_id is missing", name)
	case len(c.Tenants) > 0 && name != "microsoft":
		return nil, fmt.Errorf("oauth: provider %s: tenants belong to microsoft", name)
	case c.LinkVerified && name != "google" && name != "microsoft" && len(c.EmailDomains) == 0:
		return nil, fmt.Errorf("oauth: provider %s: link_verified needs email_domains, which the provider runs the mailboxes of", name)
	case c.Issuer == "":
		return nil, fmt.Errorf("oauth: provider %s: issuer is missing, and no provider of this name is known", name)
	case err != nil || base.User != nil || base.RawQuery != "" || base.Fragment != "" || !isSecure(base, env.InsecureLoopback):
		return nil, fmt.Errorf("oauth: provider %s: issuer must be an https URL without query and fragment", name)
	}
	for i, d := range c.EmailDomains {
		c.EmailDomains = append(c.EmailDomains[:i:i], append([]string{strings.ToLower(d)}, c.EmailDomains[i+1:]...)...)
	}
	p, err := row.make(name, c, base, env)
	if err != nil {
		return nil, fmt.Errorf("oauth: provider %s: %w", name, err)
	}
	return p, nil
}

// clientFor makes the HTTP client of a provider. Only a provider that is itself on this machine may lead there.
func clientFor(base *url.URL, env Environment) (c *http.Client, loopback bool) {
	loopback = env.InsecureLoopback && isLoopback(base.Hostname())
	c = newClient(outbound.Options{AllowLoopback: loopback, Timeout: env.Timeout})
	if env.InsecureTransport != nil {
		c.Transport = whole{env.InsecureTransport}
	}
	return c, loopback
}

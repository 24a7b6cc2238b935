package disposable

import (
	"fmt"
	"strings"
)

// Relays are services that forward to a person's own mailbox under an address made for one sender. They protect people from the
// services they sign up to, and one mailbox stands behind every address.
var relays = []string{
	"privaterelay.appleid.com",                            // Hide My Email, sign in with Apple
	"icloud.com",                                          // Hide My Email of iCloud+
	"mozmail.com",                                         // Firefox Relay
	"duck.com",                                            // DuckDuckGo Email Protection
	"simplelogin.com", "simplelogin.fr", "simplelogin.co", // SimpleLogin
	"aleeas.com", "slmail.me", "slmails.com", "silomails.com", "8alias.com", "8shield.net", "dralias.com",
	"passmail.net", "passmail.com", "passinbox.com", "passfwd.com", // Proton Pass
	"addy.io", "anonaddy.com", "anonaddy.me", // addy.io
}

// Options say what is blocked. The zero value is the recommended setting.
type Options struct {
	// List holds the domains to block. Default: the one that comes with the library.
	List *List
	// Block are further domains, with everything below them.
	Block []string
	// Allow are domains that are let through, with everything below them, whatever List says.
	Allow []string
}

// Filter decides about domains. It is safe for concurrent use.
type Filter struct {
	list  *List
	rules map[string]bool
}

// NewFilter makes a filter. The error names the entry that is no domain.
func NewFilter(opts Options) (*Filter, error) {
	f := &Filter{list: opts.List, rules: map[string]bool{}}
	if f.list == nil {
		f.list = New()
	}
	for _, rule := range []struct {
		name    string
		domains []string
		block   bool
	}{{"the relays", relays, false}, {"Block", opts.Block, true}, {"Allow", opts.Allow, false}} {
		for i, d := range rule.domains {
			domain, ok := normal(d)
			if !ok {
				return nil, fmt.Errorf("disposable: entry %d of %s is not a domain", i+1, rule.name)
			}
			f.rules[domain] = rule.block
		}
	}
	return f, nil
}

// Blocks reports whether mail to the domain, which is in the normal form of package user, goes to a throw-away mailbox. The
// closest entry decides: the domain itself, then each one above it. A rule of the host comes before the list.
func (f *Filter) Blocks(domain string) bool {
	for d := domain; strings.Contains(d, "."); _, d, _ = strings.Cut(d, ".") {
		if block, ok := f.rules[d]; ok {
			return block
		}
		if f.list.holds(d) {
			return true
		}
	}
	return false
}

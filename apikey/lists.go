package apikey

import (
	"net/netip"
	"slices"
	"strings"
)

// parseScopes accepts scope tokens (RFC 6749 section 3.3), each once.
func parseScopes(in []string) ([]string, error) {
	if len(in) > MostScopes {
		return nil, invalid("scopes", "has too many entries")
	}
	var out []string
	for _, scope := range in {
		if scope == "" || len(scope) > 64 || strings.ContainsFunc(scope, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '"' || c == '\\' }) {
			return nil, invalid("scopes", "holds an entry that is no scope")
		}
		if slices.Contains(out, scope) {
			return nil, invalid("scopes", "holds an entry twice")
		}
		out = append(out, scope)
	}
	return out, nil
}

// parseNetworks accepts addresses and networks in CIDR form and answers them in one spelling. Nil stays nil, which stands for
// everywhere; an empty list would too, and is refused.
func parseNetworks(in []string) ([]string, error) {
	if in == nil {
		return nil, nil
	}
	if len(in) == 0 {
		return nil, invalid("allowed_ips", "is empty; leave it out to allow every address")
	}
	if len(in) > MostNetworks {
		return nil, invalid("allowed_ips", "has too many entries")
	}
	out := make([]string, len(in))
	for i, text := range in {
		network, ok := parseNetwork(text)
		if !ok {
			return nil, invalid("allowed_ips", "holds an entry that is neither an address nor a network such as 192.0.2.0/24")
		}
		out[i] = network.String()
	}
	return out, nil
}

// parseNetwork answers the network in the form that addresses are compared in: unmapped and masked.
func parseNetwork(text string) (netip.Prefix, bool) {
	if at, err := netip.ParseAddr(text); err == nil {
		at = at.Unmap()
		return netip.PrefixFrom(at, at.BitLen()), at.Zone() == ""
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	const mapped = 96
	if network.Addr().Is4In6() {
		if network.Bits() < mapped {
			return netip.Prefix{}, false
		}
		network = netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-mapped)
	}
	return network.Masked(), true
}

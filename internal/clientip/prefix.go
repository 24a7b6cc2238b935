package clientip

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

var mapped = netip.MustParsePrefix("::ffff:0:0/96")

// Parse reads a list of prefixes or single addresses, separated by commas or blanks, as TRUSTED_PROXIES holds it.
// An empty text is an empty list. Anything that is no address, such as "*" or "private", is an error.
func Parse(list string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for i, s := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' }) {
		if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
			a = a.Unmap()
			all = append(all, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("clientip: entry %d is neither an address nor a prefix such as 10.0.0.0/8", i+1)
		}
		all = append(all, p)
	}
	return all, nil
}

// Bucket is the key of a limit: the address for IPv4, the /64 for IPv6, because one subscriber holds at least a /64
// and can take a new address in it for every request. IPv4 addresses mapped into IPv6 share the bucket of their IPv4
// form. Requests without an address share one bucket.
func Bucket(a netip.Addr) string {
	a = a.WithZone("").Unmap()
	switch {
	case !a.IsValid():
		return "unknown"
	case a.Is4():
		return a.String()
	}
	return netip.PrefixFrom(a, 64).Masked().String()
}

// normal answers the prefix in the form that addresses are compared in: unmapped and masked.
func normal(p netip.Prefix) (netip.Prefix, error) {
	if !p.IsValid() {
		return netip.Prefix{}, errors.New("is not a prefix")
	}
	if p.Addr().Is4In6() && p.Bits() >= mapped.Bits() {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped.Bits())
	}
	least := minBits6
	if p.Addr().Is4() {
		least = minBits4
	}
	if p.Bits() < least || p.Bits() < mapped.Bits() && p.Overlaps(mapped) {
		return netip.Prefix{}, fmt.Errorf("is too wide: name the proxies themselves, at most a /%d", least)
	}
	return p.Masked(), nil
}

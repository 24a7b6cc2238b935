package outbound

import "net/netip"

// place is where an address leads.
type place int

const (
	closed place = iota
	public
	loopback
	private
)

// The IANA special-purpose address registries (RFC 6890 and its updates), as far as they lie where the internet would.
var (
	privates = prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
	// metadata services hand out credentials of the machine and hide in private ranges. Most are link-local.
	metadata = prefixes("100.100.100.200/32", "fd00:ec2::/32", "fd20:ce::/32")
	// reserved are ranges within 0.0.0.0/0 and 2000::/3 that are no one host on the internet.
	reserved = prefixes(
		"0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	)
	global6 = netip.MustParsePrefix("2000::/3")
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(all ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(all))
	for i, s := range all {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

func within(a netip.Addr, all []netip.Prefix) bool {
	for _, p := range all {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// placeOf judges an address. IPv4 in IPv6 clothes, mapped (RFC 4291) or for NAT64 (RFC 6052), is judged as the IPv4
// address that the packets end at. What is not known to be public is closed.
func placeOf(a netip.Addr) place {
	a = a.WithZone("").Unmap()
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
		if placeOf(a) != public {
			return closed // RFC 6052 section 3.1: never for private addresses
		}
	}
	switch {
	case !a.IsValid() || within(a, metadata):
		return closed
	case a.IsLoopback():
		return loopback
	case within(a, privates):
		return private
	case within(a, reserved) || a.Is6() && !global6.Contains(a):
		return closed
	}
	return public
}

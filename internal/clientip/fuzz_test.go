package clientip_test

import (
	"net/netip"
	"strings"
	"testing"
)

// FuzzFrom holds that nobody is ever taken for an address that neither is the peer nor stands in the header as an
// untrusted hop.
func FuzzFrom(f *testing.F) {
	f.Add("10.0.0.1:5000", "8.8.8.8, 198.51.100.7", "10.2.2.2")
	f.Add("203.0.113.9:1", "198.51.100.7", "")
	f.Add("[fd00::1]:80", "[2001:db8::7]:567", "::ffff:10.0.0.1")
	f.Add("10.0.0.1", "fe80::1%eth0,", ",,,")
	f.Fuzz(func(t *testing.T, peer, first, second string) {
		r := resolver(t, trusted)
		got := r.From(request(peer, first, second))
		alone := r.From(request(peer))
		if got == alone {
			return
		}
		for _, p := range []string{"10.0.0.0/8", "192.0.2.1/32", "fd00::/16"} {
			if netip.MustParsePrefix(p).Contains(got) {
				t.Fatalf("the trusted proxy %v was taken for the client", got)
			}
		}
		for hop := range strings.SplitSeq(first+","+second, ",") {
			hop = strings.Trim(hop, " \t")
			a, err := netip.ParseAddr(strings.Trim(hop, "[]"))
			if err != nil {
				ap, _ := netip.ParseAddrPort(hop)
				a = ap.Addr()
			}
			if a.WithZone("").Unmap() == got {
				return
			}
		}
		t.Fatalf("%v is neither the peer nor a hop", got)
	})
}

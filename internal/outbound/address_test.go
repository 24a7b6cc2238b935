package outbound

import (
	"net/netip"
	"testing"
)

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		addr string
		want place
	}{
		{"8.8.8.8", public},
		{"2606:4700:4700::1111", public},
		{"::ffff:8.8.8.8", public},
		{"64:ff9b::808:808", public},
		{"172.15.255.255", public},
		{"172.32.0.0", public},
		{"100.128.0.0", public},

		{"127.0.0.1", loopback},
		{"127.255.255.254", loopback},
		{"::1", loopback},
		{"::ffff:127.0.0.1", loopback},

		{"10.0.0.1", private},
		{"172.16.0.1", private},
		{"172.31.255.255", private},
		{"192.168.1.1", private},
		{"100.64.0.1", private},
		{"fc00::1", private},
		{"fdff::1", private},
		{"::ffff:10.0.0.1", private},

		{"0.0.0.0", closed},
		{"0.1.2.3", closed},
		{"::", closed},
		{"169.254.169.254", closed},
		{"::ffff:169.254.169.254", closed},
		{"100.100.100.200", closed},
		{"fd00:ec2::254", closed},
		{"fd20:ce::254", closed},
		{"192.0.0.192", closed},
		{"192.0.2.1", closed},
		{"192.88.99.1", closed},
		{"198.18.0.1", closed},
		{"198.19.255.255", closed},
		{"198.51.100.1", closed},
		{"203.0.113.1", closed},
		{"224.0.0.1", closed},
		{"239.255.255.250", closed},
		{"240.0.0.1", closed},
		{"255.255.255.255", closed},
		{"fe80::1", closed},
		{"fe80::1%eth0", closed},
		{"fec0::1", closed},
		{"ff02::1", closed},
		{"::127.0.0.1", closed},
		{"64:ff9b::7f00:1", closed},
		{"64:ff9b::a00:1", closed},
		{"64:ff9b::a9fe:a9fe", closed},
		{"64:ff9b:1::808:808", closed},
		{"100::1", closed},
		{"2001::1", closed},
		{"2001:2::1", closed},
		{"2001:10::1", closed},
		{"2001:20::1", closed},
		{"2001:db8::1", closed},
		{"2002:7f00:1::", closed},
		{"2002:808:808::", closed},
		{"3fff::1", closed},
		{"4000::1", closed},
		{"5f00::1", closed},
	} {
		if got := placeOf(netip.MustParseAddr(c.addr)); got != c.want {
			t.Errorf("%s: place %d, want %d", c.addr, got, c.want)
		}
	}
	if placeOf(netip.Addr{}) != closed {
		t.Error("no address is a place")
	}
}

func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	// The standard library reads the environment once in a process, so the transport itself is asked.
	if g, ok := New(Options{}).Transport.(*guard); !ok || g.next.Proxy != nil {
		t.Error("a proxy would dial in our place")
	}
}

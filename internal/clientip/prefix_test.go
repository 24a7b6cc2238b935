package clientip_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/clientip"
)

func TestNewRefusesToTrustEverybody(t *testing.T) {
	for _, c := range []struct {
		prefix string
		ok     bool
	}{
		{"0.0.0.0/0", false},
		{"::/0", false},
		{"0.0.0.0/1", false},
		{"10.0.0.0/7", false},
		{"10.0.0.0/8", true},
		{"192.0.2.1/32", true},
		{"2000::/3", false},
		{"fc00::/7", false},
		{"fd00::/15", false},
		{"fd00::/16", true},
		{"::ffff:0:0/96", false},
		{"::ffff:0:0/95", false},
		{"::/64", false},
		{"::ffff:10.0.0.0/104", true},
		{"::ffff:10.0.0.0/103", false},
	} {
		_, err := clientip.New([]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix(c.prefix)})
		if (err == nil) != c.ok {
			t.Errorf("%s: error %v, want accepted=%t", c.prefix, err, c.ok)
		}
		if err != nil && !strings.Contains(err.Error(), "TrustedProxies[1]") {
			t.Errorf("%s: the error does not name the setting: %v", c.prefix, err)
		}
	}
	if _, err := clientip.New([]netip.Prefix{{}}); err == nil {
		t.Error("the zero prefix was accepted")
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ list, want string }{
		{"", ""},
		{" , ", ""},
		{"10.0.0.0/8", "10.0.0.0/8"},
		{"192.0.2.1,2001:db8::1 ::ffff:192.0.2.9", "192.0.2.1/32 2001:db8::1/128 192.0.2.9/32"},
		{"*", "error"},
		{"private", "error"},
		{"10.0.0.0/33", "error"},
		{"fe80::1%eth0", "error"},
		{"10.0.0.0-10.0.0.9", "error"},
	} {
		prefixes, err := clientip.Parse(c.list)
		var all []string
		for _, p := range prefixes {
			all = append(all, p.String())
		}
		got := strings.Join(all, " ")
		if err != nil {
			got = "error"
			if c.list != "" && strings.Contains(err.Error(), c.list) {
				t.Errorf("%q: the error shows the value: %v", c.list, err)
			}
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.list, got, c.want)
		}
	}
}

func TestBucket(t *testing.T) {
	for _, c := range []struct{ addr, want string }{
		{"198.51.100.7", "198.51.100.7"},
		{"::ffff:198.51.100.7", "198.51.100.7"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"fe80::1%eth0", "fe80::/64"},
	} {
		if got := clientip.Bucket(netip.MustParseAddr(c.addr)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.addr, got, c.want)
		}
	}
	if got := clientip.Bucket(netip.Addr{}); got != "unknown" {
		t.Errorf("no address: got %q", got)
	}
}

package clientip_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/clientip"
)

const trusted = "10.0.0.0/8, 192.0.2.1, fd00::/16"

func resolver(t testing.TB, list string) *clientip.Resolver {
	t.Helper()
	prefixes, err := clientip.Parse(list)
	if err != nil {
		t.Fatal(err)
	}
	r, err := clientip.New(prefixes)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func request(peer string, forwarded ...string) *http.Request {
	h := http.Header{}
	for _, f := range forwarded {
		h.Add("X-Forwarded-For", f)
	}
	return &http.Request{RemoteAddr: peer, Header: h}
}

func TestFrom(t *testing.T) {
	const proxy = "10.0.0.1:5000"
	for _, c := range []struct {
		rule, peer string
		forwarded  []string
		want       string
	}{
		{"no header: the peer", proxy, nil, "10.0.0.1"},
		{"an untrusted peer is the client whatever it claims", "203.0.113.9:1", []string{"198.51.100.7"}, "203.0.113.9"},
		{"a trusted peer's header is believed", proxy, []string{"198.51.100.7"}, "198.51.100.7"},
		{"the right-most untrusted hop wins", proxy, []string{"8.8.8.8, 198.51.100.7"}, "198.51.100.7"},
		{"trusted hops are passed over", proxy, []string{"8.8.8.8, 198.51.100.7, 10.9.9.9, 192.0.2.1"}, "198.51.100.7"},
		{"lines are one list in order", proxy, []string{"8.8.8.8", "198.51.100.7", "10.2.3.4"}, "198.51.100.7"},
		{"a later line is further right", proxy, []string{"198.51.100.7", "8.8.8.8"}, "8.8.8.8"},
		{"all hops trusted: the peer", proxy, []string{"10.1.1.1, 10.2.2.2"}, "10.0.0.1"},
		{"garbage that is reached: the peer", proxy, []string{"198.51.100.7, unknown"}, "10.0.0.1"},
		{"garbage behind a trusted hop: the peer", proxy, []string{"nonsense, 10.2.2.2"}, "10.0.0.1"},
		{"garbage left of the client changes nothing", proxy, []string{"<script>, ,, 198.51.100.7"}, "198.51.100.7"},
		{"a flood left of the client changes nothing", proxy, []string{strings.Repeat("1.1.1.1,", 1e5) + "198.51.100.7"}, "198.51.100.7"},
		{"a long word left of the client changes nothing", proxy, []string{strings.Repeat("x", 1e6) + ", 198.51.100.7"}, "198.51.100.7"},
		{"an empty element: the peer", proxy, []string{"198.51.100.7,"}, "10.0.0.1"},
		{"an empty line: the peer", proxy, []string{"198.51.100.7", ""}, "10.0.0.1"},
		{"too long an element: the peer", proxy, []string{"198.51.100.7" + strings.Repeat(" ", 300) + "x"}, "10.0.0.1"},
		{"blanks do not hide what stands before them", proxy, []string{"x" + strings.Repeat(" ", 300) + "198.51.100.7"}, "10.0.0.1"},
		{"too many trusted hops: the peer", proxy, []string{"198.51.100.7" + strings.Repeat(", 10.2.2.2", 17)}, "10.0.0.1"},
		{"sixteen hops are read", proxy, []string{"198.51.100.7" + strings.Repeat(", 10.2.2.2", 15)}, "198.51.100.7"},
		{"a port is dropped", proxy, []string{"198.51.100.7:567"}, "198.51.100.7"},
		{"a bracketed address with port", proxy, []string{"[2001:db8::7]:567"}, "2001:db8::7"},
		{"a bracketed address", proxy, []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"a bare IPv6 address", proxy, []string{"2001:db8::7"}, "2001:db8::7"},
		{"brackets are for IPv6", proxy, []string{"[198.51.100.7]"}, "10.0.0.1"},
		{"a port out of range is garbage", proxy, []string{"198.51.100.7:70000"}, "10.0.0.1"},
		{"leading zeros are garbage", proxy, []string{"198.051.100.007"}, "10.0.0.1"},
		{"quotes are garbage", proxy, []string{`"198.51.100.7"`}, "10.0.0.1"},
		{"the unspecified address is garbage", proxy, []string{"0.0.0.0"}, "10.0.0.1"},
		{"a name is garbage", proxy, []string{"client.example"}, "10.0.0.1"},
		{"a mapped address is unmapped", proxy, []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		{"a mapped trusted hop is trusted", proxy, []string{"198.51.100.7, ::ffff:10.2.2.2"}, "198.51.100.7"},
		{"a mapped peer is trusted", "[::ffff:10.0.0.1]:5000", []string{"198.51.100.7"}, "198.51.100.7"},
		{"a zone is dropped", proxy, []string{"fe80::1%eth0"}, "fe80::1"},
		{"the peer's zone is dropped", "[fe80::1%eth0]:80", nil, "fe80::1"},
		{"a trusted IPv6 peer", "[fd00::1]:80", []string{"198.51.100.7"}, "198.51.100.7"},
		{"a peer without a port", "203.0.113.9", []string{"198.51.100.7"}, "203.0.113.9"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if got := resolver(t, trusted).From(request(c.peer, c.forwarded...)); got.String() != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestNoAddress(t *testing.T) {
	for _, peer := range []string{"", "@", "/run/app.sock", "0.0.0.0:1"} {
		got := resolver(t, trusted).From(request(peer, "198.51.100.7"))
		if got.IsValid() {
			t.Errorf("peer %q: got %v, want none", peer, got)
		}
	}
	var zero clientip.Resolver
	if got := zero.From(request("203.0.113.9:1", "198.51.100.7")); got.String() != "203.0.113.9" {
		t.Errorf("zero resolver: got %v, want the peer", got)
	}
}

func TestR01_HeadersOfUntrustedPeersAreIgnored(t *testing.T) {
	for _, list := range []string{"", "192.0.2.0/24"} {
		r := resolver(t, list)
		buckets := map[string]bool{}
		for i := range 1000 {
			req := request("203.0.113.9:4711")
			for _, h := range []string{"X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP"} {
				req.Header.Set(h, fmt.Sprintf("198.51.%d.%d", i/250, i%250+1))
			}
			req.Header.Set("Forwarded", fmt.Sprintf("for=198.51.%d.%d", i/250, i%250+1))
			buckets[clientip.Bucket(r.From(req))] = true
		}
		if len(buckets) != 1 || !buckets["203.0.113.9"] {
			t.Errorf("trusted %q: %d buckets, want the peer's only", list, len(buckets))
		}
	}
}

func TestR01_OtherHeadersAreNeverRead(t *testing.T) {
	for _, h := range []string{"X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP", "X-Forwarded"} {
		req := request("10.0.0.1:5000")
		req.Header.Set(h, "198.51.100.7")
		if got := resolver(t, trusted).From(req); got.String() != "10.0.0.1" {
			t.Errorf("%s was believed: %v", h, got)
		}
	}
}

func TestR03_RotationStaysInOneBucket(t *testing.T) {
	buckets := map[string]bool{}
	for i := range 2000 {
		a := netip.MustParseAddr(fmt.Sprintf("2001:db8:1:2:%x:%x:0:%x", i*7, i, i+1))
		buckets[clientip.Bucket(a)] = true
	}
	if len(buckets) != 1 || !buckets["2001:db8:1:2::/64"] {
		t.Errorf("%d buckets for one /64, want 1", len(buckets))
	}
	r := resolver(t, "")
	for _, peer := range []string{"198.51.100.7:1", "[::ffff:198.51.100.7]:1", "[::ffff:c633:6407]:1", "[::ffff:198.51.100.7%lo]:1"} {
		if got := clientip.Bucket(r.From(request(peer))); got != "198.51.100.7" {
			t.Errorf("%s: bucket %q, want the IPv4 address", peer, got)
		}
	}
}

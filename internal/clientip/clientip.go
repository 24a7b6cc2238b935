package clientip

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

const (
	// maxHops is how many named proxies may stand between the peer and the client.
	maxHops = 16
	// maxHop is the length of the longest element: a bracketed IPv6 address with zone, port and blanks around it.
	maxHop = 128
	// minBits4 and minBits6 are the widest prefixes that may be trusted. Wider ones are a slip or a "trust everybody".
	minBits4, minBits6 = 8, 16
)

// Resolver finds the client's address. It is immutable and safe for concurrent use. The zero value trusts no proxy.
type Resolver struct{ trusted []netip.Prefix }

// New makes a resolver that trusts the proxies in these prefixes, and no others. It refuses prefixes wider than /8
// (IPv4) or /16 (IPv6): they would let strangers choose their own address.
func New(trusted []netip.Prefix) (*Resolver, error) {
	r := &Resolver{trusted: make([]netip.Prefix, 0, len(trusted))}
	for i, p := range trusted {
		n, err := normal(p)
		if err != nil {
			return nil, fmt.Errorf("clientip: TrustedProxies[%d] %w", i, err)
		}
		r.trusted = append(r.trusted, n)
	}
	return r, nil
}

// From answers the client's address, unmapped and without a zone. It is the zero Addr where the connection has no
// address, such as on a Unix socket; forwarding headers are not believed there either.
func (r *Resolver) From(req *http.Request) netip.Addr {
	peer, ok := parseHop(req.RemoteAddr)
	if !ok || !r.trusts(peer) {
		return peer
	}
	lines := req.Header["X-Forwarded-For"]
	hops := 0
	for _, line := range slices.Backward(lines) {
		for more := true; more; {
			var text string
			line, text, more = cutLast(line)
			if hops++; hops > maxHops {
				return peer
			}
			hop, ok := parseHop(text)
			if !ok {
				return peer
			}
			if !r.trusts(hop) {
				return hop
			}
		}
	}
	return peer
}

func (r *Resolver) trusts(a netip.Addr) bool {
	for _, p := range r.trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// cutLast splits the right-most element off a list. It searches no further than the longest element reaches, so that a
// long header costs nothing; where it finds no comma there, the rest comes back whole and is too long to parse.
func cutLast(line string) (rest, last string, more bool) {
	from := max(0, len(line)-maxHop-1)
	if i := strings.LastIndexByte(line[from:], ','); i >= 0 {
		return line[:from+i], line[from+i+1:], true
	}
	return "", line, false
}

// parseHop reads an address with or without a port.
func parseHop(s string) (netip.Addr, bool) {
	if len(s) > maxHop {
		return netip.Addr{}, false
	}
	s = strings.Trim(s, " \t")
	ap, err := netip.ParseAddrPort(s) // as every peer is written
	a := ap.Addr()
	if err != nil {
		a, err = netip.ParseAddr(s)
	}
	if inner, ok := strings.CutPrefix(s, "["); err != nil && ok && strings.HasSuffix(inner, "]") {
		a, err = netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		if err == nil && a.Is4() {
			return netip.Addr{}, false
		}
	}
	a = a.WithZone("").Unmap()
	if err != nil || a.IsUnspecified() {
		return netip.Addr{}, false
	}
	return a, true
}

package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"github.com/crafteasy/auth/internal/turns"
)

// DefaultTimeout is how long an exchange may take.
const DefaultTimeout = 10 * time.Second

const maxHeader = 64 << 10

// Options are the settings of a client. The zero value is for the public internet.
type Options struct {
	// Timeout bounds a whole exchange, from the name look-up to the last byte of the body. Default: [DefaultTimeout].
	Timeout time.Duration
	// AllowLoopback admits 127.0.0.0/8 and ::1, over plain http too: for tests and for gateways on the same machine.
	AllowLoopback bool
	// AllowPrivate admits private addresses (RFC 1918, RFC 4193, RFC 6598), over plain http too: for gateways in the
	// host's own network. Loopback, link-local and the metadata services of clouds stay out of reach.
	AllowPrivate bool
	// Roots are the certificate authorities. Default: the system's.
	Roots *x509.CertPool
	// Resolver looks names up. Default: the system's.
	Resolver *net.Resolver
}

// Errors of a client; match with errors.Is.
var (
	// ErrAddress says that a URL leads to an address that must not be reached.
	ErrAddress = errors.New("outbound: the address is not allowed")
	// ErrScheme says that a URL is neither https nor, where it may be, http.
	ErrScheme = errors.New("outbound: the URL must be https")
)

// New makes a client. It is safe for concurrent use. A redirect is answered as it came, with its 3xx status: callers
// accept 200 and the like and nothing else.
func New(opts Options) *http.Client {
	if opts.Timeout <= 0 {
		opts.Timeout = DefaultTimeout
	}
	dialer := &net.Dialer{Timeout: opts.Timeout, Resolver: opts.Resolver, ControlContext: opts.control}
	return &http.Client{
		Timeout:       opts.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &guard{opts: opts, next: &http.Transport{
			Proxy:                  nil,
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: opts.Roots},
			TLSHandshakeTimeout:    opts.Timeout,
			ResponseHeaderTimeout:  opts.Timeout,
			MaxResponseHeaderBytes: maxHeader,
			DisableCompression:     true, // sizes are what the wire carries
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        30 * time.Second,
		}},
	}
}

// guard refuses URLs that are not https before anything is dialled.
type guard struct {
	opts Options
	next *http.Transport
}

// plainKey marks the context of a plain http request for the dialler.
type plainKey struct{}

func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	turns.GiveBack(r.Context()) // what is slow here is not ours
	switch {
	case r.URL.Scheme == "https":
		return g.next.RoundTrip(r)
	case r.URL.Scheme == "http" && (g.opts.AllowLoopback || g.opts.AllowPrivate):
		return g.next.RoundTrip(r.WithContext(context.WithValue(r.Context(), plainKey{}, true)))
	}
	if r.Body != nil {
		_ = r.Body.Close() // a RoundTripper owes this even when it refuses
	}
	return nil, ErrScheme
}

// CloseIdleConnections lets [http.Client.CloseIdleConnections] through.
func (g *guard) CloseIdleConnections() { g.next.CloseIdleConnections() }

// control runs between look-up and connect, once for each address that is tried.
func (o Options) control(ctx context.Context, network, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("%w: %s", ErrAddress, network)
	}
	plain := ctx.Value(plainKey{}) != nil
	switch place := placeOf(ap.Addr()); {
	case place == public && !plain:
	case place == loopback && o.AllowLoopback:
	case place == private && o.AllowPrivate:
	case place == public:
		return ErrScheme
	default:
		return ErrAddress
	}
	return nil
}

package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/outbox"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// How long what was begun may take.
const (
	// FlowLife is how long a person may take at the provider.
	FlowLife = 10 * time.Minute
	// HandoffLife is how long the code of a browser is good.
	HandoffLife = time.Minute
	// LinkLife is how long a link may wait for its confirmation.
	LinkLife = 10 * time.Minute
)

// Offer is a provider with what this program has settled about it.
type Offer struct {
	Provider Provider
	// RedirectURI is where the provider sends the browser back to. It is different for every provider, so that an answer cannot be
	// passed off as another's (RFC 9700 section 4.4).
	RedirectURI string
	// LinkVerified is that of [ProviderConfig].
	LinkVerified bool
}

// Options are the settings of a [Service].
type Options struct {
	// Offers are the providers. At least one.
	Offers []Offer
	// ReturnTo are the places outside the own origin that a browser may be sent on to, byte for byte: https, http on this machine, or an
	// app's own scheme. Paths are always allowed. Default: none.
	ReturnTo []string
	// Insecure says that the service itself is served over http, on this machine only: cookies are then not Secure.
	InsecureCookie bool
	// BindHandoff makes a handoff code good only in the browser that came back from the provider, for services whose answer signs
	// the browser itself in: a link with somebody else's code must not. Default: whoever has the code has the token.
	BindHandoff bool
	// SignUp creates an account for a new identity with a verified address that no account has.
	SignUp bool
	// Guard refuses accounts of throw-away mailboxes. Required.
	Guard *abuse.Guard
	// Outbox tells owners. Required.
	Outbox *outbox.Outbox
	// Audit records every decision. Required.
	Audit *audit.Recorder
	// Now returns the current time. Default: time.Now.
	Now func() time.Time
}

// Gate is what this package needs of the session service.
type Gate interface {
	SignIn(ctx context.Context, u user.User, f session.Factor, app string) (session.TokenResponse, error)
	Ways(ctx context.Context, u user.User) (int, error)
}

// Service signs people in at providers and keeps their links. It is safe for concurrent use.
type Service struct {
	links  Store
	flows  kv.Store
	users  user.Store
	gate   Gate
	seals  secret.Keys
	offers map[string]Offer
	opts   Options
}

// New makes the service. Links last in links; flows, handles and codes expire in volatile.
func New(links Store, volatile kv.Store, users user.Store, gate Gate, ring *secret.Ring, opts Options) (*Service, error) {
	if links == nil || volatile == nil || users == nil || gate == nil || ring == nil || opts.Guard == nil || opts.Outbox == nil || opts.Audit == nil {
		return nil, errors.New("oauth: a store, the gate, the secret, Guard, Outbox or Audit is missing")
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Service{
		links: links, flows: kv.Prefixed(volatile, "oauth:"), users: users, gate: gate, seals: ring.Key("auth/v1/oauth"),
		offers: map[string]Offer{}, opts: opts,
	}
	redirects := map[string]bool{}
	for _, o := range opts.Offers {
		if o.Provider == nil || !isName(o.Provider.Name()) {
			return nil, errors.New("oauth: a provider is nil or has a name that is none")
		}
		name := o.Provider.Name()
		if _, twice := s.offers[name]; twice {
			return nil, fmt.Errorf("oauth: provider %s is given twice", name)
		}
		if err := checkRedirect(o.RedirectURI); err != nil || redirects[o.RedirectURI] {
			return nil, fmt.Errorf("oauth: provider %s: redirect_uri must be an https URL of its own, or http on this machine", name)
		}
		redirects[o.RedirectURI] = true
		s.offers[name] = o
	}
	if len(s.offers) == 0 {
		return nil, errors.New("oauth: no provider is given")
	}
	for _, to := range opts.ReturnTo {
		if err := checkReturn(to); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func checkRedirect(to string) error {
	u, err := url.Parse(to)
	if err != nil || !isSecure(u, true) || u.User != nil || u.Fragment != "" {
		return errors.New("no redirect URI")
	}
	return nil
}

// checkReturn refuses what is no place on another origin, and plain http to another machine, which would show the code to the network.
func checkReturn(to string) error {
	u, err := url.Parse(to)
	switch {
	case err != nil || u.Scheme == "" || u.Hostname() == "" || u.User != nil || hasControl(to) || strings.Contains(to, `\`):
		return errors.New("oauth: ReturnTo must hold absolute URLs without user")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return errors.New("oauth: ReturnTo may hold http on this machine alone")
	}
	return nil
}

// Names answers the providers that are offered, in order.
func (s *Service) Names() []string {
	names := make([]string, 0, len(s.offers))
	for name := range s.offers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (s *Service) offer(name string) (Offer, error) {
	o, ok := s.offers[name]
	if !ok {
		return Offer{}, ErrUnknownProvider
	}
	return o, nil
}

// Method is the name in amr of a sign-in at a provider.
func Method(provider string) string { return "oauth:" + provider }

// Ways counts the links by which the user can sign in (session.FirstFactor). A link of a provider that is no longer offered is none.
func (s *Service) Ways(ctx context.Context, u user.User) (int, error) {
	links, err := s.links.List(ctx, u.ID)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, l := range links {
		if _, offered := s.offers[l.Provider]; offered {
			n++
		}
	}
	return n, nil
}

// Ready asks every provider for its metadata, so that a wrong one is known before the first sign-in. The error joins one for each that is
// wrong or does not answer.
func (s *Service) Ready(ctx context.Context) error {
	var errs []error
	for _, name := range s.Names() {
		o := s.offers[name]
		_, err := o.Provider.AuthURL(ctx, Request{State: name, Nonce: name, Verifier: secret.Handle(32), RedirectURI: o.RedirectURI})
		if err != nil {
			errs = append(errs, fmt.Errorf("oauth: provider %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// outage turns a failure of a store or a provider into unavailable; a refusal passes.
func outage(err error) error {
	if err == nil {
		return nil
	}
	if _, known := problem.As(err); known {
		return err
	}
	return problem.Unavailable(err)
}

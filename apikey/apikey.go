package apikey

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/outbox"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// ErrInvalidKey covers an unknown code, a wrong secret or signature, a key that is revoked, disabled, expired or not yet valid, a
// denied address, and an owner who is gone or disabled: telling them apart would tell an attacker what he holds.
var ErrInvalidKey = problem.New(401, "invalid_api_key", "The API key is not valid.")

// The names of the methods in amr and in extra.auth_method.
const (
	MethodSecret    = "api_key"
	MethodAssertion = "signed_jwt"
)

// The limits that every key keeps.
const (
	// MostKeys is how many keys an owner may have.
	MostKeys = 100
	// MostSecrets is how many secrets a key keeps; of older ones the tokens end too.
	MostSecrets = 8
	// MostPublicKeys, MostNetworks and MostScopes bound the lists of a key.
	MostPublicKeys = 8
	MostNetworks   = 64
	MostScopes     = 32
	// DefaultOverlap is how long the old secret goes on working after a rotation; LongestOverlap is the most that can be asked for.
	DefaultOverlap = 24 * time.Hour
	LongestOverlap = 30 * 24 * time.Hour
	// AssertionLife is how far ahead the end of an assertion may lie.
	AssertionLife = 5 * time.Minute
)

// usedEvery is how often the last use is written.
const usedEvery = time.Minute

// Options are the settings of a [Service].
type Options struct {
	// Issuer is the audience of assertions. Required.
	Issuer string
	// Path is the mount point of the endpoints, for the metadata of the authorization server. Default: "/auth".
	Path string
	// M2M turns the token endpoint of OAuth 2.0 on.
	M2M bool
	// Leeway is how far the clock of a signer may differ. Default: none.
	Leeway time.Duration
	// MayGrant says whether a key of the user may have the scopes. Default: every scope but a boundary (tenant, partner, system)
	// beyond the user's own, which nothing allows.
	MayGrant func(ctx context.Context, u user.User, scopes []string) error
	// Guard bounds guesses. Required.
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
	Machine(ctx context.Context, m session.Machine) (session.TokenResponse, error)
	EndKey(ctx context.Context, ownerID, keyID string, at time.Time, generations ...string) error
}

// Service makes API keys and swaps them for tokens. It is safe for concurrent use.
type Service struct {
	keys  Store
	marks kv.Store
	users user.Store
	gate  Gate
	macs  macs
	names secret.Keys
	dummy Key
	opts  Options
}

// New makes the service. Keys last in store, marks of used assertions expire in volatile.
func New(store Store, volatile kv.Store, users user.Store, gate Gate, ring *secret.Ring, opts Options) (*Service, error) {
	if store == nil || volatile == nil || users == nil || gate == nil || ring == nil || opts.Guard == nil || opts.Outbox == nil || opts.Audit == nil {
		return nil, errors.New("apikey: a store, the gate, the secret, Guard, Outbox or Audit is missing")
	}
	if opts.Issuer == "" {
		return nil, errors.New("apikey: Issuer is missing")
	}
	if opts.Leeway < 0 || opts.Leeway > 2*time.Minute {
		return nil, fmt.Errorf("apikey: Leeway must be from 0 to %v", 2*time.Minute)
	}
	if opts.Path == "" {
		opts.Path = "/auth"
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Service{
		keys: store, marks: kv.Prefixed(volatile, "apikey:"), users: users, gate: gate,
		macs: macs{ring.Key("auth/v1/api-key").MACs()}, names: ring.Key("auth/v1/api-key-jti"), opts: opts,
	}
	// What an unknown code is compared with: a secret that nobody has ever seen.
	s.dummy.ID = random(idBytes)
	_, nobody := s.makeSecret(s.dummy.ID)
	s.dummy.Secrets = []Secret{nobody}
	return s, nil
}

// now is the time in whole milliseconds, which every store keeps exactly.
func (s *Service) now() time.Time { return s.opts.Now().UTC().Truncate(time.Millisecond) }

// live answers why the key cannot be used at all, or nothing.
func (k *Key) live(now time.Time) string {
	switch {
	case k.Disabled:
		return "the key is disabled"
	case now.Before(k.NotBefore):
		return "the key is not valid yet"
	case !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt):
		return "the key has expired"
	}
	return ""
}

// admits reports whether the key may be used from the address. An address that is not known is nowhere.
func (k *Key) admits(ip string) bool {
	if len(k.AllowedIPs) == 0 {
		return true
	}
	at, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	at = at.Unmap().WithZone("")
	for _, text := range k.AllowedIPs {
		network, err := netip.ParsePrefix(text)
		if err == nil && network.Contains(at) {
			return true
		}
	}
	return false
}

// tell sends the owner a notice.
func (s *Service) tell(ctx context.Context, ownerID string, kind sender.Kind, name string) {
	if u, err := s.users.ByID(ctx, ownerID); err == nil {
		o := audit.OriginFrom(ctx)
		s.opts.Outbox.Notice(ctx, u, kind, sender.Data{Detail: name, When: s.now(), IP: o.IP, UserAgent: o.UserAgent})
	}
}

package jwt

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/crafteasy/auth/internal/secret"
)

// Options configure a [Service].
type Options struct {
	// Issuer is the iss claim, the base URL of the service as a rule. Required; at most 255 bytes.
	Issuer string
	// Audience is the aud claim of user and service tokens. pre_auth tokens have "<issuer>/2fa". Default: the issuer.
	Audience string
	// Secret keys the mac member, by which a forged token is refused without a curve operation. Required.
	Secret secret.Secret
	// PreviousSecrets are accepted in checking only, for rotation. Default: none.
	PreviousSecrets []secret.Secret
	// Leeway is how far the clocks of instances may differ. At most 2 minutes. Default: 30 seconds.
	Leeway time.Duration
	// MaxTTL is the longest life of a user or service token that is signed or accepted; that of a pre_auth token is always
	// 10 minutes. At most 1 hour. Default: 1 hour.
	MaxTTL time.Duration
	// Now returns the current time. Default: time.Now.
	Now func() time.Time
}

// Service signs and verifies the tokens of one issuer. It is immutable and safe for concurrent use, cannot print itself,
// and knows nothing of revocation: that is the business of package session.
type Service struct {
	keys  *Keys
	macs  secret.MACs
	rules *rules
	jwks  []byte
	gate  Gate
}

// New makes a service. An error names the option that is wrong, without its value.
func New(keys *Keys, opts Options) (*Service, error) {
	if keys == nil || keys.private == nil {
		return nil, errors.New("jwt: no keys")
	}
	if opts.Secret.IsZero() {
		return nil, errors.New("jwt: Secret is required")
	}
	ring, err := secret.NewRing(opts.Secret, opts.PreviousSecrets...)
	if err != nil {
		return nil, fmt.Errorf("jwt: Secret or PreviousSecrets: %w", err)
	}
	r, err := newRules(opts.Issuer, opts.Audience, opts.Leeway, opts.MaxTTL, opts.Now, TypeUser, TypeService, TypePreAuth)
	if err != nil {
		return nil, err
	}
	r.known = keys.heads(r.kinds)
	jwks, err := keys.jwks()
	if err != nil {
		return nil, err
	}
	return &Service{keys: keys, macs: ring.Key(macLabel).MACs(), rules: r, jwks: jwks}, nil
}

// Issuer is the iss claim of every token.
func (s *Service) Issuer() string { return s.rules.issuer }

// Audience is the aud claim of user and service tokens.
func (s *Service) Audience() string { return s.rules.audience }

// Leeway is how far the clocks of signer and verifier may differ.
func (s *Service) Leeway() time.Duration { return s.rules.leeway }

// Now is the time on the clock by which tokens are judged.
func (s *Service) Now() time.Time { return s.rules.now() }

// JWKS is the set of all verification keys, the one in use first, as an RFC 7517 document. It holds no private key.
func (s *Service) JWKS() []byte { return bytes.Clone(s.jwks) }

const hiddenService = "[jwt service]"

// Format hides the keys from every verb.
func (Service) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hiddenService)) }

// LogValue hides the keys from slog.
func (Service) LogValue() slog.Value { return slog.StringValue(hiddenService) }

package webauthn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	rp "github.com/go-webauthn/webauthn/webauthn"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/outbox"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// ErrInvalidCredentials covers every reason for which a passkey is refused: telling them apart would tell a forger how far he got.
var ErrInvalidCredentials = problem.ErrInvalidCredentials

// Method is the name of the method in amr.
const Method = "webauthn"

// Limits of this package.
const (
	// ChallengeLife is how long a ceremony may take.
	ChallengeLife = 5 * time.Minute
	// MostPasskeys is how many a user may have.
	MostPasskeys = 20
	// LongestID is the longest credential id in bytes (WebAuthn Level 3, section 7.1 step 25).
	LongestID = 1023
)

// tombstoneLife is how long a removed passkey can be told that it was.
const tombstoneLife = 90 * 24 * time.Hour

// Options are the settings of a [Service]. The zero value of what is not required is the recommended one.
type Options struct {
	// RPID is the relying party id: the domain that passkeys belong to, for good. Required.
	RPID string
	// RPName is the service's name as authenticators show it. Default: RPID.
	RPName string
	// Origins are where ceremonies may run: RPID itself or below it, compared byte by byte. Required.
	Origins []string
	// RelatedOrigins are origins elsewhere that may use these passkeys too. They must be published: [Service.Origins].
	RelatedOrigins []string
	// AllowWithoutVerification accepts passkeys that did not verify their user. Such a use counts as one factor. Default: refused.
	AllowWithoutVerification bool
	// Outbox tells the owner of changes. Required.
	Outbox *outbox.Outbox
	// Audit records every decision. Required.
	Audit *audit.Recorder
	// Now returns the current time. Default: time.Now.
	Now func() time.Time
}

// Gate is what this package needs of the session service.
type Gate interface {
	SignIn(ctx context.Context, u user.User, f session.Factor, app string) (session.TokenResponse, error)
	SecondFactors(ctx context.Context, userID string) ([]string, error)
	CompleteEnrolment(ctx context.Context, p *jwt.TokenPayload, second session.Factor) (session.TokenResponse, error)
	EndOthers(ctx context.Context, p *jwt.TokenPayload) error
	Alive(ctx context.Context, p *jwt.TokenPayload) error
	Ways(ctx context.Context, u user.User) (int, error)
}

// Service registers passkeys and checks what they sign. It is safe for concurrent use.
type Service struct {
	store   Store
	pending kv.Store
	users   user.Store
	gate    Gate
	rp      *rp.WebAuthn
	origins []string
	opts    Options
}

var (
	_ session.SecondFactor = (*Service)(nil)
	_ session.FirstFactor  = (*Service)(nil)
)

// New makes the service. Passkeys last in store; ceremonies expire in volatile. Register it with
// [session.Service.RegisterFirst], and with [session.Service.RegisterSecond] for [session.ByCredential].
func New(store Store, volatile kv.Store, users user.Store, gate Gate, opts Options) (*Service, error) {
	if store == nil || volatile == nil || users == nil || gate == nil || opts.Outbox == nil || opts.Audit == nil {
		return nil, errors.New("webauthn: a store, the gate, Outbox or Audit is missing")
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.RPName == "" {
		opts.RPName = opts.RPID
	}
	if err := checkPlaces(opts); err != nil {
		return nil, err
	}
	origins := slices.Concat(opts.Origins, opts.RelatedOrigins)
	party, err := rp.New(&rp.Config{
		RPID: opts.RPID, RPDisplayName: opts.RPName, RPOrigins: origins,
		AttestationPreference: protocol.PreferNoAttestation,
		// Password managers answer extensions that nobody asked for; nothing here reads any.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
		Timeouts: rp.TimeoutsConfig{
			Login:        rp.TimeoutConfig{Timeout: ChallengeLife, TimeoutUVD: ChallengeLife},
			Registration: rp.TimeoutConfig{Timeout: ChallengeLife, TimeoutUVD: ChallengeLife},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("webauthn: %w", err)
	}
	return &Service{
		store: store, pending: kv.Prefixed(volatile, "webauthn:"), users: users, gate: gate, rp: party, origins: origins, opts: opts,
	}, nil
}

// algorithms are the offered ones, in the order of preference.
func algorithms() []protocol.CredentialParameter {
	var list []protocol.CredentialParameter
	for _, alg := range []webauthncose.COSEAlgorithmIdentifier{
		webauthncose.AlgEdDSA, webauthncose.AlgES256, webauthncose.AlgES384, webauthncose.AlgES512, webauthncose.AlgRS256,
	} {
		list = append(list, protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType, Algorithm: alg})
	}
	return list
}

// verification is what authenticators are asked for.
func (s *Service) verification() protocol.UserVerificationRequirement {
	if s.opts.AllowWithoutVerification {
		return protocol.VerificationPreferred
	}
	return protocol.VerificationRequired
}

// now is the time in whole milliseconds, which every store keeps exactly.
func (s *Service) now() time.Time { return s.opts.Now().UTC().Truncate(time.Millisecond) }

// record notes a decision about a passkey.
func (s *Service) record(ctx context.Context, name, userID string, err error, reason string) {
	e := audit.Event{Name: name, Outcome: audit.Success, UserID: userID, Method: Method, Reason: reason}
	if err != nil {
		refusal, ok := problem.As(err)
		if !ok || refusal.Status() >= 500 {
			return // a failure on our side is recorded where it is answered
		}
		e.Outcome, e.Code = audit.Failure, refusal.Code()
	}
	s.opts.Audit.Record(ctx, e)
}

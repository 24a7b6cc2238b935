package totp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/outbox"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// The refusals of this package.
var (
	// ErrInvalidCode covers a wrong, late and used code, a spent recovery code, and an authenticator that is not there.
	ErrInvalidCode = problem.ErrInvalidCode
	// ErrAlreadyEnabled says that the user has an authenticator; it must be disabled before another takes its place.
	ErrAlreadyEnabled = problem.New(409, "already_enabled", "An authenticator app is enrolled already.")
)

// The names of the methods in amr.
const (
	Method         = "totp"
	MethodRecovery = "recovery_code"
)

// The limits that [New] enforces.
const (
	// PendingLife is how long a setup waits for its first code.
	PendingLife = 10 * time.Minute
	// WidestWindow is how many steps before and after the present one are accepted (RFC 6238 section 5.2).
	WidestWindow = 1
	// LongestPeriod is the longest life of a code (NIST SP 800-63B-4 section 3.1.4).
	LongestPeriod = 2 * time.Minute
	// FewestDigits and MostDigits bound the length of a code (RFC 4226 section 5.3).
	FewestDigits = 6
	MostDigits   = 8
)

// Options are the settings of a [Service]. The zero value is the recommended one.
type Options struct {
	// Issuer is the service's name as authenticator apps show it. A colon or what does not print is left out. Required.
	Issuer string
	// Digits is how many a code has, 6 to 8. Not every app can do other than 6. Default: 6.
	Digits int
	// Period is how long a step takes, in whole seconds, at most 2 minutes. Default: 30 seconds.
	Period time.Duration
	// Window is how many steps a clock may be off, at most 1. Default: 1.
	Window int
	// Outbox tells the owner of changes. Required.
	Outbox *outbox.Outbox
	// Audit records every decision. Required.
	Audit *audit.Recorder
	// Now returns the current time. Default: time.Now.
	Now func() time.Time
}

// Gate is what this package needs of the session service.
type Gate interface {
	Guess(ctx context.Context, userID string, verify func(context.Context) (session.Factor, error)) (session.Factor, error)
	SecondFactors(ctx context.Context, userID string) ([]string, error)
	CompleteEnrolment(ctx context.Context, p *jwt.TokenPayload, second session.Factor) (session.TokenResponse, error)
	EndOthers(ctx context.Context, p *jwt.TokenPayload) error
}

// Service enrols authenticators and checks their codes. It is safe for concurrent use.
type Service struct {
	store   Store
	pending kv.Store
	users   user.Store
	gate    Gate
	keys    secret.Keys
	opts    Options
}

var _ session.SecondFactor = (*Service)(nil)

// New makes the service. Enrolments last in store; setups that wait for their first code expire in volatile. Register it with
// [session.Service.RegisterSecond] for [session.ByCode].
func New(store Store, volatile kv.Store, users user.Store, gate Gate, ring *secret.Ring, opts Options) (*Service, error) {
	if store == nil || volatile == nil || users == nil || gate == nil || ring == nil || opts.Outbox == nil || opts.Audit == nil {
		return nil, errors.New("totp: a store, the gate, the secret, Outbox or Audit is missing")
	}
	if opts.Digits == 0 {
		opts.Digits = FewestDigits
	}
	if opts.Period == 0 {
		opts.Period = 30 * time.Second
	}
	if opts.Window == 0 {
		opts.Window = WidestWindow
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	opts.Issuer = label(opts.Issuer)
	switch {
	case opts.Issuer == "":
		return nil, errors.New("totp: Issuer is missing, or holds nothing that prints")
	case opts.Digits < FewestDigits || opts.Digits > MostDigits:
		return nil, fmt.Errorf("totp: Digits must be from %d to %d", FewestDigits, MostDigits)
	case opts.Period < time.Second || opts.Period > LongestPeriod || opts.Period%time.Second != 0:
		return nil, fmt.Errorf("totp: Period must be whole seconds up to %v", LongestPeriod)
	case opts.Window < 1 || opts.Window > WidestWindow:
		return nil, fmt.Errorf("totp: Window must be %d", WidestWindow)
	}
	return &Service{
		store: store, pending: kv.Prefixed(volatile, "totp:"), users: users, gate: gate, keys: ring.Key("auth/v1/totp"), opts: opts,
	}, nil
}

// now is the time in whole milliseconds, which every store keeps exactly.
func (s *Service) now() time.Time { return s.opts.Now().UTC().Truncate(time.Millisecond) }

// record notes a decision about the user's authenticator.
func (s *Service) record(ctx context.Context, name, userID string, err error) {
	e := audit.Event{Name: name, Outcome: audit.Success, UserID: userID, Method: Method}
	if err != nil {
		refusal, ok := problem.As(err)
		if !ok || refusal.Status() >= 500 || errors.Is(err, problem.ErrRateLimited) {
			return // a failure on our side and a limit are recorded where they are answered
		}
		e.Outcome, e.Code = audit.Failure, refusal.Code()
	}
	s.opts.Audit.Record(ctx, e)
}

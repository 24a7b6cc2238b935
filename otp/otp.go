package otp

import (
	"context"
	"errors"
	"fmt"
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

// ErrInvalidCode covers a wrong, late, used and never-issued code alike: telling them apart would tell an attacker which
// addresses have a code waiting.
var ErrInvalidCode = problem.ErrInvalidCode

// The names of the methods in amr.
const (
	MethodEmail = "email_otp"
	MethodSMS   = "sms_otp"
)

// Purpose is what a code is good for. A code of one purpose is worthless for another.
type Purpose string

// The purposes.
const (
	// Login signs in.
	Login Purpose = "login"
	// StepUp proves again who is signed in.
	StepUp Purpose = "step_up"
	// Change proves a new address.
	Change Purpose = "change"
)

// The limits that [New] enforces (ASVS 6.5.4, 6.5.5).
const (
	ShortestCode = 6
	LongestCode  = 10
	LongestLife  = 10 * time.Minute
	MostGuesses  = 10
)

// Options are the settings of a [Service]. The zero value is the recommended one, with both channels off.
type Options struct {
	// Email and SMS turn sign-in by these channels on.
	Email, SMS bool
	// ChangeEmail and ChangeSMS let people change their address or number where nobody signs in by it: notices go there. A code of a
	// change proves the new address and signs nobody in. Default: as Email and SMS.
	ChangeEmail, ChangeSMS bool
	// Length is how many digits a code has. From 6 to 10. Default: 6.
	Length int
	// TTL is how long a code lives. At most 10 minutes. Default: 5 minutes.
	TTL time.Duration
	// MaxAttempts is how many guesses a code takes, with its handle and without it. At most 10. Default: 5.
	MaxAttempts int
	// RequireChallenge refuses a code without the handle of its challenge (ASVS 6.6.2).
	RequireChallenge bool
	// SignUp creates an account for an unknown address once its code has verified. Otherwise no code is sent to one.
	SignUp bool
	// Serve says which numbers are sent to. One that is not served answers like a success. Default: none.
	Serve func(phone string) bool
	// ParsePhone reads the spelling of a number. Default: user.ParsePhone, strict E.164.
	ParsePhone user.PhoneParser
	// Guard bounds messages and guesses. Required.
	Guard *abuse.Guard
	// Outbox sends. Required.
	Outbox *outbox.Outbox
	// Audit records every decision. Required.
	Audit *audit.Recorder
	// Now returns the current time. Default: time.Now.
	Now func() time.Time
}

// Gate is what this package needs of the session service.
type Gate interface {
	SignIn(ctx context.Context, u user.User, f session.Factor, app string) (session.TokenResponse, error)
	Arrive(ctx context.Context, userID string) (session.Arrival, error)
	SignInAs(
		ctx context.Context, came session.Arrival, f session.Factor, app string, read func(ctx context.Context) (user.User, error),
	) (session.TokenResponse, error)
}

// Service sends codes and checks them. It is safe for concurrent use.
type Service struct {
	codes kv.Store
	users user.Store
	gate  Gate
	keys  secret.Keys
	seals secret.Keys
	opts  Options
}

// New makes the service. Codes live in volatile.
func New(volatile kv.Store, users user.Store, gate Gate, ring *secret.Ring, opts Options) (*Service, error) {
	if volatile == nil || users == nil || gate == nil || ring == nil || opts.Guard == nil || opts.Outbox == nil || opts.Audit == nil {
		return nil, errors.New("otp: a store, the gate, the secret, Guard, Outbox or Audit is missing")
	}
	if opts.Length == 0 {
		opts.Length = ShortestCode
	}
	if opts.TTL == 0 {
		opts.TTL = 5 * time.Minute
	}
	if opts.MaxAttempts == 0 {
		opts.MaxAttempts = 5
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.ParsePhone == nil {
		opts.ParsePhone = user.ParsePhone
	}
	if opts.Serve == nil {
		opts.Serve = func(string) bool { return false }
	}
	opts.ChangeEmail, opts.ChangeSMS = opts.ChangeEmail || opts.Email, opts.ChangeSMS || opts.SMS
	switch {
	case opts.Length < ShortestCode || opts.Length > LongestCode:
		return nil, fmt.Errorf("otp: Length must be from %d to %d", ShortestCode, LongestCode)
	case opts.TTL < time.Second || opts.TTL > LongestLife:
		return nil, fmt.Errorf("otp: TTL must be from 1 second to %v", LongestLife)
	case opts.MaxAttempts < 1 || opts.MaxAttempts > MostGuesses:
		return nil, fmt.Errorf("otp: MaxAttempts must be from 1 to %d", MostGuesses)
	}
	return &Service{
		codes: kv.Prefixed(volatile, "otp:"), users: users, gate: gate, opts: opts,
		keys: ring.Key("auth/v1/otp"), seals: ring.Key("auth/v1/otp-address"),
	}, nil
}

// Ways counts the addresses that the user can sign in by (session.FirstFactor).
func (s *Service) Ways(_ context.Context, u user.User) (int, error) {
	n := 0
	if s.opts.Email && u.Email != "" {
		n++
	}
	if s.opts.SMS && u.Phone != "" && s.opts.Serve(u.Phone) {
		n++
	}
	return n, nil
}

// Method is the name in amr of a code sent to an address of this kind.
func Method(kind user.Kind) string {
	if kind == user.Phone {
		return MethodSMS
	}
	return MethodEmail
}

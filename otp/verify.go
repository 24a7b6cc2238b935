package otp

import (
	"cmp"
	"context"
	"crypto/hmac"
	"errors"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/together"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// Answer is a code that somebody presents.
type Answer struct {
	Purpose Purpose
	// To is the address that the code is said to have gone to.
	To   user.Identifier
	Code string
	// Challenge is the handle that the request for the code was answered with. Empty means the newest.
	Challenge string
	// App must not differ from the one of the request; empty means that one.
	App string
	// UserID is the account that a code of purpose StepUp or Change must belong to.
	UserID string

	// held is what is stored of the challenge, where somebody has looked already.
	held *held
}

// Verified is a code that was right. It is spent.
type Verified struct {
	// UserID is the account the code was made for, empty for an address that had none.
	UserID string
	// App is the application signed in to.
	App string

	// came is when the guess came to that account, for a code of purpose Login.
	came session.Arrival
}

// Check judges a code and spends it: of many callers with the right one exactly one gets no error. [ErrInvalidCode] covers
// every reason; rate_limited says that guesses without a handle must wait. Success is left for the caller to record.
func (s *Service) Check(ctx context.Context, a Answer) (Verified, error) {
	v, err := s.spend(ctx, a)
	if err != nil {
		return Verified{}, err
	}
	return v, s.succeeded(ctx, a.To)
}

// succeeded takes back what was counted as failed, once the code is taken.
func (s *Service) succeeded(ctx context.Context, to user.Identifier) error {
	return together.Do(
		ctx,
		func(ctx context.Context) error { return s.opts.Guard.Succeeded(ctx, subject(to)) },
		func(ctx context.Context) error { return s.opts.Guard.Verified(ctx, to) },
	)
}

// spend is [Service.Check] without taking back what was counted as failed.
func (s *Service) spend(ctx context.Context, a Answer) (Verified, error) {
	subject := subject(a.To)
	key, counter := "c:"+a.Challenge, "n:"
	if a.Challenge == "" {
		if err := s.opts.Guard.CheckIP(ctx); err != nil {
			return Verified{}, err
		}
		if err := s.opts.Guard.Admit(ctx, subject); err != nil {
			return Verified{}, err
		}
		key, counter = "latest:"+s.target(a.Purpose, a.To), "l:"
	}
	v, reason, err := s.judge(ctx, a, key, counter)
	if err != nil {
		return Verified{}, err
	}
	if reason == "" {
		return v, nil
	}
	if a.Challenge != "" {
		if err := s.opts.Guard.Failed(ctx, subject); err != nil {
			return Verified{}, err
		}
	}
	s.opts.Audit.Record(ctx, audit.Event{
		Name: "otp.verify", Outcome: audit.Failure, Code: ErrInvalidCode.Code(), Reason: reason, Method: subject.Method, UserID: v.UserID,
		Fields: map[string]string{"purpose": string(a.Purpose)},
	})
	return Verified{}, ErrInvalidCode
}

// subject is what guesses at the codes of an address count against. After more than a person mistypes, only those with a handle
// are admitted, which their challenge bounds: codes are never disabled.
func subject(to user.Identifier) abuse.Subject {
	return abuse.Subject{Method: Method(to.Kind), ID: to.Value, MostLoose: abuse.MostFailures}
}

// maxHandle bounds what is looked up under a handle that a client chose.
const maxHandle = 64

// held is what is stored of a code, if anything is.
type held struct {
	record []byte
	found  bool
}

// look reads a code and judges nothing.
func (s *Service) look(ctx context.Context, key string) (*held, error) {
	b, err := s.codes.Get(ctx, key)
	if err != nil && !errors.Is(err, kv.ErrNotFound) {
		return nil, problem.Unavailable(err)
	}
	return &held{b, err == nil}, nil
}

// judge answers why the code is refused, or nothing when it was right and is now taken. The guess is counted before it is compared.
// A challenge of another address or purpose loses no guess: its owner is not the one who errs.
func (s *Service) judge(ctx context.Context, a Answer, key, counter string) (v Verified, reason string, err error) {
	if a.Challenge == "" && s.opts.RequireChallenge {
		return v, "no challenge", nil
	}
	if len(a.Challenge) > maxHandle {
		return v, "no such code", nil
	}
	is := a.held
	if is == nil {
		if is, err = s.look(ctx, key); err != nil {
			return v, "", err
		}
	}
	if !is.found {
		return v, "no such code", nil
	}
	rec, err := decode(is.record)
	if err != nil {
		return v, "", problem.Unavailable(err)
	}
	if rec.Purpose != a.Purpose || !s.isTarget(rec, a.Purpose, a.To) {
		return v, "the challenge is another's", nil
	}
	v = Verified{UserID: rec.UserID, App: rec.App}
	n, came, err := s.guess(ctx, rec, counter)
	if err != nil {
		return v, "", err
	}
	v.came = came
	code := typed(a.Code)
	switch {
	case n > int64(s.opts.MaxAttempts):
		return v, "too many guesses", nil
	case !rec.live(s.opts.Now()):
		return v, "the code is late", nil
	case !isCode(code, s.opts.Length) || !s.matches(rec, code):
		return v, "the code is wrong", nil
	case a.App != "" && rec.App != "" && a.App != rec.App:
		return v, "the application is another", nil
	case a.Purpose != Login && a.UserID != rec.UserID:
		return v, "the account is another", nil
	}
	taken, err := s.codes.Take(ctx, "c:"+rec.Challenge)
	switch {
	case errors.Is(err, kv.ErrNotFound):
		return v, "the code is used", nil
	case err != nil:
		return v, "", problem.Unavailable(err)
	case !hmac.Equal(taken, is.record): // the record of a challenge never changes
		return v, "", problem.Unavailable(errors.New("otp: what was taken is not what was read"))
	}
	if v.App == "" {
		v.App = a.App
	}
	return v, "", nil
}

// guess counts a guess before it is compared, and tells the gate meanwhile whose account it comes to: who signs its owner out from then on
// signs out what the guess may lead to. For an address that had no account it is nobody's, at the same cost.
func (s *Service) guess(ctx context.Context, rec record, counter string) (n int64, came session.Arrival, err error) {
	count := func(ctx context.Context) (err error) {
		if n, _, err = s.codes.Count(ctx, counter+rec.Challenge, 1, s.opts.TTL); err != nil {
			return problem.Unavailable(err)
		}
		return nil
	}
	if rec.Purpose != Login {
		err = count(ctx)
		return n, came, err
	}
	err = together.Do(ctx, count, func(ctx context.Context) (err error) {
		came, err = s.gate.Arrive(ctx, cmp.Or(rec.UserID, rec.Challenge))
		return err
	})
	return n, came, err
}

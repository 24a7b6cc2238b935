package otp

import (
	"context"
	"errors"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/together"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// SignIn checks a code of purpose Login and signs its owner in, creating the account where sign-up is open. [ErrInvalidCode] covers
// a disabled account too.
func (s *Service) SignIn(ctx context.Context, a Answer) (session.TokenResponse, error) {
	a.Purpose = Login
	v, err := s.spend(ctx, a)
	if err != nil {
		return session.TokenResponse{}, err
	}
	answer, err := s.enter(ctx, a, v, session.Factor{Method: Method(a.To.Kind), At: s.opts.Now()})
	if errors.Is(err, session.ErrDisabled) {
		return session.TokenResponse{}, ErrInvalidCode
	}
	return answer, err
}

// enter passes the gate as whoever has just proven the address. What was counted as failed is taken back before a session begins.
func (s *Service) enter(ctx context.Context, a Answer, v Verified, f session.Factor) (session.TokenResponse, error) {
	if v.UserID != "" {
		return s.gate.SignInAs(ctx, v.came, f, v.App, func(ctx context.Context) (u user.User, err error) {
			err = together.Do(
				ctx,
				func(ctx context.Context) error { return s.succeeded(ctx, a.To) },
				func(ctx context.Context) (err error) {
					u, err = s.owner(ctx, a, v)
					return err
				},
			)
			return u, err
		})
	}
	if err := s.succeeded(ctx, a.To); err != nil {
		return session.TokenResponse{}, err
	}
	u, err := s.account(ctx, a, v)
	if err != nil {
		return session.TokenResponse{}, err
	}
	return s.gate.SignIn(ctx, u, f, v.App)
}

// owner reads the account that the code was made for. A code that was made for one account is never good for another: the address may
// have changed hands in between. Who shows another address is asked for by this one: a host may know more of them than it shows.
func (s *Service) owner(ctx context.Context, a Answer, v Verified) (user.User, error) {
	u, err := s.users.ByID(ctx, v.UserID)
	if err == nil && u.Address(a.To.Kind) != a.To {
		u, err = s.users.Find(ctx, a.To)
	}
	switch {
	case err != nil && !errors.Is(err, user.ErrNotFound):
		return user.User{}, problem.Unavailable(err)
	case err != nil, u.ID != v.UserID:
		about := Answer{Purpose: a.Purpose, To: a.To, UserID: v.UserID}
		return user.User{}, s.refuse(ctx, about, ErrInvalidCode, "the address has changed hands")
	}
	return u, nil
}

// account finds or creates who has just proven an address that nobody had when the code was made.
func (s *Service) account(ctx context.Context, a Answer, v Verified) (user.User, error) {
	for range 2 {
		u, found, err := s.find(ctx, a.To)
		switch {
		case err != nil:
			return user.User{}, err
		case found:
			return u, nil
		case !s.opts.SignUp:
			return user.User{}, s.refuse(ctx, Answer{Purpose: a.Purpose, To: a.To}, problem.ErrSignUpClosed, "sign-up is closed")
		}
		u, err = s.users.Create(ctx, user.NewUser{Identifier: a.To, OriginApp: v.App})
		switch {
		case err == nil:
			s.opts.Audit.Record(ctx, audit.Event{Name: "user.created", Outcome: audit.Success, UserID: u.ID, Method: Method(a.To.Kind)})
			return u, nil
		case !errors.Is(err, user.ErrExists):
			return user.User{}, problem.Unavailable(err)
		}
		// Somebody created it in between: it is found on the second look.
	}
	return user.User{}, problem.Unavailable(errors.New("otp: the account is neither there nor can it be created"))
}

// refuse records why a code that was right all the same leads nowhere. a says what for, to whom and whose.
func (s *Service) refuse(ctx context.Context, a Answer, refusal *problem.Error, reason string) error {
	e := audit.Event{
		Name: "otp.verify", Outcome: audit.Failure, Code: refusal.Code(), Reason: reason, UserID: a.UserID,
		Fields: map[string]string{"purpose": string(a.Purpose)},
	}
	if !a.To.IsZero() {
		e.Method = Method(a.To.Kind)
	}
	s.opts.Audit.Record(ctx, e)
	return refusal
}

package otp

import (
	"context"

	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

var _ session.Messenger = (*Service)(nil)

// Methods answers the channels by which the user can sign in (session.Messenger): who could not sign in by a code cannot prove
// anything by one either.
func (s *Service) Methods(u user.User) []string {
	var methods []string
	if s.opts.Email && u.Email != "" {
		methods = append(methods, MethodEmail)
	}
	if s.opts.SMS && u.Phone != "" && s.opts.Serve(u.Phone) {
		methods = append(methods, MethodSMS)
	}
	return methods
}

// SendStepUp sends a code of purpose StepUp to the stored address of the user (session.Messenger).
func (s *Service) SendStepUp(ctx context.Context, u user.User, method string, note func(ctx context.Context, challenge string) error) error {
	_, err := s.Send(ctx, Request{Purpose: StepUp, To: stored(u, method), UserID: u.ID, note: note})
	return err
}

// CheckStepUp spends the code (session.Messenger). A code that went to an address which the user holds no more is worth nothing.
func (s *Service) CheckStepUp(ctx context.Context, u user.User, method string, proof session.Proof) (session.Factor, error) {
	to := stored(u, method)
	if to.IsZero() || proof.Challenge == "" {
		return session.Factor{}, s.refuse(ctx, Answer{Purpose: StepUp, To: to, UserID: u.ID}, ErrInvalidCode, "the user has no such address, or no code was sent")
	}
	_, err := s.Check(ctx, Answer{Purpose: StepUp, To: to, Code: proof.Code, Challenge: proof.Challenge, UserID: u.ID})
	if err != nil {
		return session.Factor{}, err
	}
	return session.Factor{Method: method, At: s.opts.Now()}, nil
}

// stored is the user's address for a method; it is zero where there is none.
func stored(u user.User, method string) user.Identifier {
	if method == MethodSMS {
		return u.Address(user.Phone)
	}
	return u.Address(user.Email)
}

package totp

import (
	"context"
	"errors"
	"time"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/session"
)

// State is what a user may know of their second factors.
type State struct {
	// Enabled says that an authenticator is active, EnabledAt since when.
	Enabled   bool
	EnabledAt time.Time
	// CodesLeft counts the recovery codes.
	CodesLeft int
	// Factors are all the second factors that the user has, of every method, named as in second_factors.
	Factors []string
}

// State answers the user's second factors. It never holds a secret.
func (s *Service) State(ctx context.Context, userID string) (State, error) {
	names, err := s.gate.SecondFactors(ctx, userID)
	if err != nil {
		return State{}, problem.Unavailable(err)
	}
	e, err := s.store.Load(ctx, userID)
	switch {
	case errors.Is(err, ErrNotFound):
		return State{Factors: names}, nil
	case err != nil:
		return State{}, problem.Unavailable(err)
	}
	return State{Enabled: true, EnabledAt: e.EnabledAt, CodesLeft: len(e.Codes), Factors: names}, nil
}

// Disable removes the caller's authenticator and recovery codes when code is one of them, ends the user's other sessions, and
// tells the owner. [ErrInvalidCode] covers a user who has none.
func (s *Service) Disable(ctx context.Context, p *jwt.TokenPayload, code string) error {
	err := s.disable(ctx, p, code)
	s.record(ctx, "totp.disable", p.UserID, err)
	if err == nil {
		s.tell(ctx, p.UserID, sender.FactorRemoved, sender.Data{})
	}
	return err
}

// disable ends the other sessions first: should the rest fail, the factor is still on.
func (s *Service) disable(ctx context.Context, p *jwt.TokenPayload, code string) error {
	if err := s.prove(ctx, p.UserID, code); err != nil {
		return err
	}
	if err := s.gate.EndOthers(ctx, p); err != nil {
		return err
	}
	was, err := s.store.Delete(ctx, p.UserID)
	if err != nil {
		return problem.Unavailable(err)
	}
	if !was {
		return ErrInvalidCode
	}
	return nil
}

// Regenerate makes a new set of recovery codes when code is one of the authenticator's, or of the old set, of which none works from
// then on. The owner is told.
func (s *Service) Regenerate(ctx context.Context, userID, code string) ([]string, error) {
	shown, err := s.regenerate(ctx, userID, code)
	s.record(ctx, "totp.recovery_codes", userID, err)
	if err == nil {
		s.tell(ctx, userID, sender.RecoveryCodesRegenerated, sender.Data{})
	}
	return shown, err
}

func (s *Service) regenerate(ctx context.Context, userID, code string) ([]string, error) {
	if err := s.prove(ctx, userID, code); err != nil {
		return nil, err
	}
	e, err := s.store.Load(ctx, userID)
	if err == nil {
		shown, hashes := newRecoveryCodes(userID)
		if err = s.store.Replace(ctx, userID, e.ID, hashes); err == nil {
			return shown, nil
		}
	}
	if errors.Is(err, ErrNotFound) {
		return nil, ErrInvalidCode
	}
	return nil, problem.Unavailable(err)
}

// prove checks a code of somebody who is signed in, within the account's budget of guesses. The notice of what it was used for
// is the caller's.
func (s *Service) prove(ctx context.Context, userID, code string) error {
	_, err := s.gate.Guess(ctx, userID, func(ctx context.Context) (session.Factor, error) {
		f, _, err := s.check(ctx, userID, code)
		return f, err
	})
	return err
}

// Forget erases the user's authenticator, recovery codes and setup (session.SecondFactor).
func (s *Service) Forget(ctx context.Context, userID string) error {
	if err := s.pending.Delete(ctx, userID); err != nil {
		return problem.Unavailable(err)
	}
	if _, err := s.store.Delete(ctx, userID); err != nil {
		return problem.Unavailable(err)
	}
	return nil
}

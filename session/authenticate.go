package session

import (
	"context"
	"errors"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
)

// Authenticate answers the payload of a live user or service token. It is what RequireAuth asks on every request.
//
// [ErrInvalidToken] covers every reason; a pre_auth token is second_factor_required; a store that fails is unavailable, never
// a pass. The payload must not be changed.
func (s *Service) Authenticate(ctx context.Context, token string) (*jwt.TokenPayload, error) {
	p, err := s.Identify(ctx, token)
	if err != nil {
		return nil, err
	}
	if p.TokenType == jwt.TypePreAuth {
		return nil, problem.ErrSecondFactorRequired
	}
	return p, nil
}

// Identify is [Service.Authenticate] for every kind of token. A pre_auth token is live until it is completed, voided or expired.
func (s *Service) Identify(ctx context.Context, token string) (*jwt.TokenPayload, error) {
	key, now := digestOf(token), s.opts.Now()
	p, seen := s.verified.get(key, now)
	if !seen {
		var err error
		if p, err = s.verify(token, key); err != nil {
			return nil, s.refuse(ctx, &jwt.TokenPayload{}, err)
		}
	}
	state, err := s.store.State(ctx, p.UserID, p.SessionID, p.TokenID)
	if err != nil {
		return nil, problem.Unavailable(err)
	}
	if reason := state.against(p, now); reason != "" {
		return nil, s.refuse(ctx, p, ErrInvalidToken.Wrap(errors.New(reason)))
	}
	switch {
	case p.TokenType == jwt.TypePreAuth:
		if err := s.owing(ctx, p); err != nil {
			return nil, s.refuse(ctx, p, err)
		}
	case !seen:
		s.verified.put(token, key, p, now)
	}
	return p, nil
}

// refuse records a refused token.
func (s *Service) refuse(ctx context.Context, p *jwt.TokenPayload, err error) error {
	if errors.Is(err, ErrInvalidToken) {
		reason := ""
		if cause := errors.Unwrap(err); cause != nil {
			reason = cause.Error()
		}
		s.record(ctx, "token.refused", audit.Failure, p, reason)
	}
	return err
}

// against answers why the token is dead, or nothing. No time in the token is compared with a revoker's clock: epochs are
// compared with epochs.
func (st State) against(p *jwt.TokenPayload, now time.Time) string {
	switch {
	case p.Epoch < st.Floor:
		return "issued before every token was ended"
	case p.Epoch < st.Epoch && (st.Except == "" || st.Except != p.SessionID):
		return "issued before the user's tokens were ended"
	case !st.SessionEnd.IsZero() && !now.Before(st.SessionEnd):
		return "the session is ended"
	case !st.TokenEnd.IsZero() && !now.Before(st.TokenEnd):
		return "the token is revoked"
	}
	return ""
}

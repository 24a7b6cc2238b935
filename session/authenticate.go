package session

import (
	"context"
	"errors"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/jwt"
)

// Rejected is the cause of a refused token: what is known of it, and why it was refused.
type Rejected struct { //nolint:errname // "rejected" is what it is; errors.AsType names it
	// Payload is empty for a token that never verified.
	Payload jwt.TokenPayload
	Reason  string
}

// Error is the reason.
func (r *Rejected) Error() string { return r.Reason }

func reject(p *jwt.TokenPayload, reason string) error {
	return ErrInvalidToken.Wrap(&Rejected{*p, reason})
}

// Authenticate answers the payload of a live user or service token. It is what RequireAuth asks on every request.
//
// [ErrInvalidToken] covers every reason; a pre_auth token is second_factor_required, or enrolment_required where its user must have a
// factor and has none; a store that fails is unavailable, never a pass. The payload must not be changed. A refusal is recorded by
// whoever answers it ([Service.RecordRefusal]).
func (s *Service) Authenticate(ctx context.Context, token string) (*jwt.TokenPayload, error) {
	c, err := s.Caller(ctx, token)
	if err != nil {
		return nil, err
	}
	return c.Payload, nil
}

// Caller is [Service.Authenticate] with the host beside the payload.
func (s *Service) Caller(ctx context.Context, token string) (*web.Caller, error) {
	c, err := s.Identify(ctx, token)
	if err != nil {
		return nil, err
	}
	if c.Payload.TokenType == jwt.TypePreAuth {
		return nil, c.Owes.Wrap(&Rejected{*c.Payload, "the second factor is owed"})
	}
	return c, nil
}

// Identify is [Service.Caller] for every kind of token. A pre_auth token is live until it is completed, voided or expired.
func (s *Service) Identify(ctx context.Context, token string) (*web.Caller, error) {
	key, now := digestOf(token), s.opts.Now()
	c, seen := s.verified.get(key, now)
	if !seen {
		p, err := s.verify(token, key)
		if err != nil {
			return nil, err
		}
		c = &web.Caller{Payload: p, Host: s.opts.Host}
	}
	p := c.Payload
	state, err := s.store.State(ctx, p.UserID, line(p), p.TokenID)
	if err != nil {
		return nil, problem.Unavailable(err)
	}
	if reason := state.against(p, now); reason != "" {
		return nil, reject(p, reason)
	}
	switch {
	case p.TokenType == jwt.TypePreAuth:
		if c.Owes, err = s.owing(ctx, p); err != nil {
			return nil, err
		}
	case !seen:
		s.verified.put(token, key, c, now)
	}
	return c, nil
}

// RecordRefusal records that a token was refused. Anything but an [ErrInvalidToken] is left to the caller.
func (s *Service) RecordRefusal(ctx context.Context, err error) {
	if !errors.Is(err, ErrInvalidToken) {
		return
	}
	e := audit.Event{Name: "token.refused", Outcome: audit.Failure, Code: ErrInvalidToken.Code()}
	if r, ok := errors.AsType[*Rejected](err); ok {
		e.UserID, e.SessionID, e.Reason = r.Payload.UserID, r.Payload.SessionID, r.Reason
	} else if cause := errors.Unwrap(err); cause != nil {
		e.Reason = cause.Error()
	}
	s.opts.Audit.Record(ctx, e)
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

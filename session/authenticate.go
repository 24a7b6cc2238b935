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
	c, err := s.identify(ctx, token, (*Service).mirrored)
	if err != nil {
		return nil, err
	}
	if c.Payload.TokenType == jwt.TypePreAuth {
		return nil, c.Owes.Wrap(&Rejected{*c.Payload, "the second factor is owed"})
	}
	return c, nil
}

// Identify is [Service.Caller] for every kind of token, and asks the store whatever [Options.RevocationLag] is: it is for endpoints that
// change sessions, factors and keys. A pre_auth token is live until it is completed, voided or expired.
func (s *Service) Identify(ctx context.Context, token string) (*web.Caller, error) {
	return s.identify(ctx, token, (*Service).stored)
}

func (s *Service) identify(ctx context.Context, token string, look lookup) (*web.Caller, error) {
	now := s.opts.Now()
	e, forged := s.verified.get(token, now)
	seen := e != nil
	if !seen {
		p, err := s.verify(ctx, token, forged)
		if err != nil {
			return nil, err
		}
		now = s.opts.Now() // it may have waited
		e = &entry{caller: web.Caller{Payload: p, Host: s.opts.Host}, traits: s.traits(p)}
	}
	c := &e.caller
	p := c.Payload
	state, err := look(s, ctx, p, &e.traits, now)
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
		s.verified.put(token, e, now)
	}
	return c, nil
}

// lookup answers what is known against a token.
type lookup func(s *Service, ctx context.Context, p *jwt.TokenPayload, who *traits, now time.Time) (State, error)

// stored asks the store.
func (s *Service) stored(ctx context.Context, p *jwt.TokenPayload, who *traits, _ time.Time) (State, error) {
	return s.store.State(ctx, p.UserID, who.line, p.TokenID)
}

// mirrored asks the mirror, and the store where there is none or it does not know.
func (s *Service) mirrored(ctx context.Context, p *jwt.TokenPayload, who *traits, now time.Time) (State, error) {
	if s.mirror != nil {
		if state, ok := s.mirror.state(p, who, now); ok {
			return state, nil
		}
	}
	return s.stored(ctx, p, who, now)
}

// traits are what a token is looked up by, here and in the store.
func (s *Service) traits(p *jwt.TokenPayload) traits {
	if s.mirror == nil {
		return traits{line: line(p)}
	}
	return s.mirror.known.traits(p)
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

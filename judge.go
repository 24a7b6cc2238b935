package auth

import (
	"context"
	"errors"
	"net/http"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/middleware"
	"github.com/crafteasy/auth/session"
)

// judge enforces what a route demands of its caller, in the one place where that is decided.
func (a *Auth) judge(r *http.Request, d web.Demand) (*jwt.TokenPayload, error) {
	token, err := a.host.Credential(r)
	if err != nil {
		return nil, err
	}
	if d == web.Genuine {
		return a.sessions.Genuine(r.Context(), token)
	}
	c, err := a.sessions.Identify(r.Context(), token)
	if err != nil {
		return nil, err
	}
	if err := a.allows(r, d, c); err != nil {
		a.denied(r, c.Payload, err)
		return nil, err
	}
	return c.Payload, nil
}

// alive refuses a caller who was let in and has been thrown out since.
func (a *Auth) alive(ctx context.Context, p *jwt.TokenPayload) error { return a.sessions.Alive(ctx, p) }

// allows decides whether a live token of this kind meets the demand.
func (a *Auth) allows(r *http.Request, d web.Demand, c *web.Caller) error {
	kind := c.Payload.TokenType
	if kind == jwt.TypePreAuth {
		return a.allowsOwing(r, d, c)
	}
	switch d {
	case web.Genuine, web.Public:
		return nil
	case web.PreAuth:
		return problem.ErrWrongTokenType
	case web.Any:
		if kind == jwt.TypeService {
			return nil
		}
	case web.User, web.Fresh, web.Enrol:
	}
	if kind != jwt.TypeUser {
		return problem.ErrWrongTokenType
	}
	if (d == web.Fresh || d == web.Enrol) && !middleware.Fresh(c.Payload, session.Freshness, a.config.Now()) {
		return problem.ErrReauthenticationRequired
	}
	return nil
}

// allowsOwing decides where a pre_auth token may go: with something to prove to where it is proven, with nothing to where it is enrolled.
func (a *Auth) allowsOwing(r *http.Request, d web.Demand, c *web.Caller) error {
	enrols := c.Owes == problem.ErrEnrolmentRequired
	switch {
	case d == web.PreAuth && !enrols:
		return nil
	case d == web.Enrol && enrols:
		return a.sessions.MayEnrol(r.Context(), c.Payload)
	}
	return c.Owes
}

// denied records that a live token did not meet a demand: who it was is known here alone.
func (a *Auth) denied(r *http.Request, p *jwt.TokenPayload, err error) {
	refusal, ok := problem.As(err)
	if !ok || refusal.Status() >= http.StatusInternalServerError {
		return // recorded where it is answered
	}
	a.recorder.Record(jwt.NewContext(r.Context(), p), audit.Event{
		Name: "request.refused", Outcome: audit.Refused, Code: refusal.Code(), UserID: p.UserID, SessionID: p.SessionID,
		Fields: map[string]string{"method": r.Method},
	})
}

// limit counts a public request against its address.
func (a *Auth) limit(r *http.Request) error {
	return a.guard.Request(r.Context(), a.host.ClientIP(r))
}

// refused records a refusal that no service has recorded, so that each decision is one event, and logs the cause of
// a failure on our side. Such a failure is an event of its own, whatever the request has led to before.
func (a *Auth) refused(ctx context.Context, method string, p *problem.Error) {
	outcome := audit.Refused
	if p.Status() >= http.StatusInternalServerError {
		outcome = audit.Fault
		if cause := p.Unwrap(); cause != nil {
			a.config.Logger.ErrorContext(ctx, "authentication failed on our side", "code", p.Code(), "cause", cause.Error(),
				"request_id", audit.OriginFrom(ctx).RequestID)
		}
	}
	if p.Code() == problem.ErrInvalidCode.Code() {
		// Wherever a code is guessed at, the address that guesses is the same, and is so when it has left.
		if err := a.guard.FailedIP(context.WithoutCancel(ctx)); err != nil {
			a.config.Logger.ErrorContext(ctx, "a wrong code was not counted against its address", "cause", err.Error(),
				"request_id", audit.OriginFrom(ctx).RequestID)
		}
	}
	switch {
	case outcome != audit.Fault && audit.Recorded(ctx):
	case p.Code() == session.ErrInvalidToken.Code():
		a.sessions.RecordRefusal(ctx, p)
	default:
		e := audit.Event{Name: "request.refused", Outcome: outcome, Code: p.Code(), Fields: map[string]string{"method": method}}
		if known, ok := errors.AsType[*session.Rejected](p); ok {
			e.UserID, e.SessionID, e.Actor = known.Payload.UserID, known.Payload.SessionID, known.Payload.UserID
		}
		a.recorder.Record(ctx, e)
	}
}

package middleware

import (
	"context"
	"errors"
	"net/http"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/jwt"
)

// Authenticator judges tokens. The session service, *auth.Auth and jwt.Remote are three. A payload it answers is never nil without
// an error, and must not be changed afterwards.
type Authenticator interface {
	Authenticate(ctx context.Context, token string) (*jwt.TokenPayload, error)
}

// hosts is an Authenticator that also knows how the host wants requests treated, and remembers who called: *auth.Auth is one.
type hosts interface {
	WebHost() *web.Host
	WebCaller(ctx context.Context, token string) (*web.Caller, error)
}

// FromContext answers the payload of the caller's verified token, and whether there is one. It is a copy.
func FromContext(ctx context.Context) (*jwt.TokenPayload, bool) { return jwt.FromContext(ctx) }

// RequireAuth lets only requests through that present a live user or service token, by X-API-Key or Authorization: Bearer,
// and in cookie mode by the cookie.
func RequireAuth(a Authenticator) func(http.Handler) http.Handler {
	return newGuard(a).wrap((*guard).require)
}

// OptionalAuth lets requests through that present a live user or service token, or nothing at all. Whatever is presented must hold.
func OptionalAuth(a Authenticator) func(http.Handler) http.Handler {
	return newGuard(a).wrap((*guard).optional)
}

// guard is an Authenticator with the host it belongs to.
type guard struct {
	host   *web.Host
	caller func(ctx context.Context, token string) (*web.Caller, error)
}

func newGuard(a Authenticator) *guard {
	if h, ok := a.(hosts); ok {
		return &guard{h.WebHost(), h.WebCaller}
	}
	host := &web.Host{}
	return &guard{host, func(ctx context.Context, token string) (*web.Caller, error) {
		p, err := a.Authenticate(ctx, token)
		if err != nil {
			return nil, err
		}
		return &web.Caller{Payload: p, Host: host}, nil
	}}
}

func (g *guard) wrap(check func(*guard, *http.Request) (*web.Caller, error)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			inner, done := g.begin(r)
			c, err := check(g, inner)
			if err != nil {
				g.host.Refuse(w, inner, err)
			}
			done(err)
			if err != nil {
				return
			}
			if c != nil {
				r = r.WithContext(web.Admit(r.Context(), c))
			}
			next.ServeHTTP(w, r)
		})
	}
}

// begin begins a token check. Where somebody observes it, the request has its origin and id from the start.
func (g *guard) begin(r *http.Request) (inner *http.Request, done func(err error)) {
	if g.host.Observe != nil {
		r = r.WithContext(web.NewVisit(r, g.host))
	}
	return g.host.Begin(r, web.OpAuthenticate)
}

func (g *guard) require(r *http.Request) (*web.Caller, error) {
	if g.host.Bypass != nil {
		p, err := g.host.Bypass(r)
		if err != nil {
			return nil, err
		}
		return &web.Caller{Payload: p, Host: g.host}, nil
	}
	token, err := g.host.Credential(r)
	if err != nil {
		return nil, err
	}
	return g.caller(r.Context(), token)
}

func (g *guard) optional(r *http.Request) (*web.Caller, error) {
	if g.host.Bypass != nil {
		return g.require(r)
	}
	token, err := g.host.Credential(r)
	switch {
	case errors.Is(err, problem.ErrAuthenticationRequired):
		return nil, nil //nolint:nilnil // nothing was presented: nobody is an answer here
	case err != nil:
		return nil, err
	}
	return g.caller(r.Context(), token)
}

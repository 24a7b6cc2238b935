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

// hosts is an Authenticator that also knows how the host wants requests treated: *auth.Auth is one.
type hosts interface {
	WebHost() *web.Host
}

// FromContext answers the payload of the caller's verified token, and whether there is one. It is a copy.
func FromContext(ctx context.Context) (*jwt.TokenPayload, bool) { return jwt.FromContext(ctx) }

// RequireAuth lets only requests through that present a live user or service token, by X-API-Key or Authorization: Bearer.
func RequireAuth(a Authenticator) func(http.Handler) http.Handler {
	return newGuard(a).wrap((*guard).require)
}

// OptionalAuth lets requests through that present a live user or service token, or nothing at all. Whatever is presented must hold.
func OptionalAuth(a Authenticator) func(http.Handler) http.Handler {
	return newGuard(a).wrap((*guard).optional)
}

// guard is an Authenticator with the host it belongs to.
type guard struct {
	Authenticator

	host *web.Host
}

func newGuard(a Authenticator) *guard {
	if h, ok := a.(hosts); ok {
		return &guard{a, h.WebHost()}
	}
	return &guard{a, &web.Host{}}
}

func (g *guard) wrap(check func(*guard, context.Context, *http.Request) (*jwt.TokenPayload, error)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			visit := web.NewVisit(r, g.host)
			r = r.WithContext(visit)
			p, err := check(g, visit, r)
			if err != nil {
				web.WriteError(w, r, err)
				return
			}
			visit.Admit(p)
			next.ServeHTTP(w, r)
		})
	}
}

func (g *guard) require(ctx context.Context, r *http.Request) (*jwt.TokenPayload, error) {
	if g.host.Bypass != nil {
		if p, err := g.host.Bypass(r); p != nil || err != nil {
			return p, err
		}
	}
	token, err := web.Credential(r)
	if err != nil {
		return nil, err
	}
	return g.Authenticate(ctx, token)
}

func (g *guard) optional(ctx context.Context, r *http.Request) (*jwt.TokenPayload, error) {
	p, err := g.require(ctx, r)
	if errors.Is(err, problem.ErrAuthenticationRequired) {
		return nil, nil //nolint:nilnil // nothing was presented: nobody is an answer here
	}
	return p, err
}

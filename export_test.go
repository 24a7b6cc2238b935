package auth

import (
	"context"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// Build is New with further steps before the registries close.
func Build(c Config, further ...func(*Auth) error) (*Auth, error) { return build(c, further...) }

// AddRoute is a step that adds an endpoint which the library does not have.
func AddRoute(rt web.Route) func(*Auth) error {
	return func(a *Auth) error {
		a.routes = append(a.routes, rt)
		return nil
	}
}

// Gate is the session service.
func (a *Auth) Gate() *session.Service { return a.sessions }

// Sign signs whatever it is given.
func (a *Auth) Sign(p TokenPayload) (string, error) { return a.tokens.Sign(p) }

// ForgiveGuesses lets the user's guesses at second factors begin anew.
func (a *Auth) ForgiveGuesses(ctx context.Context, userID string) error {
	return a.guard.Succeeded(ctx, abuse.Subject{Method: "second_factor", ID: userID})
}

// Users is the user table.
func (a *Auth) Users() user.Store { return a.users }

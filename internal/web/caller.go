package web

import (
	"context"
	"net/http"

	"github.com/crafteasy/auth/internal/ctxkey"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
)

// Caller is who a token stands for, and the host that let it in. One is made for each verified token, not for each request.
type Caller struct {
	Payload *jwt.TokenPayload
	Host    *Host
	// Owes is what a pre_auth token is refused with everywhere but where it is paid. It is nil for every other kind.
	Owes *problem.Error
}

// CallerOf answers the payload that a route's demand has put into the context of r, for endpoints whose route demands a caller. It
// must not be changed. It panics below a route that demands none.
func CallerOf(r *http.Request) *jwt.TokenPayload {
	p, ok := jwt.Shared(r.Context())
	if !ok {
		panic("web: a route that demands a caller was mounted without one")
	}
	return p
}

// admitted is the one context node that a request gets once it was let through. Its size is what a request costs.
type admitted struct {
	context.Context //nolint:containedctx // it is a context itself

	caller *Caller
}

// Admit answers a context that carries the caller.
func Admit(ctx context.Context, c *Caller) context.Context { return &admitted{ctx, c} }

// Value answers the payload and the host, and what the parent does for every other key.
func (a *admitted) Value(key any) any {
	switch key.(type) {
	case ctxkey.Payload:
		return a.caller.Payload
	case ctxkey.Host:
		return a.caller.Host
	}
	return a.Context.Value(key)
}

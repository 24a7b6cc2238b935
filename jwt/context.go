package jwt

import (
	"context"

	"github.com/crafteasy/auth/internal/ctxkey"
)

// NewContext answers a context that carries the payload of the caller's verified token. The payload must not be changed
// afterwards. Middleware calls it; handlers call [FromContext].
func NewContext(ctx context.Context, p *TokenPayload) context.Context {
	return context.WithValue(ctx, ctxkey.Payload{}, p)
}

// FromContext answers the payload of the caller's verified token, and whether there is one. It is a copy: what a handler
// does to it stays with that handler.
func FromContext(ctx context.Context) (*TokenPayload, bool) {
	p, ok := Shared(ctx)
	if !ok {
		return nil, false
	}
	return p.Clone(), true
}

// Shared is [FromContext] without the copy, for code that only reads.
func Shared(ctx context.Context) (*TokenPayload, bool) {
	p, ok := ctx.Value(ctxkey.Payload{}).(*TokenPayload)
	return p, ok && p != nil
}

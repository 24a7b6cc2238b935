package web

import (
	"context"
	"net/http"
)

// Observe is told of every request to an endpoint and of every token check: the one hook for metrics and spans. op has few values: the
// method and pattern of a route, or [OpAuthenticate]. The context it answers is the operation's; done is called at its end with the
// code of the refusal, or "" for a success. It runs on the request's path and must be quick.
type Observe func(ctx context.Context, op string) (inner context.Context, done func(code string))

// OpAuthenticate is the token check of RequireAuth and OptionalAuth.
const OpAuthenticate = "authenticate"

// Begin begins an operation under the eyes of the observer, and answers the request to go on with: what is recorded of it has
// the observer's context. A refusal is rendered before done is called with it.
func (h *Host) Begin(r *http.Request, op string) (inner *http.Request, done func(err error)) {
	if h.Observe == nil {
		return r, nobody
	}
	ctx, end := h.Observe(r.Context(), op)
	return r.WithContext(ctx), func(err error) {
		code := ""
		if err != nil {
			code = Refusal(err).Code()
		}
		end(code)
	}
}

func nobody(error) {}

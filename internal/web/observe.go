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

// observe begins an operation. Without an observer it costs nothing.
func (h *Host) observe(r *http.Request, op string) (*http.Request, func(err error)) {
	if h.Observe == nil {
		return r, func(error) {}
	}
	ctx, done := h.Observe(r.Context(), op)
	return r.WithContext(ctx), func(err error) {
		code := ""
		if err != nil {
			code = Refusal(err).Code()
		}
		done(code)
	}
}

// Watched is check under the eyes of the observer.
func (h *Host) Watched(check func(r *http.Request) (*Caller, error)) func(r *http.Request) (*Caller, error) {
	if h.Observe == nil {
		return check
	}
	return func(r *http.Request) (*Caller, error) {
		r, done := h.observe(r, OpAuthenticate)
		c, err := check(r)
		done(err)
		return c, err
	}
}

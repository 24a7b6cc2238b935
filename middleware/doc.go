// Package middleware guards handlers: it verifies the token of a request and puts its payload into the request's context.
//
// Most programs use the same functions as methods of [auth.Auth]. Every guard is a func(http.Handler) http.Handler, which chi
// takes as it is and other routers through their own adapters.
//
//	mux.Handle("/reports", middleware.RequireAuth(a)(middleware.RequireScope("partner")(reports)))
//
// A refusal is a problem document (RFC 9457) with a stable code. A token that is presented and does not hold is refused everywhere, behind
// [OptionalAuth] too: a client whose token has died must hear of it.
//
// [auth.Auth]: https://pkg.go.dev/github.com/crafteasy/auth#Auth
package middleware

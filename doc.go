// Package auth is passwordless sign-in for services on net/http: one-time codes by mail and SMS, and one signed token at
// the end that middleware verifies and puts into the request's context.
//
// Most programs need [New], [Config], [Auth.Handler], [Auth.RequireAuth] and [FromContext], and nothing else:
//
//	a, err := auth.New(auth.Config{
//		Issuer: "https://example.com", Keys: keys, Secret: secret, SignUp: true, Email: mailer,
//	})
//	mux.Handle("/auth/", a.Handler())
//	mux.Handle("GET /me", a.RequireAuth(http.HandlerFunc(me)))
//
// Accounts may stay in the host's own table ([Config.Users], four methods). What is stored beside them goes to memory, Redis, MongoDB,
// or a back end of your own ([Config.Store]).
//
// # Security
//
// A token is accepted only if it is ES512, by a configured key, of the right kind, issuer and audience, inside its time, and not
// revoked; revocation is checked on every request. A dependency that fails is a refusal, never a pass. A configuration that is not
// safe does not start.
package auth

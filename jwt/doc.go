// Package jwt makes and checks the tokens of this library: compact ES512 JWTs of three kinds, "user", "pre_auth" and
// "service".
//
// Most programs need only [GenerateKeys] or [ParseKeys] for the configuration, and [FromContext] in their handlers.
// A service that accepts tokens which another service issued uses a [Remote]. Only a program that issues tokens
// without the rest of the library makes a [Service] of its own; what it then lacks is revocation, which is the business
// of package session.
//
// # Security
//
// A payload is trustworthy when it comes from [Service.Verify], [Service.VerifyExpired] or [Remote.Authenticate], and
// from nowhere else: there is no way to read a token without checking it. The algorithm is a property of the key and
// never of the token, each kind has a "typ" and an audience rule of its own (RFC 8725 sections 3.1 and 3.11), and a
// header member that the rules do not name is refused.
package jwt

// Package totp is the second factor from an authenticator app (RFC 6238), with recovery codes for whoever loses it.
//
// Most programs need only [auth.Config] and never import this package. To keep enrolments in a back end of your own,
// implement [Store].
//
// # Codes are good once
//
// A code belongs to a step of 30 seconds. The step that was accepted last is stored and only ever moves forward, so that no code
// is accepted twice, on any number of instances, after a restart, or by the code that enabled the app.
//
// # What is stored
//
// The secret is encrypted under the configured secret and bound to its user; an older secret must stay configured for as long as
// there are enrolments made under it. Recovery codes hold 120 random bits and are stored as SHA-256 hashes, which is enough from 112
// bits on (ASVS 6.5.2); they do not depend on the configured secret, so that they still work when it is lost.
//
// # What it is worth
//
// A code can be typed into the wrong page: only a passkey resists that. With a mailbox as the first factor it is one thing that
// the person has, not two kinds of proof: the token says AAL 1 (NIST SP 800-63B-4 section 2.2).
//
// [auth.Config]: https://pkg.go.dev/github.com/crafteasy/auth#Config
package totp

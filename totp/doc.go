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
// The secret is encrypted under the configured secret and bound to its user. Recovery codes hold 120 random bits and are stored as SHA-256
// hashes, which is enough from 112 bits on (ASVS 6.5.2); they do not depend on the configured secret, so that they still work when it is
// lost.
//
// # Rotation
//
// A shared secret that was encrypted under an older configured secret is moved to the present one when its user next proves anything,
// and to no time before. So an older secret may be dropped once everybody who has an app has used it since; whoever has not is refused
// with unavailable from then on, and gets in by a recovery code or by [auth.Auth.ResetSecondFactor]. Let all instances know the new secret as
// a previous one before the first of them encrypts under it.
//
// # What it is worth
//
// A code can be typed into the wrong page: only a passkey resists that. With a mailbox as the first factor it is one thing that
// the person has, not two kinds of proof: the token says AAL 1 (NIST SP 800-63B-4 section 2.2).
//
// # What the token says
//
// amr, aal and auth_time speak of the proof that began the session, or of the last step-up. Enrolling an app is no such proof: whoever
// holds the session has made the secret themselves. So the session that enrols keeps what it says, and its successors by refresh do too; a
// step-up with the app's next code makes it say "totp". Where an enrolment was owed, the first code completes the sign-in, and the session
// that it begins names both factors.
//
// [auth.Config]: https://pkg.go.dev/github.com/crafteasy/auth#Config
// [auth.Auth.ResetSecondFactor]: https://pkg.go.dev/github.com/crafteasy/auth#Auth.ResetSecondFactor
package totp

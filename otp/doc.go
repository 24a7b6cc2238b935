// Package otp signs people in with a one-time code sent by e-mail or SMS.
//
// Most programs need only [auth.Config] and never import this package. To send codes through a channel of your own,
// implement [sender.Email] or [sender.SMS].
//
// # Storage
//
// Neither a code nor an address is ever stored in the clear: the [kv.Store] sees keyed MACs of them, bound to one purpose, channel,
// address and challenge, and the address of a change encrypted. A code is taken at its first right use, so of many who present it exactly one wins.
//
// # Guesses
//
// A guess is counted before it is compared. A request that names its challenge has five guesses for that code, and nobody who lacks
// the handle can spend them. A request that does not shares five others, and after five failures against an address waits
// for longer and longer.
//
// # What it is worth
//
// A mailbox proves little: NIST SP 800-63B-4 section 3.1.3.1 does not accept e-mail as an authenticator. The token says
// "email_otp" in amr, so that a program can ask for more.
//
// [auth.Config]: https://pkg.go.dev/github.com/crafteasy/auth#Config
package otp

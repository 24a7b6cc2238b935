// Package apikey lets machines in: by a key that is shown once, by an assertion signed with a key of their own, or by the OAuth 2.0
// client credentials grant.
//
// Most programs need only [auth.Config] and never import this package. A host with an administration of its own uses the verbs of
// [Service], which it gets from the root.
//
// # Keys
//
// A [Key] has a public code and any number of secrets over time. A secret looks like "ak_3x5q2kzn_…": a prefix for secret
// scanners, a name that may be shown, 256 random bits, and a checksum by which typing errors are refused without a look-up. Only a
// keyed MAC of it is stored. It is no password: with 256 bits there is nothing to guess, and a slow hash would only be a lever
// for whoever wants to keep the processor busy.
//
// # Rights
//
// A key without scopes gives no rights. A token carries what the stored key says, never what the request says, and no more than its
// owner has at that moment. It cannot be refreshed and dies with its key, with the secret it was got by, and with the owner's
// sessions.
//
// [auth.Config]: https://pkg.go.dev/github.com/crafteasy/auth#Config
package apikey

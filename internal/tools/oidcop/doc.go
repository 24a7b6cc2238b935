// Command oidcop serves an OpenID provider on loopback for tests: the example provider of zitadel/oidc, an
// implementation that shares no code with this library.
//
// Anybody may sign in under any name with the password "verysecure" (see [users]). Clients register themselves with
// POST /reg in the shape of RFC 7591, so that a test can choose its redirect URI when it runs. POST /rotate makes a new
// signing key and forgets the old one.
package main

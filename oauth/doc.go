// Package oauth signs people in at a provider: Google, Microsoft, GitHub, or any OpenID provider by its issuer.
//
// Most programs need only [auth.Config] and never import this package. Google takes three lines there, any other provider
// five. To speak to a provider that is neither OpenID nor known, implement [Provider].
//
// # Who somebody is
//
// An identity is (provider, issuer, subject) and nothing else. An address that a provider names never selects an account. A new
// identity with a verified address makes an account where sign-up is open and nobody has that address; where somebody has, the
// sign-in is refused with a handle, and the owner of the account confirms the link. A provider that vouches for no address makes
// no account: every account begins with a proven identifier.
//
// # One flow, one browser
//
// State, nonce and PKCE verifier lie in one record that lives ten minutes and is taken when the provider sends the browser back,
// whatever comes of it. A cookie binds it to the browser that began. The cookie is __Host- prefixed, Secure, HttpOnly and
// SameSite=Lax. For a service whose own issuer is http on localhost it has another name and is not Secure: only Chromium sends
// Secure cookies there. A browser has eight flows and handoffs under way: who begins a ninth loses the oldest.
//
// # What leaves
//
// Tokens of a provider are neither stored nor answered. A browser is sent on with a code that is good once within a minute; the
// session's token is never part of a URL. In cookie mode the code is good in that browser alone: a link with another person's
// code signs nobody in.
//
// # Providers are strangers
//
// Everything that a provider says is checked: metadata against the configured issuer, endpoints against its host, the ID token's signature,
// algorithm, issuer, audience, nonce and times. One that does not answer is unavailable, it alone.
//
// [auth.Config]: https://pkg.go.dev/github.com/crafteasy/auth#Config
package oauth

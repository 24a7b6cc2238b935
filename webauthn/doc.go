// Package webauthn is sign-in by passkey (WebAuthn Level 3), without a user name, and passkeys as second factor.
//
// Most programs need only [auth.Config] and never import this package. To keep passkeys in a back end of your own, implement
// [Store]. A page can use the file that the library serves as webauthn.js, or any client that speaks the JSON forms of
// PublicKeyCredential.
//
// # What it is worth
//
// A passkey is the one method here that resists phishing: the browser signs the origin it is on. One that verified its user, by
// a finger or a PIN, is two factors at once and the token says AAL 2. One that did not is one factor, whatever it is used for.
//
// # Challenges are good once
//
// A challenge has 32 random bytes, lives 5 minutes and is taken from the store by the first answer that names it, right or wrong.
// It is bound to its purpose, the relying party and the account, and to the session or pre_auth token that asked for it. One
// for sign-in has no token to be bound to: it is handed to the page that asked and to nobody else, and the token goes to
// whoever answers it. In cookie mode pages of other origins cannot answer it.
//
// # The last way in
//
// A passkey may always be removed while another way to sign in is left: an address that codes are sent to, a linked provider,
// or another passkey. The last way is refused with last_factor. Removing the last second factor is allowed and takes
// effect at once; an account that must have one is asked to enrol again at its next sign-in. Adding the first second factor
// and removing a passkey end the user's other sessions, and the owner is told.
//
// # Dead passkeys
//
// Browsers keep offering a passkey that the server has forgotten. So the answers to a change of passkeys carry the arguments of
// signalAllAcceptedCredentials and signalCurrentUserDetails under these names, for the functions of PublicKeyCredential.
//
// A sign-in with a passkey that was removed is refused like any other; when everything about it holds, the signature included, and the
// passkey had been removed before the ceremony began, the refusal also carries the arguments of signalUnknownCredential. Nobody but the
// holder of the private key can bring that answer about. To carry them with every refusal would let a late challenge take a good passkey
// out of the browser's list; to carry them with every unknown id would tell whoever has seen an id whether it is registered still. The public
// keys of removed passkeys are kept for this for 90 days, without their owners' names; the passkeys of an account that is erased leave none.
//
// Attestation is not asked for: statements in the formats none and packed are accepted and say nothing about the maker.
//
// [auth.Config]: https://pkg.go.dev/github.com/crafteasy/auth#Config
package webauthn

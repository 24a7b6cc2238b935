// Package user is who signs in: the account as sign-in sees it, its addresses in one normal form, and the interface to the
// host's user table.
//
// Most programs implement [Store], four methods over a table they already have, or use the one of a back end. Addresses that
// come from people go through [ParseEmail] or [ParsePhone] first; everything else (look-up, limits, the list of disposable
// domains, sending) sees the normal form alone. Two spellings of one mailbox or phone are therefore one account and one
// limit, or a refusal.
//
// An address that was not proven is never stored: [Store.Create] and [Store.SetIdentifier] are called after its code verified.
package user

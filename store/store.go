package store

import (
	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/apikey"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/totp"
	"github.com/crafteasy/auth/user"
	"github.com/crafteasy/auth/webauthn"
)

// Store is a whole back end. Its views are safe for concurrent use; they share one state, so that any number of instances
// that open the same back end are one service.
type Store interface {
	// KV keeps what expires.
	KV() kv.Store
	// Users keeps accounts, for programs that have no user table of their own.
	Users() user.Store
	// Sessions keeps sessions and revocations.
	Sessions() session.Store
	// Locks keeps failed guesses.
	Locks() abuse.Store
	// TOTP keeps authenticator apps and recovery codes.
	TOTP() totp.Store
	// Passkeys keeps passkeys and user handles.
	Passkeys() webauthn.Store
	// APIKeys keeps API keys.
	APIKeys() apikey.Store
	// Links keeps identities at providers.
	Links() oauth.Store
	// Namespace answers a view of the back end that shares nothing with other names: a set of identifiers of its own. The
	// empty name is the back end itself.
	Namespace(name string) Store
}

// Punctual is a [Store], or a view of one, of which every verb ends within a time of its own, whatever its caller's context allows. Those of
// this library are. auth.New gives each verb of any other a deadline of 1.8 seconds, which it has to honour: what does not listen to its
// context cannot be ended from outside.
type Punctual interface {
	// Punctual reports whether that is so, for a store that stands before another one.
	Punctual() bool
}

package bounded

import (
	"context"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/apikey"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/totp"
	"github.com/crafteasy/auth/user"
	"github.com/crafteasy/auth/webauthn"
)

// Timeout is how long a call may take. It leaves time to answer a request within 2 seconds.
const Timeout = 1800 * time.Millisecond

func begin(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, Timeout)
}

// KV bounds the verbs of s.
func KV(s kv.Store) kv.Store {
	if Punctual(s) {
		return s
	}
	return &values{s}
}

// Users bounds the verbs of s.
func Users(s user.Store) user.Store {
	if Punctual(s) {
		return s
	}
	return &users{s}
}

// Store bounds the verbs of all views of s.
func Store(s store.Store) store.Store {
	if Punctual(s) {
		return s
	}
	return &whole{s}
}

// Punctual reports whether s, or what stands behind it, needs no bounds ([store.Punctual]).
func Punctual(s any) bool {
	p, ok := s.(store.Punctual)
	return ok && p.Punctual()
}

// Call bounds a function of the host's. One that has not answered in time is unavailable, whatever it says of it.
func Call[T any](ctx context.Context, f func(ctx context.Context) (T, error)) (T, error) {
	inner, cancel := begin(ctx)
	defer cancel()
	v, err := f(inner)
	if err != nil && inner.Err() != nil {
		err = problem.Unavailable(err)
	}
	return v, err
}

// whole is a back end whose views are bounded.
type whole struct{ store.Store }

func (s *whole) KV() kv.Store             { return KV(s.Store.KV()) }
func (s *whole) Users() user.Store        { return Users(s.Store.Users()) }
func (s *whole) Locks() abuse.Store       { return &locks{s.Store.Locks()} }
func (s *whole) TOTP() totp.Store         { return &enrolments{s.Store.TOTP()} }
func (s *whole) Passkeys() webauthn.Store { return &passkeys{s.Store.Passkeys()} }
func (s *whole) APIKeys() apikey.Store    { return &apiKeys{s.Store.APIKeys()} }
func (s *whole) Links() oauth.Store       { return &links{s.Store.Links()} }

func (s *whole) Sessions() session.Store {
	inner := s.Store.Sessions()
	bound := &sessions{inner}
	if f, ok := inner.(session.Feed); ok { // it stays one
		return &feed{bound, f}
	}
	return bound
}

func (s *whole) Namespace(name string) store.Store { return Store(s.Store.Namespace(name)) }

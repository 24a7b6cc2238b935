package authtest

import (
	"context"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/internal/bounded"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/user"
)

// Store answers s with the faults between it and its caller, namespaces included. Views that a fault cannot name pass through.
func (f *Faults) Store(s store.Store) store.Store { return &faultyStore{s, f} }

// KV answers s with the faults between it and its caller.
func (f *Faults) KV(s kv.Store) kv.Store { return &faultyKV{s, f} }

// Users answers s with the faults between it and its caller.
func (f *Faults) Users(s user.Store) user.Store { return &faultyUsers{s, f} }

type faultyStore struct {
	store.Store

	f *Faults
}

// Punctual is what the store behind the faults is (store.Punctual). A call that hangs is bounded by whoever bounds that one.
func (s *faultyStore) Punctual() bool { return bounded.Punctual(s.Store) }
func (s *faultyKV) Punctual() bool    { return bounded.Punctual(s.s) }
func (s *faultyUsers) Punctual() bool { return bounded.Punctual(s.s) }

func (s *faultyStore) KV() kv.Store            { return s.f.KV(s.Store.KV()) }
func (s *faultyStore) Users() user.Store       { return s.f.Users(s.Store.Users()) }
func (s *faultyStore) Sessions() session.Store { return s.f.sessions(s.Store.Sessions()) }
func (s *faultyStore) Locks() abuse.Store      { return &faultyLocks{s.Store.Locks(), s.f} }

func (s *faultyStore) Namespace(name string) store.Store {
	return s.f.Store(s.Store.Namespace(name))
}

// rubbish is what a lying store answers for a value.
func rubbish() []byte { return []byte("\x00\xff not what anybody stored") }

type faultyKV struct {
	s kv.Store
	f *Faults
}

func (s *faultyKV) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return act(ctx, s.f, "kv.Set", key, func() error { return s.s.Set(ctx, key, value, ttl) })
}

func (s *faultyKV) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
	return serve(ctx, s.f, "kv.Add", key, false, func() (bool, error) { return s.s.Add(ctx, key, value, ttl) })
}

func (s *faultyKV) Get(ctx context.Context, key string) ([]byte, error) {
	return serve(ctx, s.f, "kv.Get", key, rubbish(), func() ([]byte, error) { return s.s.Get(ctx, key) })
}

func (s *faultyKV) Take(ctx context.Context, key string) ([]byte, error) {
	return serve(ctx, s.f, "kv.Take", key, rubbish(), func() ([]byte, error) { return s.s.Take(ctx, key) })
}

func (s *faultyKV) Count(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, time.Duration, error) {
	type window struct {
		n    int64
		left time.Duration
	}
	w, err := serve(ctx, s.f, "kv.Count", key, window{}, func() (window, error) {
		n, left, err := s.s.Count(ctx, key, delta, ttl)
		return window{n, left}, err
	})
	return w.n, w.left, err
}

func (s *faultyKV) Delete(ctx context.Context, keys ...string) error {
	key := ""
	if len(keys) > 0 {
		key = keys[0]
	}
	return act(ctx, s.f, "kv.Delete", key, func() error { return s.s.Delete(ctx, keys...) })
}

type faultyUsers struct {
	s user.Store
	f *Faults
}

func (s *faultyUsers) ByID(ctx context.Context, id string) (user.User, error) {
	return serve(ctx, s.f, "users.ByID", id, user.User{}, func() (user.User, error) { return s.s.ByID(ctx, id) })
}

func (s *faultyUsers) Find(ctx context.Context, id user.Identifier) (user.User, error) {
	return serve(ctx, s.f, "users.Find", id.Value, user.User{}, func() (user.User, error) { return s.s.Find(ctx, id) })
}

func (s *faultyUsers) Create(ctx context.Context, n user.NewUser) (user.User, error) {
	return serve(ctx, s.f, "users.Create", n.Identifier.Value, user.User{}, func() (user.User, error) { return s.s.Create(ctx, n) })
}

func (s *faultyUsers) SetIdentifier(ctx context.Context, userID string, id user.Identifier) error {
	return act(ctx, s.f, "users.SetIdentifier", userID, func() error { return s.s.SetIdentifier(ctx, userID, id) })
}

type faultyLocks struct {
	abuse.Store

	f *Faults
}

func (s *faultyLocks) Lock(ctx context.Context, subject string) (abuse.Lock, error) {
	return serve(ctx, s.f, "locks.Lock", subject, abuse.Lock{}, func() (abuse.Lock, error) { return s.Store.Lock(ctx, subject) })
}

func (s *faultyLocks) Swap(ctx context.Context, subject string, from, to abuse.Lock) (bool, error) {
	return serve(ctx, s.f, "locks.Swap", subject, false, func() (bool, error) { return s.Store.Swap(ctx, subject, from, to) })
}

func (s *faultyLocks) Clear(ctx context.Context, subject string) error {
	return act(ctx, s.f, "locks.Clear", subject, func() error { return s.Store.Clear(ctx, subject) })
}

package kv

import (
	"context"
	"time"
)

// Prefixed answers a view of s whose keys all begin with prefix, so that two users of one store cannot meet.
func Prefixed(s Store, prefix string) Store { return prefixed{s, prefix} }

type prefixed struct {
	s      Store
	prefix string
}

func (p prefixed) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return p.s.Set(ctx, p.prefix+key, value, ttl)
}

func (p prefixed) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
	return p.s.Add(ctx, p.prefix+key, value, ttl)
}

func (p prefixed) Get(ctx context.Context, key string) ([]byte, error) {
	return p.s.Get(ctx, p.prefix+key)
}

func (p prefixed) Take(ctx context.Context, key string) ([]byte, error) {
	return p.s.Take(ctx, p.prefix+key)
}

func (p prefixed) Count(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, time.Duration, error) {
	return p.s.Count(ctx, p.prefix+key, delta, ttl)
}

func (p prefixed) Delete(ctx context.Context, keys ...string) error {
	full := make([]string, len(keys))
	for i, k := range keys {
		full[i] = p.prefix + k
	}
	return p.s.Delete(ctx, full...)
}

package bounded

import (
	"context"
	"time"

	"github.com/crafteasy/auth/kv"
)

// values keeps what expires.
type values struct{ kv.Store }

func (s *values) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Set(ctx, key, value, ttl)
}

func (s *values) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Add(ctx, key, value, ttl)
}

func (s *values) Get(ctx context.Context, key string) ([]byte, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Get(ctx, key)
}

func (s *values) Take(ctx context.Context, key string) ([]byte, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Take(ctx, key)
}

func (s *values) Count(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, time.Duration, error) {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Count(ctx, key, delta, ttl)
}

func (s *values) Delete(ctx context.Context, keys ...string) error {
	ctx, cancel := begin(ctx)
	defer cancel()
	return s.Store.Delete(ctx, keys...)
}

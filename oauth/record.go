package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/kv"
)

// What is kept for a while lies encrypted under "<kind>:<hash of its handle>". The handle itself is never kept, and the kind is part
// of what is authenticated, so that no handle is good for anything but its own purpose.

// kind is what a record is for.
type kind string

const (
	aFlow    kind = "flow"
	aHandoff kind = "handoff"
	aLink    kind = "link"
)

// handleLength is that of 32 random bytes in base64url.
const handleLength = 43

// sealed is a record with the time that this service compares.
type sealed[T any] struct {
	Expires int64 `json:"expires"`
	Value   T     `json:"value"`
}

func keyOf(k kind, handle string) string {
	sum := sha256.Sum256([]byte(handle))
	return string(k) + ":" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// keep stores v for a while and answers its new handle.
func keep[T any](ctx context.Context, s *Service, k kind, v T, ttl time.Duration) (handle string, err error) {
	handle = secret.Handle(32)
	return handle, keepUnder(ctx, s, k, handle, v, ttl)
}

func keepUnder[T any](ctx context.Context, s *Service, k kind, handle string, v T, ttl time.Duration) error {
	plain, err := json.Marshal(sealed[T]{s.opts.Now().Add(ttl).UnixMilli(), v})
	if err != nil {
		return problem.ErrInternal.Wrap(err)
	}
	key := keyOf(k, handle)
	b, err := s.seals.Seal(plain, key)
	if err != nil {
		return problem.ErrInternal.Wrap(err)
	}
	return outage(s.flows.Set(ctx, key, b, ttl))
}

// take answers what lies under the handle, which is spent by that. A handle that is unknown, used or late is not found.
func take[T any](ctx context.Context, s *Service, k kind, handle string) (v T, found bool, err error) {
	return open[T](ctx, s, k, handle, s.flows.Take)
}

// peek is take without spending.
func peek[T any](ctx context.Context, s *Service, k kind, handle string) (v T, found bool, err error) {
	return open[T](ctx, s, k, handle, s.flows.Get)
}

func open[T any](
	ctx context.Context, s *Service, k kind, handle string, read func(context.Context, string) ([]byte, error),
) (v T, found bool, err error) {
	if len(handle) != handleLength {
		return v, false, nil
	}
	key := keyOf(k, handle)
	b, err := read(ctx, key)
	if errors.Is(err, kv.ErrNotFound) {
		return v, false, nil
	}
	if err != nil {
		return v, false, problem.Unavailable(err)
	}
	plain, err := s.seals.Open(b, key)
	if err != nil {
		return v, false, nil //nolint:nilerr // it was made under a secret that is gone
	}
	var rec sealed[T]
	if err := json.Unmarshal(plain, &rec); err != nil {
		return v, false, problem.Unavailable(err)
	}
	if s.opts.Now().UnixMilli() >= rec.Expires {
		return v, false, nil
	}
	return rec.Value, true, nil
}

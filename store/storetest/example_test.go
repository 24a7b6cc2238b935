package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/store/storetest"
)

// shelf is a back end of somebody's own for what expires: six verbs behind one lock.
type shelf struct {
	now func() time.Time

	mu   sync.Mutex
	held map[string]item
}

type item struct {
	value []byte
	count int64
	ends  time.Time
}

var errTTL = errors.New("shelf: a ttl must be positive")

func newShelf(now func() time.Time) *shelf { return &shelf{now: now, held: map[string]item{}} }

// with runs f on what is alive under the key. The caller's context is looked at first, and everything happens under the lock: what
// reads and then writes lets somebody in between.
func (s *shelf) with(ctx context.Context, key string, f func(held item, alive bool)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held, ok := s.held[key]
	f(held, ok && held.ends.After(s.now()))
	return nil
}

func (s *shelf) put(ctx context.Context, key string, value []byte, ttl time.Duration, replace bool) (done bool, err error) {
	if ttl <= 0 {
		return false, errTTL
	}
	err = s.with(ctx, key, func(_ item, alive bool) {
		if done = replace || !alive; done {
			s.held[key] = item{value: append([]byte(nil), value...), ends: s.now().Add(ttl)}
		}
	})
	return done, err
}

// Set implements kv.Store.
func (s *shelf) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	_, err := s.put(ctx, key, value, ttl, true)
	return err
}

// Add implements kv.Store.
func (s *shelf) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
	return s.put(ctx, key, value, ttl, false)
}

func (s *shelf) read(ctx context.Context, key string, remove bool) (value []byte, err error) {
	found := false
	err = s.with(ctx, key, func(held item, alive bool) {
		if found = alive; found {
			value = append([]byte(nil), held.value...)
		}
		if remove {
			delete(s.held, key)
		}
	})
	if err == nil && !found {
		err = kv.ErrNotFound
	}
	return value, err
}

// Get implements kv.Store.
func (s *shelf) Get(ctx context.Context, key string) ([]byte, error) { return s.read(ctx, key, false) }

// Take implements kv.Store.
func (s *shelf) Take(ctx context.Context, key string) ([]byte, error) { return s.read(ctx, key, true) }

// Count implements kv.Store.
func (s *shelf) Count(ctx context.Context, key string, delta int64, ttl time.Duration) (n int64, left time.Duration, err error) {
	if delta > 0 && ttl <= 0 {
		return 0, 0, errTTL
	}
	err = s.with(ctx, key, func(held item, alive bool) {
		if !alive {
			if delta <= 0 {
				return
			}
			held = item{ends: s.now().Add(ttl)}
		}
		held.count = max(held.count+delta, 0)
		s.held[key] = held
		n, left = held.count, held.ends.Sub(s.now())
	})
	return n, left, err
}

// Delete implements kv.Store.
func (s *shelf) Delete(ctx context.Context, keys ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		delete(s.held, key)
	}
	return nil
}

// proveShelf is the body of its test: func TestShelf(t *testing.T) { proveShelf(t) }, run with -race.
func proveShelf(t *testing.T) {
	storetest.KV(t, func(_ *testing.T, now func() time.Time) kv.Store { return newShelf(now) })
}

// A back end of one's own, whole, with the test that proves it. The other interfaces are proven in the same way, one after the other:
// [storetest.Users] for a user table, [storetest.Store] for a back end that has them all.
func Example() {
	_ = proveShelf // called by TestShelf

	s := newShelf(time.Now)
	for range 2 {
		first, err := s.Add(context.Background(), "mark", nil, time.Minute)
		fmt.Println(first, err)
	}
	// Output:
	// true <nil>
	// false <nil>
}

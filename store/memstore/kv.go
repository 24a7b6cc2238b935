package memstore

import (
	"context"
	"errors"
	"hash/maphash"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/crafteasy/auth/kv"
)

var _ kv.Store = (*expiring)(nil)

// Errors of a caller that breaks the contract of [kv.Store].
var (
	errTTL  = errors.New("memstore: a ttl must be positive")
	errKind = errors.New("memstore: the key holds a counter where a value is meant, or the other way round")
)

// shards is how many locks share the keys. The hash is seeded per process, so that nobody can aim at one of them.
const shards = 64

// expiring is the view of what expires.
type expiring struct {
	now  func() time.Time
	born time.Time
	seed maphash.Seed

	maxEntries, maxBytes int64
	entries, bytes       atomic.Int64

	shards [shards]shard
}

func newExpiring(o Options) *expiring {
	e := &expiring{
		now: o.Now, born: o.Now(), seed: maphash.MakeSeed(),
		maxEntries: int64(o.MaxEntries), maxBytes: o.MaxBytes,
	}
	for i := range e.shards {
		e.shards[i].byKey = make(map[string]*entry)
	}
	return e
}

// age is the time since the store was made. Differences use the monotonic clock where there is one, so that a jump of the
// wall clock neither frees nor freezes anything.
func (e *expiring) age() time.Duration { return e.now().Sub(e.born) }

// end is the age at which a ttl is over, in whole milliseconds rounded up.
func end(age, ttl time.Duration) time.Duration {
	if ttl > math.MaxInt64-age-time.Millisecond {
		return math.MaxInt64
	}
	if rest := ttl % time.Millisecond; rest > 0 {
		ttl += time.Millisecond - rest
	}
	return age + ttl
}

func (e *expiring) shard(key string) *shard {
	return &e.shards[maphash.String(e.seed, key)%shards]
}

// Set stores value under key for ttl.
func (e *expiring) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	_, err := e.put(ctx, key, value, ttl, true)
	return err
}

// Add stores value unless the key holds one.
func (e *expiring) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
	return e.put(ctx, key, value, ttl, false)
}

func (e *expiring) put(ctx context.Context, key string, value []byte, ttl time.Duration, replace bool) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if ttl <= 0 {
		return false, errTTL
	}
	fresh := &entry{key: key, value: slices.Clone(value)}
	s := e.shard(key)
	for tries := 0; ; tries++ {
		stored, err := e.tryPut(s, fresh, ttl, replace)
		if err == nil || tries > 0 || !e.sweepAll() {
			return stored, err
		}
	}
}

func (e *expiring) tryPut(s *shard, fresh *entry, ttl time.Duration, replace bool) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := e.age()
	s.sweep(e, age, sweepPerWrite)
	old := s.live(fresh.key, age)
	if old != nil && !replace {
		return false, nil
	}
	if err := e.replace(s, fresh, end(age, ttl)); err != nil {
		return false, err
	}
	return true, nil
}

// Get answers a copy of the value.
func (e *expiring) Get(ctx context.Context, key string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := e.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	held, err := s.value(key, e.age())
	if err != nil {
		return nil, err
	}
	return slices.Clone(held.value), nil
}

// Take removes the value and answers it.
func (e *expiring) Take(ctx context.Context, key string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := e.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	held, err := s.value(key, e.age())
	if err != nil {
		return nil, err
	}
	e.remove(s, held)
	return held.value, nil
}

// Count adds delta to a counter whose window the first hit fixes.
func (e *expiring) Count(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	if delta > 0 && ttl <= 0 {
		return 0, 0, errTTL
	}
	s := e.shard(key)
	for tries := 0; ; tries++ {
		n, left, err := e.tryCount(s, key, delta, ttl)
		if !errors.Is(err, ErrFull) || tries > 0 || !e.sweepAll() {
			return n, left, err
		}
	}
}

func (e *expiring) tryCount(s *shard, key string, delta int64, ttl time.Duration) (int64, time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := e.age()
	held := s.live(key, age)
	switch {
	case held == nil && delta <= 0:
		return 0, 0, nil
	case held == nil:
		s.sweep(e, age, sweepPerWrite)
		held = &entry{key: key, counter: true}
		if err := e.replace(s, held, end(age, ttl)); err != nil {
			return 0, 0, err
		}
	case !held.counter:
		return 0, 0, errKind
	}
	held.n = clampedSum(held.n, delta)
	return held.n, held.ends - age, nil
}

// clampedSum is a+b, kept between 0 and the largest number. a is never negative.
func clampedSum(a, b int64) int64 {
	if b > 0 && a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return max(a+b, 0)
}

// Delete removes the keys, one after the other.
func (e *expiring) Delete(ctx context.Context, keys ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, key := range keys {
		e.delete(key)
	}
	return nil
}

func (e *expiring) delete(key string) {
	s := e.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if held := s.byKey[key]; held != nil {
		e.remove(s, held)
	}
}

package kv

import (
	"context"
	"errors"
	"time"
)

// ErrNotFound says that the key holds nothing, or nothing any more.
var ErrNotFound = errors.New("kv: not found")

// MaxKey is the longest key in bytes that a [Store] must take.
const MaxKey = 4096

// Store keeps values that expire. Every verb is atomic, safe for concurrent use on any number of instances, and honours
// ctx. Keys are any bytes up to [MaxKey]. An error other than [ErrNotFound] means that the back end failed and that
// nothing is known about what was done.
//
// A ttl is always positive; it is rounded up to whole milliseconds at the finest. An expired value is absent at once,
// whether or not the back end has removed it. A key is used for values or for a counter, never for both; Delete removes
// either. A back end that is full refuses what is new: it never drops what is still alive, which would be a mark, a counter
// or a code forgotten. Package storetest is this text as code.
type Store interface {
	// Set stores value under key for ttl, in place of what was there.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error
	// Add stores value unless the key holds one, and reports whether it did. Of many callers exactly one gets true.
	Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error)
	// Get answers the value, or ErrNotFound.
	Get(ctx context.Context, key string) ([]byte, error)
	// Take answers the value and removes it, or ErrNotFound. Of many callers exactly one gets the value.
	Take(ctx context.Context, key string) ([]byte, error)
	// Count adds delta to the counter under key and answers its value and what is left of its window. The first hit opens
	// the window for ttl; later ones never move its end. Delta 0 reads (0 and 0 where there is no window) and opens none;
	// a negative delta refunds, never below 0, and opens none.
	Count(ctx context.Context, key string, delta int64, ttl time.Duration) (n int64, left time.Duration, err error)
	// Delete removes the keys. A key that holds nothing is no error.
	Delete(ctx context.Context, keys ...string) error
}

package abuse

import (
	"context"
	"time"
)

// Lock is what is remembered of consecutive failures against one subject. The zero value is none.
type Lock struct {
	// Failures counts them.
	Failures int
	// Until is when the next try is admitted. It is exact to the millisecond.
	Until time.Time
}

// Store keeps locks; they last. Methods are safe for concurrent use on any number of instances and honour ctx. An error means
// that the back end failed.
//
// A back end may drop a lock of fewer than five failures a day after Until, and any lock 30 days after it. One that holds no more than a
// given number may drop locks of fewer than five failures earlier, to make room.
type Store interface {
	// Lock answers the lock of a subject; the zero Lock where there is none.
	Lock(ctx context.Context, subject string) (Lock, error)
	// Swap replaces the lock if it still equals from (the zero Lock: there is none), and reports whether it did. Of many callers
	// with the same from exactly one gets true.
	Swap(ctx context.Context, subject string, from, to Lock) (bool, error)
	// Clear forgets the lock of a subject.
	Clear(ctx context.Context, subject string) error
}

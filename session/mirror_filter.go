package session

import "sync/atomic"

// filter is a set of 64-bit hashes that is read without a lock: a table with open addressing, at most half full. What it does not
// hold is certainly not there; what it holds is looked up. Hashes are added one at a time by whoever holds the lock of the entries,
// and never removed: a new filter is made instead.
type filter struct {
	slots []atomic.Uint64
	mask  uint64
	used  int
}

const smallestFilter = 1 << 8

// newFilter has room for n hashes and as many again.
func newFilter(n int) *filter {
	size := smallestFilter
	for size < 4*n {
		size *= 2
	}
	return &filter{slots: make([]atomic.Uint64, size), mask: uint64(size - 1)} //nolint:gosec // a power of two
}

// has is called at every request. No hash is 0.
func (f *filter) has(h uint64) bool {
	for i := h & f.mask; ; i = (i + 1) & f.mask {
		switch f.slots[i].Load() {
		case h:
			return true
		case 0:
			return false
		}
	}
}

// add answers false where the filter is too full to take h.
func (f *filter) add(h uint64) bool {
	if f.has(h) {
		return true
	}
	if 2*f.used >= len(f.slots) {
		return false
	}
	i := h & f.mask
	for f.slots[i].Load() != 0 {
		i = (i + 1) & f.mask
	}
	f.slots[i].Store(h)
	f.used++
	return true
}

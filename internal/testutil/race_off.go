//go:build !race

package testutil

// Race reports whether this binary runs under the race detector, which makes curve operations some ten times slower.
// Tests of pure computation, such as known-answer vectors, skip themselves under it; "make check" runs them without.
const Race = false

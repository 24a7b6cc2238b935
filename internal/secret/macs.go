package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"
)

// MACs computes HMAC-SHA-256 of a message as it stands under the keys of one purpose, the current one first. It is for what every
// request may ask for: setting a key up costs more than a short text's MAC, so keyed states are used again. It is immutable and safe for
// concurrent use.
type MACs struct{ pools []*sync.Pool }

// state is the HMAC of one key, with room for what goes in and comes out.
type state struct {
	h   hash.Hash
	in  []byte
	sum [sha256.Size]byte
}

// MACs sets the keys up. Unlike [Keys.MAC] it separates nothing: its caller sees to it that no two messages are written alike.
func (k Keys) MACs() MACs {
	var m MACs
	for _, key := range k.all() {
		m.pools = append(m.pools, &sync.Pool{New: func() any { return &state{h: hmac.New(sha256.New, key)} }})
	}
	return m
}

// Current answers the MAC under the current key.
func (m MACs) Current(message []byte) (sum [sha256.Size]byte) {
	lend(m.pools[0], message, func(s []byte) { copy(sum[:], s) })
	return sum
}

// Each calls f with the MAC under every key, the current one first. What f gets is good until it returns.
func (m MACs) Each(message []byte, f func(sum []byte)) {
	for _, pool := range m.pools {
		lend(pool, message, f)
	}
}

// lend computes a MAC with a state of the pool. The state has a copy of the message, since what goes into a hash.Hash is allocated.
func lend(pool *sync.Pool, message []byte, f func(sum []byte)) {
	st := pool.Get().(*state) //nolint:forcetypeassert // the pool makes nothing else
	defer pool.Put(st)
	st.in = append(st.in[:0], message...)
	st.h.Reset()
	st.h.Write(st.in)
	f(st.h.Sum(st.sum[:0]))
}

package apikey

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"hash"
	"sync"

	"github.com/crafteasy/auth/internal/secret"
)

// macs computes HMAC-SHA-256 under the keys of a ring, the current one first. Keyed states are used again: making one costs more
// than all the rest of a check.
type macs []*sync.Pool

// macState is a keyed state with room for what goes in and comes out.
type macState struct {
	h   hash.Hash
	in  [idLen + secretLen]byte
	sum [sha256.Size]byte
}

func newMACs(keys secret.Keys) macs {
	var all macs
	for _, key := range keys.All() {
		all = append(all, &sync.Pool{New: func() any { return &macState{h: hmac.New(sha256.New, key)} }})
	}
	return all
}

// of computes the MAC of the id of a key and a secret. Each has one length, so that no two pairs are written alike. The answer is
// good until the next call on the state.
func (st *macState) of(id, text string) []byte {
	copy(st.in[:idLen], id)
	copy(st.in[idLen:], text)
	st.h.Reset()
	st.h.Write(st.in[:])
	return st.h.Sum(st.sum[:0])
}

// with lends f a state of the pool.
func with[T any](pool *sync.Pool, f func(st *macState) T) T {
	st, _ := pool.Get().(*macState)
	defer pool.Put(st)
	return f(st)
}

// current computes the MAC under the current key.
func (m macs) current(id, text string) []byte {
	return with(m[0], func(st *macState) []byte { return append([]byte(nil), st.of(id, text)...) })
}

// match answers which of the stored secrets text is, or -1. All are compared with the MAC under every key, in constant time.
func (m macs) match(id, text string, stored []Secret) int {
	if len(id) != idLen || len(text) != secretLen {
		return -1
	}
	found := -1
	for _, pool := range m {
		i := with(pool, func(st *macState) int {
			sum, found := st.of(id, text), -1
			for i := range stored {
				found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(sum, stored[i].Hash), i, found)
			}
			return found
		})
		if i >= 0 {
			found = i
		}
	}
	return found
}

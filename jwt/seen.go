package jwt

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
	"time"
)

// seenSlots is how many tokens a [Remote] remembers at most, at about 2 kB each.
const seenSlots = 1 << 14

// seen are tokens that have verified, by the SHA-256 of all their bytes, each at the place that it begins with. A later one takes the place of
// an earlier one. Only what was accepted enters, so that junk flushes nothing.
type seen []atomic.Pointer[seenToken]

func newSeen() seen { return make(seen, seenSlots) }

// seenToken is one, with what it says, and the key of that name under which its signature has verified. It is good from when it was seen, since
// what was judged then need not hold for a clock that is set back, until it ends.
type seenToken struct {
	kid      string
	sum      [sha256.Size]byte
	key      *ecdsa.PublicKey
	payload  *TokenPayload
	from, to time.Time
}

// under reports whether it has verified under key: a set that was fetched again may name another key so.
func (t *seenToken) under(key *ecdsa.PublicKey) bool { return key == t.key || key.Equal(t.key) }

func (s seen) slot(sum *[sha256.Size]byte) *atomic.Pointer[seenToken] {
	return &s[binary.LittleEndian.Uint64(sum[:8])%uint64(len(s))]
}

// get answers the token if it is known and its time has come and is not over, or nil.
func (s seen) get(sum *[sha256.Size]byte, now time.Time) *seenToken {
	t := s.slot(sum).Load()
	if t == nil || t.sum != *sum || now.Before(t.from) || !now.Before(t.to) {
		return nil
	}
	return t
}

func (s seen) put(t *seenToken) { s.slot(&t.sum).Store(t) }

package session

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/crafteasy/auth/internal/web"
)

// verified remembers tokens whose signature has verified, so that a request costs a look-up and not a curve operation. It is a
// table of fixed size without locks: a token is found under the SHA-256 of all its bytes, compared in full. Only what was accepted
// enters, so that junk flushes nothing; what a hit still has to check is time and revocation.
//
// A table belongs to one key set: a service with other keys has another.
type verified struct {
	tokens, payloads table
	leeway           time.Duration
	extras           sync.Map // the name of a method → the claims that say no more than it
}

// ways is how many entries share a set.
const ways = 8

// table is an array of sets, found by the beginning of a digest.
type table struct {
	sets []set
	mask uint64
}

type set struct {
	slots [ways]atomic.Pointer[entry]
	hand  atomic.Uint32
}

// digest is a SHA-256.
type digest [sha256.Size]byte

// entry is one accepted token. It is never changed but for its mark.
type entry struct {
	// token is the digest of the whole token, signed that of its header and payload.
	token, signed digest
	caller        *web.Caller
	// from and to bound the time at which it is good, in Unix nanoseconds.
	from, to int64
	// used is set by every hit and cleared by the hand that looks for a victim.
	used atomic.Bool
}

func newVerified(size int, leeway time.Duration) *verified {
	return &verified{tokens: newTable(size), payloads: newTable(size), leeway: leeway}
}

func newTable(size int) table {
	n := uint64(1) << bits.Len(uint(max(size/ways, 1)-1))
	return table{make([]set, n), n - 1}
}

// digestOf hashes a string without copying it.
func digestOf(s string) digest {
	return sha256.Sum256(unsafe.Slice(unsafe.StringData(s), len(s))) //nolint:gosec // Sum256 only reads
}

// get answers the caller of a token that was accepted before and is inside its time.
func (v *verified) get(token digest, now time.Time) (*web.Caller, bool) {
	e := v.tokens.find(token, false)
	if e == nil {
		return nil, false
	}
	if t := now.UnixNano(); t < e.from || t >= e.to {
		return nil, false
	}
	if !e.used.Load() {
		e.used.Store(true)
	}
	return e.caller, true
}

// knows reports whether a token with this header and payload was accepted. A signature is made once, so that another
// one over the same bytes is forged.
func (v *verified) knows(signed string, now time.Time) bool {
	e := v.payloads.find(digestOf(signed), true)
	return e != nil && now.UnixNano() < e.to
}

// put remembers an accepted token.
func (v *verified) put(token string, key digest, c *web.Caller, now time.Time) {
	p, signed := c.Payload, token[:strings.LastIndexByte(token, '.')]
	e := &entry{
		token: key, signed: digestOf(signed), caller: c,
		from: p.IssuedAt.Add(-v.leeway).UnixNano(), to: p.ExpiresAt.Add(v.leeway).UnixNano(),
	}
	v.tokens.add(e, key, now)
	v.payloads.add(e, e.signed, now)
}

// intern answers one map for all tokens whose host has no claims of its own: it would be the larger half of what a token costs.
// The names that this library gives to methods are few.
func (v *verified) intern(extra map[string]any) map[string]any {
	method, ok := extra["auth_method"].(string)
	if !ok || len(extra) != 1 {
		return extra
	}
	shared, _ := v.extras.LoadOrStore(method, extra)
	return shared.(map[string]any) //nolint:forcetypeassert // nothing else is stored
}

func (t *table) set(d digest) *set { return &t.sets[binary.LittleEndian.Uint64(d[:8])&t.mask] }

func (t *table) find(d digest, bySigned bool) *entry {
	s := t.set(d)
	for i := range s.slots {
		e := s.slots[i].Load()
		switch {
		case e == nil:
		case bySigned && e.signed == d, !bySigned && e.token == d:
			return e
		}
	}
	return nil
}

// add places e in its set: over itself, into a free or ended slot, else over the first that no hit has marked since the
// hand last passed.
func (t *table) add(e *entry, d digest, now time.Time) {
	s := t.set(d)
	for i := range s.slots {
		old := s.slots[i].Load()
		if old == nil || old.token == e.token || old.to <= now.UnixNano() {
			s.slots[i].Store(e)
			return
		}
	}
	for range 2 * ways {
		i := s.hand.Add(1) % ways
		if old := s.slots[i].Load(); old != nil && old.used.Swap(false) {
			continue
		}
		s.slots[i].Store(e)
		return
	}
	s.slots[s.hand.Load()%ways].Store(e)
}

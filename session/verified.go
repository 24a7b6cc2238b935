package session

import (
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math/big"
	"math/bits"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/jwt"
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
	methods          sync.Map // methods, joined → the list of them
	names            sync.Map // an issuer, an audience or a kind → itself
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

// entry is one accepted token. It is never changed but for its mark, once it is in a table.
type entry struct {
	// token is the digest of the whole token, twin that of the token with the twin of its signature, signed that of its header and
	// payload.
	token, twin, signed digest
	caller              web.Caller
	traits              traits
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

// get answers a token that was accepted before and is inside its time, or nil.
func (v *verified) get(token digest, now time.Time) *entry {
	e := v.tokens.find(token, false)
	if e == nil {
		return nil
	}
	if t := now.UnixNano(); t < e.from || t >= e.to {
		return nil
	}
	if !e.used.Load() {
		e.used.Store(true)
	}
	return e
}

// forged reports whether a token with this header and payload was accepted under another signature. A signature is made once, and
// nobody else can make one over the same bytes, but for the twin that everybody can make of it: the curve decides about that one.
func (v *verified) forged(token string, key digest, now time.Time) bool {
	signed, _ := cut(token)
	e := v.payloads.find(digestOf(signed), true)
	return e != nil && now.UnixNano() < e.to && e.token != key && e.twin != key
}

// cut takes the signature off a token.
func cut(token string) (signed, signature string) {
	i := strings.LastIndexByte(token, '.')
	return token[:max(i, 0)], token[i+1:]
}

// order is that of the group of P-521.
var order = elliptic.P521().Params().N

// half is the length of R and of S.
const half = 66

// twin is the token with the one other signature that verifies: S negated. It is empty for what is no signature.
func twin(token string) string {
	signed, signature := cut(token)
	b, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || len(b) != 2*half {
		return ""
	}
	s := new(big.Int).Mod(new(big.Int).SetBytes(b[half:]), order)
	s.Sub(order, s).FillBytes(b[half:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(b)
}

// put remembers an accepted token, which e says everything of but its bytes. e must not be changed afterwards.
func (v *verified) put(token string, key digest, e *entry, now time.Time) {
	p := e.caller.Payload
	signed, _ := cut(token)
	e.token, e.twin, e.signed = key, digestOf(twin(token)), digestOf(signed)
	e.from, e.to = p.IssuedAt.Add(-v.leeway).UnixNano(), p.ExpiresAt.Add(v.leeway).UnixNano()
	v.tokens.add(e, key, now)
	v.payloads.add(e, e.signed, now)
}

// lean answers a copy of p that keeps nothing else alive: as it was read, its texts are parts of the whole payload, which would be
// the larger half of what a token costs. What all tokens of a service say is kept once;
// a scope is not among it, since who makes API keys makes as many as they like.
func (v *verified) lean(p *jwt.TokenPayload) *jwt.TokenPayload {
	c := *p
	c.Methods, c.Extra = v.ways(p.Methods), v.intern(p.Extra)
	texts := []*string{&c.TokenID, &c.UserID, &c.SessionID, &c.UserName, &c.TenantID, &c.PartnerID, &c.OriginApp, &c.Scope}
	var all strings.Builder
	for _, t := range texts {
		all.WriteString(*t)
	}
	rest := strings.Clone(all.String()) // a builder has grown further than that
	for _, t := range texts {
		*t, rest = rest[:len(*t)], rest[len(*t):]
	}
	c.Issuer, c.Audience, c.TokenType = v.name(c.Issuer), v.name(c.Audience), jwt.TokenType(v.name(string(c.TokenType)))
	return &c
}

// name answers one text for all that are alike, for texts of which a service has few.
func (v *verified) name(s string) string {
	if known, ok := v.names.Load(s); ok {
		return known.(string) //nolint:forcetypeassert // nothing else is stored
	}
	s = strings.Clone(s)
	v.names.Store(s, s)
	return s
}

// ways answers one list for all tokens of people who proved themselves alike.
func (v *verified) ways(methods []string) []string {
	if len(methods) == 0 {
		return methods
	}
	key := strings.Join(methods, "\x00") // no method holds a control character
	if known, ok := v.methods.Load(key); ok {
		return known.([]string) //nolint:forcetypeassert // nothing else is stored
	}
	key = strings.Clone(key) // a method that stands alone is a part of the payload
	known, _ := v.methods.LoadOrStore(key, strings.Split(key, "\x00"))
	return known.([]string) //nolint:forcetypeassert // nothing else is stored
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

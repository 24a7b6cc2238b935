package session

import (
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"hash/maphash"
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
// table of fixed size without locks. A token is looked for by its mac, and is the one that is remembered where the SHA-256 of all its
// bytes is the same. Only what was accepted enters, so that junk flushes nothing; what a hit still has to check is time and revocation.
//
// A table belongs to one key set: a service with other keys has another.
type verified struct {
	sets    []set
	mask    uint64
	seed    maphash.Seed
	leeway  time.Duration
	extras  sync.Map // the name of a method → the claims that say no more than it
	methods sync.Map // methods, joined → the list of them
	names   sync.Map // an issuer, an audience or a kind → itself
}

// ways is how many entries share a set.
const ways = 8

type set struct {
	slots [ways]atomic.Pointer[entry]
	hand  atomic.Uint32
}

// digest is a SHA-256.
type digest [sha256.Size]byte

// entry is one accepted token. It is never changed but for its mark, once it is in a table.
type entry struct {
	// token is the digest of the whole token, twin that of the token with the twin of its signature.
	token, twin digest
	mac         [macText]byte
	place       uint64 // where the mac puts it
	caller      web.Caller
	traits      traits
	// from and to bound the time at which it is good, in Unix nanoseconds.
	from, to int64
	// used is set by every hit and cleared by the hand that looks for a victim.
	used atomic.Bool
}

func newVerified(size int, leeway time.Duration) *verified {
	n := uint64(1) << bits.Len(uint(max(size/ways, 1)-1))
	return &verified{sets: make([]set, n), mask: n - 1, seed: maphash.MakeSeed(), leeway: leeway}
}

// digestOf hashes a string without copying it.
func digestOf(s string) digest {
	return sha256.Sum256(unsafe.Slice(unsafe.StringData(s), len(s))) //nolint:gosec // Sum256 only reads
}

const (
	// signatureText is the length of every signature that is accepted.
	signatureText = 2 * half * 4 / 3
	// macText are the characters before it that end the payload with its mac: all of the mac but four bits at the most.
	macText = 32
	// longest is the most that a token has, as package jwt signs and reads it.
	longest = 8 << 10
)

// macOf is the part of a token that its mac is in; empty for what is no token.
func macOf(token string) string {
	end := len(token) - signatureText - 1
	if end < macText || token[end] != '.' || len(token) > longest {
		return ""
	}
	return token[end-macText : end]
}

// get answers a token that was accepted before and is inside its time, or nil and whether it is forged: whether another token with its
// mac was accepted. The mac is keyed and over header and payload, so that it stands for both, and what has it is a copy with something
// changed. A signature is made once, and nobody else can make one over the same bytes, but for the twin that everybody can make
// of it: the curve decides about that one.
func (v *verified) get(token string, now time.Time) (known *entry, forged bool) {
	mac, t := macOf(token), now.UnixNano()
	place := maphash.String(v.seed, mac)
	s := &v.sets[place&v.mask]
	var key digest
	for i := range s.slots {
		e := s.slots[i].Load()
		if e == nil || e.place != place {
			continue
		}
		if key == (digest{}) {
			key = digestOf(token)
		}
		switch {
		case e.token == key && t >= e.from && t < e.to:
			if !e.used.Load() {
				e.used.Store(true)
			}
			return e, false
		case e.token == key:
			return nil, false
		case e.twin != key && t < e.to && subtle.ConstantTimeCompare(e.mac[:], []byte(mac)) == 1:
			forged = true
		}
	}
	return nil, forged
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
func (v *verified) put(token string, e *entry, now time.Time) {
	p := e.caller.Payload
	e.token, e.twin = digestOf(token), digestOf(twin(token))
	copy(e.mac[:], macOf(token))
	e.place = maphash.Bytes(v.seed, e.mac[:])
	e.from, e.to = p.IssuedAt.Add(-v.leeway).UnixNano(), p.ExpiresAt.Add(v.leeway).UnixNano()
	v.add(e, now)
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

// add places e in its set: over itself, into a free or ended slot, else over the first that no hit has marked since the
// hand last passed.
func (v *verified) add(e *entry, now time.Time) {
	s := &v.sets[e.place&v.mask]
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

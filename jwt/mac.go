package jwt

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"hash"
	"sync"

	"github.com/crafteasy/auth/internal/secret"
)

// The last member of every payload is a short keyed MAC over everything before it. It lets an issuer refuse a forged token
// for the price of a hash instead of a curve operation. It can only refuse: acceptance is decided by ES512 alone, and
// whoever has only the public keys ignores its value.
const (
	macLabel  = "auth/v1/jwt-mac"
	macSize   = 16 // bytes of HMAC-SHA-256
	macMember = `,"mac":"`
	macEnd    = `"}`
	// macTail is the length of the member with everything around it; macText is the length of its value.
	macText = 22
	macTail = len(macMember) + macText + len(macEnd)
)

// macs compute the member, under the current key first. A flood of forged tokens costs no more than the hashing: HMACs are set up for
// their keys once and used again.
type macs []*sync.Pool

// keyed is the HMAC of one key, with room for what it computes.
type keyed struct {
	hash.Hash

	sum [sha256.Size]byte
}

func newMACs(keys secret.Keys) macs {
	var m macs
	for _, key := range keys.All() {
		m = append(m, &sync.Pool{New: func() any { return &keyed{Hash: hmac.New(sha256.New, key)} }})
	}
	return m
}

// sign computes the value for a payload that still lacks the member: no closing brace, no comma.
func (m macs) sign(header, body []byte) [macText]byte { return computed(m[0], header, body) }

// verify reports whether value is the mac under any of the keys. It takes the same time whichever fits.
func (m macs) verify(header, body []byte, value [macText]byte) bool {
	ok := 0
	for _, pool := range m {
		text := computed(pool, header, body)
		ok |= subtle.ConstantTimeCompare(text[:], value[:])
	}
	return ok == 1
}

var dot = []byte{'.'}

func computed(pool *sync.Pool, header, body []byte) (text [macText]byte) {
	h := pool.Get().(*keyed) //nolint:forcetypeassert // the pool makes nothing else
	h.Write(header)
	h.Write(dot)
	h.Write(body)
	b64.Encode(text[:], h.Sum(h.sum[:0])[:macSize])
	h.Reset()
	pool.Put(h)
	return text
}

// mac reads the value of the member off the end of the payload, where it must be, and decodes no more than that.
func (s segments) mac() (value [macText]byte, ok bool) {
	payload := s.payload()
	start := b64.DecodedLen(len(payload)) - macTail
	if start < 0 {
		return value, false
	}
	whole := start / 3 // four characters are three bytes
	var room [macTail + 2]byte
	tail, err := b64.AppendDecode(room[:0], []byte(payload[4*whole:]))
	if err != nil {
		return value, false
	}
	tail = tail[start-3*whole:]
	if string(tail[:len(macMember)]) != macMember || string(tail[macTail-len(macEnd):]) != macEnd {
		return value, false
	}
	return [macText]byte(tail[len(macMember):]), true
}

// genuine reports whether value is the mac of the payload that ends in it.
func (s segments) genuine(m macs, value [macText]byte) bool {
	header := append(make([]byte, 0, len(s.token)), s.token[:s.first]...) // with room for the payload too
	payload, err := b64.AppendDecode(header[len(header):], []byte(s.payload()))
	if err != nil {
		return false
	}
	return m.verify(header, payload[:len(payload)-macTail], value)
}

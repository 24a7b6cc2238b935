package jwt

import (
	"crypto/subtle"

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

// written is the value of the member for a MAC over the header, a dot and the payload that still lacks the member: no closing brace, no
// comma.
func written(sum []byte) (text [macText]byte) {
	b64.Encode(text[:], sum[:macSize])
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

// genuine decodes the payload, and reports whether value is its mac under any of the keys. It takes the same time whichever fits.
func (s segments) genuine(macs secret.MACs, value [macText]byte) (payload []byte, ok bool) {
	text := append(make([]byte, 0, len(s.token)), s.token[:s.first+1]...) // with room for the payload
	text, err := b64.AppendDecode(text, []byte(s.payload()))
	if err != nil {
		return nil, false
	}
	held := 0
	macs.Each(text[:len(text)-macTail], func(sum []byte) {
		own := written(sum)
		held |= subtle.ConstantTimeCompare(own[:], value[:])
	})
	return text[s.first+1:], held == 1
}

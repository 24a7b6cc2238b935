package jwt

import (
	"crypto/hmac"
	"crypto/sha256"
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

// mac computes the value of the member for a payload that still lacks it: no closing brace, no comma.
func mac(key, header, body []byte) [macText]byte {
	h := hmac.New(sha256.New, key)
	h.Write(header)
	h.Write([]byte{'.'})
	h.Write(body)
	var sum [sha256.Size]byte
	var text [macText]byte
	b64.Encode(text[:], h.Sum(sum[:0])[:macSize])
	return text
}

// splitMAC parts the payload at the comma before its last member, which must be the mac.
func splitMAC(payload []byte) (body, value []byte, ok bool) {
	n := len(payload) - macTail
	if n < 0 {
		return nil, nil, false
	}
	body, tail := payload[:n], payload[n:]
	if string(tail[:len(macMember)]) != macMember || string(tail[macTail-len(macEnd):]) != macEnd {
		return nil, nil, false
	}
	return body, tail[len(macMember) : len(macMember)+macText], true
}

// macHolds reports whether value is the mac of body under any of the keys. It takes the same time whichever fits.
func macHolds(keys secret.Keys, header, body, value []byte) bool {
	ok := 0
	for _, key := range keys.All() {
		sum := mac(key, header, body)
		ok |= subtle.ConstantTimeCompare(sum[:], value)
	}
	return ok == 1
}

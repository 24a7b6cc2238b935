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

// usualMAC is room for what the mac of a usual token is made of, in bytes.
const usualMAC = 1 << 10

// macHolds reports whether value is the mac of a payload that ends in it, under any of the keys. It takes the same time whichever fits.
//
// This is what a flood of forged tokens costs, so that nothing is allocated for it. Setting crypto/hmac up takes as long as running it; who
// signs has the time, and every genuine token shows that both say the same.
func (s segments) macHolds(keys secret.Keys, value [macText]byte) bool {
	var room [usualMAC]byte
	message := append(room[:sha256.BlockSize], s.token[:s.first+1]...)
	message, err := b64.AppendDecode(message, []byte(s.payload()))
	if err != nil {
		return false
	}
	message = message[:len(message)-macTail]
	ok := 0
	for _, key := range keys.All() {
		sum := hmacSHA256(key, message)
		var text [macText]byte
		b64.Encode(text[:], sum[:macSize])
		ok |= subtle.ConstantTimeCompare(text[:], value[:])
	}
	return ok == 1
}

// hmacSHA256 is that of RFC 2104, under a key of one block at the most, for a message behind a block that is overwritten.
func hmacSHA256(key, message []byte) [sha256.Size]byte {
	var outer [sha256.BlockSize + sha256.Size]byte
	for i := range sha256.BlockSize {
		var k byte
		if i < len(key) {
			k = key[i]
		}
		message[i], outer[i] = k^0x36, k^0x5c
	}
	inner := sha256.Sum256(message)
	copy(outer[sha256.BlockSize:], inner[:])
	return sha256.Sum256(outer[:])
}

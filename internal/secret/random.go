package secret

import (
	"crypto/rand"
	"encoding/base64"
)

// Handle makes an unguessable name of n random bytes, in base64url without padding. 16 bytes are 128 bits, the least
// for anything that grants something (ASVS 11.5.1).
func Handle(n int) string {
	var usual [32]byte // does not escape
	b := usual[:]
	if n > len(b) {
		b = make([]byte, n)
	}
	b = b[:n]
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

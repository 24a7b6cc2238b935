package jwt_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/crafteasy/auth/jwt"
)

// TestTheMACIsAnHMAC holds what checks a mac to crypto/hmac, for every length of a message up to some blocks and of a key up to one.
func TestTheMACIsAnHMAC(t *testing.T) {
	text := []byte(strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz", 10))
	for length := range 5*sha256.BlockSize + 1 {
		key := text[:length%(sha256.BlockSize+1)]
		h := hmac.New(sha256.New, key)
		h.Write(text[:length])
		if got := jwt.HMAC(key, text[:length]); !hmac.Equal(got[:], h.Sum(nil)) {
			t.Fatalf("a message of %d bytes under a key of %d has the sum %x", length, len(key), got)
		}
	}
}

// TestAMACHoldsWhateverTheLength: a longer payload than usual, and the longest, has a mac like any other.
func TestAMACHoldsWhateverTheLength(t *testing.T) {
	f := newFixture(t)
	for length := 1; length <= 5000; length += 499 {
		p := f.payload(jwt.TypeUser)
		p.Extra = map[string]any{"x": strings.Repeat("x", length)}
		if _, err := jwt.Examine(f.service, f.sign(t, p)); err != nil {
			t.Errorf("with a claim of %d bytes: %v", length, err)
		}
	}
}

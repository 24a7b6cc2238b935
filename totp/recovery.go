package totp

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"strings"
)

const (
	// recoveryCodes is how many codes make a set.
	recoveryCodes = 10
	// recoveryBytes is the entropy of one: 120 bits, so that a plain hash protects it (ASVS 6.5.2 asks for 112).
	recoveryBytes = 15
	// recoveryChars is its length in base32, without the dashes between groups.
	recoveryChars = recoveryBytes * 8 / 5
	// recoveryGroup is how many characters stand together.
	recoveryGroup = 6
	// fewLeft is when the owner is told that new codes are due.
	fewLeft = 2
)

// newRecoveryCodes makes a set, as people see it and as it is stored.
func newRecoveryCodes(userID string) (shown []string, hashes [][]byte) {
	for range recoveryCodes {
		b := make([]byte, recoveryBytes)
		_, _ = rand.Read(b) // never fails
		code := base32Text.EncodeToString(b)
		shown = append(shown, grouped(code))
		hashes = append(hashes, hashOf(userID, code))
	}
	return shown, hashes
}

// grouped writes dashes between groups, for eyes and fingers.
func grouped(code string) string {
	var groups []string
	for ; len(code) > recoveryGroup; code = code[recoveryGroup:] {
		groups = append(groups, code[:recoveryGroup])
	}
	return strings.Join(append(groups, code), "-")
}

// typedRecovery brings a recovery code as people type it into the form that is hashed, and reports whether it can be one.
func typedRecovery(s string) (string, bool) {
	s = strings.ToUpper(strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "", "-", "").Replace(s))
	if len(s) != recoveryChars {
		return "", false
	}
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return "", false
		}
	}
	return s, true
}

// hashOf is what is stored of a recovery code. It names the user, so that equal codes of two people, or a hash that was moved from
// one to the other, mean nothing.
func hashOf(userID, code string) []byte {
	h := sha256.New()
	for _, part := range []string{"auth/v1/recovery", userID, code} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	return h.Sum(nil)
}

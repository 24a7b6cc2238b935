package otp

import (
	"crypto/rand"
	"math/big"
	"strings"
)

// newCode draws a code, every one equally likely, leading zeros kept.
func newCode(length int) string {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(length)), nil)
	n, err := rand.Int(rand.Reader, limit)
	if err != nil {
		// crypto/rand ends the program before it answers an error; a code that is not random must never leave.
		panic("otp: " + err.Error())
	}
	digits := n.String()
	return strings.Repeat("0", length-len(digits)) + digits
}

// typed brings a code as people type it into its form: blanks around it and one blank or dash inside are dropped. Anything
// else that is no code stays as it is, and matches nothing.
func typed(s string) string {
	s = strings.Trim(s, " \t\r\n")
	if i := strings.IndexAny(s, " -"); i >= 0 {
		s = s[:i] + s[i+1:]
	}
	return s
}

// isCode reports whether s is exactly length ASCII digits.
func isCode(s string, length int) bool {
	return len(s) == length && strings.Trim(s, "0123456789") == ""
}

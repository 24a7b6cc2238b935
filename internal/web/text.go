package web

import (
	"unicode"
	"unicode/utf8"

	"github.com/crafteasy/auth/internal/problem"
)

// MaxText is the most characters of a short text that a client chooses, such as a name.
const MaxText = 64

// CheckText refuses a short text that is longer than [MaxText] or holds something that does not print. The empty text passes.
func CheckText(field, s string) error {
	if utf8.RuneCountInString(s) > MaxText {
		return problem.ErrInvalidRequest.WithDetail("The field " + field + " is too long.")
	}
	for _, c := range s {
		if !unicode.IsPrint(c) {
			return problem.ErrInvalidRequest.WithDetail("The field " + field + " holds a character that does not print.")
		}
	}
	return nil
}

package user_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/crafteasy/auth/user"
)

// Every code point is tried once in the local part and once in the domain: what is taken is a fixed point, and nothing but ASCII
// becomes ASCII. A character that folds to another's letter would be a way to another's mailbox.
func TestN01_NoOtherCharacterBecomesASCII(t *testing.T) {
	step := rune(1)
	if testing.Short() {
		step = 7
	}
	for r := rune(utf8.RuneSelf); r <= unicode.MaxRune; r += step {
		for _, typed := range []string{"a" + string(r) + "@example.com", "a@b" + string(r) + "c.com"} {
			id, err := user.ParseEmail(typed)
			if err != nil {
				continue
			}
			local, domain, _ := strings.Cut(id.Value, "@")
			if !strings.Contains(domain, "xn--") && strings.Trim(local, "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.") == "" {
				t.Errorf("U+%04X becomes ASCII: %q", r, id.Value)
			}
			if again, err := user.ParseEmail(id.Value); err != nil || again != id {
				t.Errorf("U+%04X is no fixed point: %+q becomes %+q, %v", r, id.Value, again.Value, err)
			}
			if !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune("\u00b7\u0375\u05f3\u05f4\u30fb", r) {
				t.Errorf("U+%04X is taken and no part of a word: %+q", r, id.Value)
			}
		}
	}
}

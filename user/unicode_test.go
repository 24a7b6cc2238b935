package user_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/crafteasy/auth/user"
)

// assigned is where characters are: planes 0 to 3, and the part of plane 14 that nobody sees.
func assigned(yield func(rune) bool) {
	for _, plane := range [][2]rune{{utf8.RuneSelf, 0x3FFFF}, {0xE0000, 0xE0FFF}} {
		for r := plane[0]; r <= plane[1]; r++ {
			if !yield(r) {
				return
			}
		}
	}
}

// Every code point is tried once in the local part and once in the domain: what is taken is a fixed point, and nothing but ASCII
// becomes ASCII. A character that folds to another's letter would be a way to another's mailbox.
func TestN01_NoOtherCharacterBecomesASCII(t *testing.T) {
	for r := range assigned {
		checkFold(t, "a"+string(r)+"@example.com")
		checkFold(t, "a@b"+string(r)+"c.com")
	}
}

// The same for every letter with every mark, which may compose to something that was not typed.
func TestN01_NoLetterWithAMarkBecomesASCII(t *testing.T) {
	for r := range assigned {
		if !unicode.Is(unicode.Mn, r) {
			continue
		}
		for letter := 'A'; letter <= 'Z'; letter++ {
			checkFold(t, string(letter)+string(r)+"@example.com")
		}
		checkFold(t, "a@I"+string(r)+".com")
		checkFold(t, "a@K"+string(r)+".com")
	}
}

func checkFold(t *testing.T, typed string) {
	t.Helper()
	id, err := user.ParseEmail(typed)
	if err != nil {
		return
	}
	local, domain, _ := strings.Cut(id.Value, "@")
	if isASCII(local) && !strings.Contains(domain, "xn--") {
		t.Errorf("%+q becomes ASCII: %q", typed, id.Value)
	}
	if again, err := user.ParseEmail(id.Value); err != nil || again != id {
		t.Errorf("%+q becomes %+q, which becomes %+q, %v", typed, id.Value, again.Value, err)
	}
	for _, r := range typed {
		if r >= utf8.RuneSelf && !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune("\u00b7\u0375\u05f3\u05f4\u30fb", r) {
			t.Errorf("%+q holds what is no part of a word: %+q", typed, id.Value)
		}
	}
}

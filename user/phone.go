package user

import (
	"strings"

	"github.com/crafteasy/auth/internal/problem"
)

// Limits of an international number in digits. ITU-T E.164 allows 15; fewer than 8 is a short code.
const (
	minDigits = 8
	maxDigits = 15
	// maxTypedPhone bounds the text before its separators are dropped.
	maxTypedPhone = 64
)

// errPhone names the field and says nothing of what was in it.
var errPhone = problem.ErrInvalidRequest.WithDetail(`The field "phone" is not a phone number in international form, such as +46701234567.`)

// PhoneParser brings a phone number into its normal form. [ParsePhone] is one; a host that takes national spellings
// plugs in another. Whatever it takes, it answers E.164, and the same for all spellings of one number.
type PhoneParser func(string) (Identifier, error)

// ParsePhone brings an international phone number into E.164: a plus sign and 8 to 15 digits. The separators blank - . ( ) /
// are dropped, nothing else is.
//
// The number begins with the plus sign and a calling code that the ITU has given out. A trunk zero ("+46 (0)70 …"), an
// extension, letters and digits that are not ASCII are refused, because two programs would read them as two numbers. Numbers of
// no country, such as satellite phones, are parsed; whether they are served is decided by [PhoneCountries].
//
// The error is a refusal with status 400 and the code "invalid_request" that names the field "phone" and never repeats its text.
func ParsePhone(s string) (Identifier, error) {
	s = strings.Trim(s, " \t")
	if len(s) > maxTypedPhone || !strings.HasPrefix(s, "+") {
		return Identifier{}, errPhone
	}
	digits := make([]byte, 0, maxDigits)
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			if len(digits) == maxDigits {
				return Identifier{}, errPhone
			}
			digits = append(digits, c)
		case !strings.ContainsRune(" -.()/", rune(c)):
			return Identifier{}, errPhone
		}
	}
	number := "+" + string(digits)
	if len(digits) < minDigits || !possible(number) {
		return Identifier{}, errPhone
	}
	return Identifier{Phone, number}, nil
}

// possible reports whether such a number can exist: its calling code does, and what follows fits the country's plan as far
// as that decides between one spelling and another.
func possible(number string) bool {
	code := CountryCallingCode(number)
	if code == "" {
		return false
	}
	national := number[1+len(code):]
	if n, fixed := nationalDigits[code]; fixed && len(national) != n {
		return false
	}
	return national[0] != '0' && (code != "1" || national[0] != '1') || zeroBegins[code]
}

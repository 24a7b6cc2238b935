package national

import (
	"fmt"

	"github.com/nyaruka/phonenumbers"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/user"
)

var errPhone = problem.ErrInvalidRequest.WithDetail(`The field "phone" is not a phone number.`)

// maxTyped bounds the text that is parsed.
const maxTyped = 64

// Parser reads numbers as they are dialled in the country, named by its ISO 3166-1 alpha-2 code in capitals, and international ones.
// An unknown country is an error.
//
// A refusal of the parser has status 400 and the code "invalid_request", and never repeats the text. What [user.ParsePhone] would
// refuse for its form, such as an extension, is refused here too.
func Parser(country string) (user.PhoneParser, error) {
	if !phonenumbers.GetSupportedRegions()[country] {
		return nil, fmt.Errorf("national: no country is called by the code of %d letters given", len(country))
	}
	return func(s string) (user.Identifier, error) {
		if len(s) > maxTyped {
			return user.Identifier{}, errPhone
		}
		n, err := phonenumbers.Parse(s, country)
		if err != nil || n.GetExtension() != "" || !plain(s) || !phonenumbers.IsValidNumber(n) {
			return user.Identifier{}, errPhone
		}
		return user.ParsePhone(phonenumbers.Format(n, phonenumbers.E164))
	}, nil
}

// plain refuses letters, digits that are not ASCII, and everything else that two programs might read in two ways.
func plain(s string) bool {
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9', c == '+', c == ' ', c == '-', c == '.', c == '(', c == ')', c == '/':
		default:
			return false
		}
	}
	return true
}

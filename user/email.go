package user

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/crafteasy/auth/internal/problem"
)

// Limits of an address in octets (RFC 5321 section 4.5.3.1, RFC 3696 erratum 1690).
const (
	maxEmail = 254
	maxLocal = 64
	// maxTyped bounds the text before it is in normal form, which may be shorter.
	maxTyped = 1024
)

// errEmail names the field and says nothing of what was in it.
var errEmail = problem.ErrInvalidRequest.WithDetail(`The field "email" is not an e-mail address.`)

// ParseEmail brings an e-mail address into its one normal form: blanks around it dropped, lower case, NFC, the domain as
// A-labels without a trailing dot. Parsing the normal form again answers the same.
//
// It takes a mailbox and nothing else: no display name, comment, quoted local part, address literal, list or source
// route, and no domain of one label. The local part is a dot-atom (RFC 5321) of ASCII or of letters, marks and digits of any
// script (RFC 6531). What could be read in two ways is refused rather than repaired: code points that NFKC would change,
// looked at as typed, invisible ones, MIME encoded words, a leading dash.
//
// Plus tags and the dots of Gmail stay: they are other accounts; see [MailboxKey] for limits. The error is a refusal with
// status 400 and the code "invalid_request" that names the field "email" and never repeats its text.
func ParseEmail(s string) (Identifier, error) {
	s = strings.Trim(s, " \t")
	// Composing makes code points that were not typed: I and a dot above become İ.
	if len(s) > maxTyped || !utf8.ValidString(s) || !unambiguous(s) || !unambiguous(norm.NFC.String(s)) {
		return Identifier{}, errEmail
	}
	local, domain, ok := strings.Cut(fold(s), "@")
	if !ok || !isLocal(local) {
		return Identifier{}, errEmail
	}
	if domain, ok = asciiDomain(domain); !ok {
		return Identifier{}, errEmail
	}
	value := local + "@" + domain
	if len(value) > maxEmail {
		return Identifier{}, errEmail
	}
	return Identifier{Email, value}, nil
}

// Domain is the part of a normal-form address after the @, or "" where there is none.
func Domain(email string) string {
	return email[strings.LastIndexByte(email, '@')+1:]
}

// fold is lower case in NFC.
func fold(s string) string { return norm.NFC.String(strings.ToLower(norm.NFC.String(s))) }

// unambiguous reports whether every code point stands for itself alone.
func unambiguous(s string) bool {
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf: // what may stand where is decided for each part
		case !unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.P, unicode.S):
			return false // control, format, private, unassigned, and blanks
		case unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
			return false // letters and marks that nobody sees
		case unicode.ToLower(r) < utf8.RuneSelf:
			return false // the Kelvin sign and İ would become k and i: another mailbox
		case norm.NFKC.String(string(r)) != string(r):
			return false
		}
	}
	return true
}

// isLocal reports whether s is a dot-atom that no mail program reads as anything else.
func isLocal(s string) bool {
	if s == "" || len(s) > maxLocal || s[0] == '-' || strings.Contains(s, "=?") {
		return false
	}
	for atom := range strings.SplitSeq(s, ".") {
		if !isAtom(atom) {
			return false
		}
	}
	return true
}

func isAtom(s string) bool {
	markable := false // a mark must have a letter or digit to stand on
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			markable = 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
			if !markable && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r) {
				return false
			}
		case unicode.In(r, unicode.L, unicode.Nd):
			markable = true
		case !unicode.Is(unicode.M, r) || !markable:
			return false
		}
	}
	return s != ""
}

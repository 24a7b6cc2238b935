package user

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// registrable is the lookup profile of UTS 46 without its mapping: [fold] has done all the mapping that is allowed.
var registrable = idna.New(
	idna.ValidateLabels(true), idna.StrictDomainName(true), idna.VerifyDNSLength(true), idna.CheckHyphens(true),
	idna.CheckJoiners(true), idna.BidiRule(),
)

// asciiDomain answers the domain, which is folded, as A-labels without a trailing dot, if it is one that mail can be sent
// to from anywhere.
func asciiDomain(s string) (string, bool) {
	ascii, err := registrable.ToASCII(strings.TrimSuffix(s, "."))
	if err != nil || !isHostname(ascii) {
		return "", false
	}
	if !strings.Contains(ascii, "xn--") {
		return ascii, true
	}
	// An A-label must be the spelling of its U-label and of nothing else.
	unicoded, err := registrable.ToUnicode(ascii)
	if err != nil || !isWords(unicoded) {
		return "", false
	}
	again, err := registrable.ToASCII(fold(unicoded))
	return ascii, err == nil && again == ascii
}

// isHostname reports whether s has letters, digits, dashes and dots alone, at least two labels, and a last one that makes it a
// name and not an address (RFC 3696 section 2). Package idna leaves this to the caller where nothing is mapped.
func isHostname(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return false
		}
	}
	dot := strings.LastIndexByte(s, '.')
	return dot > 0 && dot+1 < len(s) && 'a' <= s[dot+1] && s[dot+1] <= 'z'
}

// isWords reports whether the labels are made of what words are made of. UTS 46 lets symbols and emoji through; IDNA 2008 does
// not (RFC 5892).
func isWords(s string) bool {
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf, unicode.In(r, unicode.L, unicode.M, unicode.Nd):
		case strings.ContainsRune("\u00B7\u0375\u05F3\u05F4\u30FB", r): // punctuation inside words: CONTEXTO
		case r == '\u200C', r == '\u200D': // joiners, whose context package idna has checked
		default:
			return false
		}
	}
	return true
}

package user

import "strings"

// CountryCallingCode is the calling code at the beginning of a number in E.164, without the plus sign ("46" of "+46701234567"),
// or "" where the ITU has given out none (ITU-T E.164, list of assigned codes).
func CountryCallingCode(e164 string) string {
	return longestMatch(e164, maxCode, func(prefix string) bool {
		_, ok := callingCodes[prefix]
		return ok
	})
}

// PhoneCountries are the countries that a number in E.164 may belong to, as ISO 3166-1 alpha-2 codes. There is mostly one;
// a few share their numbers. Satellite, premium and freephone numbers belong to none and answer nil: a list of
// countries never serves them.
func PhoneCountries(e164 string) []string {
	code := CountryCallingCode(e164)
	prefix := longestMatch(e164, maxPrefix, func(prefix string) bool {
		_, ok := regions[prefix]
		return ok
	})
	if len(prefix) > len(code) {
		return strings.Fields(regions[prefix])
	}
	return strings.Fields(callingCodes[code])
}

// IsCountry reports whether some phone number belongs to the country, named by its ISO 3166-1 alpha-2 code in capitals.
func IsCountry(iso string) bool {
	if len(iso) != 2 {
		return false
	}
	for _, table := range []map[string]string{callingCodes, regions} {
		for _, countries := range table {
			if strings.Contains(" "+countries+" ", " "+iso+" ") {
				return true
			}
		}
	}
	return false
}

// blockDigits is how many digits at the end of a number its holder's operator gives out as one block.
const blockDigits = 4

// PhonePrefix is a number in E.164 without its last four digits: the block of ten thousand it lies in. Who pumps messages
// through numbers of his own holds them in blocks; limits count by them.
func PhonePrefix(e164 string) string {
	return e164[:max(len(e164)-blockDigits, 0)]
}

// longestMatch answers the longest beginning of a number, of at most n digits, that is known.
func longestMatch(e164 string, n int, known func(string) bool) string {
	digits := strings.TrimPrefix(e164, "+")
	for n = min(n, len(digits)); n > 0; n-- {
		if known(digits[:n]) {
			return digits[:n]
		}
	}
	return ""
}

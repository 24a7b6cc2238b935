package oauth

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxReturn is the longest place to return to in bytes.
const maxReturn = 2048

func hasControl(s string) bool {
	return strings.ContainsFunc(s, unicode.IsControl) || !utf8.ValidString(s)
}

// mayReturn reports whether a browser may be sent there: to an exact member of the list, or to a path of the own origin. What a
// browser would read as another origin, "//" and "/\" and what becomes these when control characters are dropped, is no path.
func (s *Service) mayReturn(to string) bool {
	if slices.Contains(s.opts.ReturnTo, to) {
		return true
	}
	if len(to) > maxReturn || hasControl(to) || to[0] != '/' || len(to) > 1 && (to[1] == '/' || to[1] == '\\') {
		return false
	}
	u, err := url.Parse(to)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil
}

// onwards answers the place with one more query parameter. It is the text that was judged, never a URL that was read and written anew:
// reading decodes "/%2f", and writing that makes "//", another origin.
func onwards(to, name, value string) string {
	place, fragment, hasFragment := strings.Cut(to, "#")
	sign := "?"
	if strings.Contains(place, "?") {
		sign = "&"
	}
	next := escaped(place) + sign + name + "=" + url.QueryEscape(value)
	if hasFragment {
		next += "#" + escaped(fragment)
	}
	return next
}

// escaped writes what has no place in a URL (RFC 3986 section 2) in percent signs, and leaves everything else as it is.
func escaped(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

package oauth

import (
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

// onwards answers the place with one more query parameter.
func onwards(to, name, value string) (string, error) {
	u, err := url.Parse(to)
	if err != nil {
		return "", err
	}
	add := name + "=" + url.QueryEscape(value)
	if u.RawQuery != "" {
		add = u.RawQuery + "&" + add
	}
	u.RawQuery = add
	return u.String(), nil
}

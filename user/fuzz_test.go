package user_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/crafteasy/auth/user"
)

func FuzzParseEmail(f *testing.F) {
	for want, s := range spellings {
		f.Add(want)
		for _, typed := range append(s.same, s.refused...) {
			f.Add(typed)
		}
	}
	for _, typed := range []string{
		"", "@", "a@b@c.de", "=?utf-8?q?a?=@b.de", "a@xn--a.de", "-a@b.de", "a..b@c.de", "a@b.de\r\n", "a\u0323\u0307@b.de", "a@\u0345.de", "\u01c5@b.de", "I\u0307@b.de",
	} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		id, err := user.ParseEmail(typed)
		if err != nil {
			if !id.IsZero() {
				t.Fatalf("%+q is refused and answers %+q", typed, id)
			}
			return
		}
		v := id.Value
		local, domain, _ := strings.Cut(v, "@")
		switch {
		case id.Kind != user.Email:
			t.Fatalf("%+q is a %q", typed, id.Kind)
		case len(v) > 254, len(local) == 0, len(local) > 64, len(domain) > 253, strings.Contains(domain, "@"):
			t.Fatalf("%+q is out of bounds: %+q", typed, v)
		case !utf8.ValidString(v), !norm.NFC.IsNormalString(v), !norm.NFKC.IsNormalString(v), v != strings.ToLower(v):
			t.Fatalf("%+q is not in normal form: %+q", typed, v)
		case strings.ContainsFunc(v, func(r rune) bool {
			return unicode.In(r, unicode.C, unicode.Z) || strings.ContainsRune(`<>()[],;:\"`, r)
		}):
			t.Fatalf("%+q keeps what an address has not: %+q", typed, v)
		case strings.ContainsFunc(domain, func(r rune) bool { return r >= utf8.RuneSelf }), !strings.Contains(domain, "."), strings.HasSuffix(domain, "."):
			t.Fatalf("%+q has no domain of A-labels: %+q", typed, v)
		case strings.HasPrefix(v, "-"), strings.Contains(v, "=?"):
			t.Fatalf("%+q is read as something else: %+q", typed, v)
		case isASCII(local) && !isASCII(strings.Split(typed, "@")[0]):
			t.Fatalf("%+q becomes ASCII: %+q", typed, v)
		case user.Domain(v) != domain:
			t.Fatalf("the domain of %+q is %+q", v, user.Domain(v))
		}
		if again, err := user.ParseEmail(v); err != nil || again != id {
			t.Fatalf("%+q becomes %+q, and that becomes %+q, %v", typed, v, again.Value, err)
		}
		if again, err := user.ParseEmail(" " + v + ".\t"); err != nil || again != id {
			t.Fatalf("another spelling of %+q is %+q, %v", v, again.Value, err)
		}
		key := user.MailboxKey(v)
		if user.MailboxKey(key) != key || !strings.Contains(key, "@") || strings.HasPrefix(key, "@") {
			t.Fatalf("the key of %+q is %+q", v, key)
		}
	})
}

func FuzzParsePhone(f *testing.F) {
	for _, typed := range []string{
		"", "+", "+46701234567", "+46 70-123 45 67", "+1 (212) 555-0123", "+46 (0)70 123", "0046", "+999999999999", "+39 06 12345", "+881612345678",
	} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		id, err := user.ParsePhone(typed)
		code, countries, prefix := user.CountryCallingCode(typed), user.PhoneCountries(typed), user.PhonePrefix(typed)
		if err != nil {
			if !id.IsZero() {
				t.Fatalf("%+q is refused and answers %+q", typed, id)
			}
			return
		}
		v := id.Value
		digits, plus := strings.CutPrefix(v, "+")
		switch {
		case id.Kind != user.Phone:
			t.Fatalf("%+q is a %q", typed, id.Kind)
		case !plus, len(digits) < 8, len(digits) > 15, strings.Trim(digits, "0123456789") != "", digits[0] == '0':
			t.Fatalf("%+q is not E.164: %+q", typed, v)
		case !strings.HasPrefix(digits, user.CountryCallingCode(v)), user.CountryCallingCode(v) == "":
			t.Fatalf("%+q has the calling code %q", v, user.CountryCallingCode(v))
		case typed == v && (code == "" || len(prefix) != len(v)-4 || len(countries) > 3):
			t.Fatalf("%+q: code %q, countries %v, prefix %q", v, code, countries, prefix)
		}
		if again, err := user.ParsePhone(v); err != nil || again != id {
			t.Fatalf("%+q becomes %+q, and that becomes %+q, %v", typed, v, again.Value, err)
		}
	})
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

package user_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/user"
)

func TestN04_NotAnAddress(t *testing.T) {
	local64, label63 := strings.Repeat("a", 64), strings.Repeat("a", 63)
	for name, typed := range map[string]string{
		"empty":                            "",
		"blanks":                           " \t ",
		"CRLF and a header":                "a@example.com\r\nBcc: b@example.com",
		"CRLF at the end":                  "a@example.com\r\n",
		"CRLF at the beginning":            "\r\na@example.com",
		"CRLF in the local part":           "a\r\nBcc:b@example.com",
		"LF":                               "a@example.com\nb@example.com",
		"LF at the end":                    "a@example.com\n",
		"CR":                               "a\r@example.com",
		"NUL":                              "a\x00@example.com",
		"NUL in the domain":                "a@example.com\x00.evil.example",
		"DEL":                              "a\x7f@example.com",
		"next line":                        "a@example.com\u0085",
		"line separator":                   "a@example.com\u2028",
		"a list with a comma":              "a@example.com,c@example.org",
		"a list with a semicolon":          "a@example.com;c@example.org",
		"a list with a blank":              "a@example.com c@example.org",
		"a list without domains":           "a@b,c@d",
		"a list without domains, ;":        "a@b;c@d",
		"a display name":                   "Name <a@example.com>",
		"angle brackets":                   "<a@example.com>",
		"a comment after":                  "a@example.com (c)",
		"a comment before":                 "(c)a@example.com",
		"a comment in the domain":          "a@(c)example.com",
		"an encoded word and an address":   "=?utf-8?q?a?= <a@example.com>",
		"an encoded word as local part":    "=?utf-8?q?a=40evil.example=3e?=@example.com",
		"an encoded word in the domain":    "a@=?utf-8?q?x?=.example.com",
		"a source route":                   "@r1.example:a@example.com",
		"a short source route":             "@r1:a@b",
		"an address literal":               "a@[127.0.0.1]",
		"an IPv6 literal":                  "a@[IPv6:::1]",
		"an IPv4 address":                  "a@127.0.0.1",
		"a hexadecimal top-level domain":   "a@127.0.0.0x1",
		"localhost":                        "a@localhost",
		"one label":                        "a@b",
		"one label with a dot":             "a@com.",
		"no domain":                        "a@",
		"a dot as domain":                  "a@.",
		"no local part":                    "@example.com",
		"no @":                             "example.com",
		"two @":                            "a@b@example.com",
		"two @ in a row":                   "a@@example.com",
		"a local part of 65 octets":        local64 + "a@example.com",
		"a local part of 65 octets, UTF-8": strings.Repeat("\u00e9", 32) + "a@example.com",
		"255 octets":                       local64 + "@" + label63 + "." + label63 + "." + strings.Repeat("a", 59) + ".as",
		"a label of 64 octets":             "a@a" + label63 + ".com",
		"64 KiB":                           strings.Repeat("a", 64<<10) + "@example.com",
		"64 KiB of @":                      strings.Repeat("@", 64<<10),
		"a leading dash":                   "-oQ/tmp@example.com",
		"a leading dash after blanks":      "  -a@example.com",
		"a domain with a leading dash":     "a@-example.com",
		"a domain with a trailing dash":    "a@example-.com",
		"a quoted local part":              `"a b"@example.com`,
		"a quoted pair":                    `a\@b@example.com`,
		"a dot at the beginning":           ".a@example.com",
		"a dot at the end":                 "a.@example.com",
		"two dots":                         "a..b@example.com",
		"two dots in the domain":           "a@example..com",
		"a dot before the domain":          "a@.example.com",
		"an underscore in the domain":      "a@ex_ample.com",
		"a percent sign in the domain":     "a@ex%61mple.com",
		"a port":                           "a@example.com:25",
		"a path":                           "a@example.com/b",
		"mailto":                           "mailto:a@example.com",
		"a query":                          "a@example.com?bcc=b@example.org",
		"a backslash":                      `a@example.com\b`,
		"an A-label of ASCII":              "a@xn--example-.com",
		"an A-label of nothing":            "a@xn--.com",
		"an A-label that does not decode":  "a@xn--a.com",
		"an A-label of a symbol":           "a@xn--n3h.net",
		"a symbol":                         "a@\u2603.net",
		"a label of two directions":        "a@\u05d0a.com",
		"a joiner out of its context":      "a@xn--ab-j1t.com",
		"an A-label in capitals inside":    "a@xn--Bcher-kVa-.de",
		"a slash look-alike":               "a@example.com\u2215.evil.example",
		"right-to-left override":           "a\u202egmail@example.com",
		"a left-to-right mark":             "a@example\u200e.com",
		"a zero-width space":               "a@exam\u200bple.com",
		"a private-use character":          "\ue000@example.com",
		"a tag character":                  "a\U000e0061@example.com",
		"an unassigned character":          "\U0003ffff@example.com",
		"a noncharacter":                   "\uffff@example.com",
		"a mark that stands alone":         "\u0301@example.com",
		"a mark after a dot":               "a.\u0301@example.com",
		"a mark after a sign":              "a=\u0338@example.com",
		"an emoji":                         "\U0001f600@example.com",
		"bad UTF-8":                        "a\xff@example.com",
		"bad UTF-8 in the domain":          "a@ex\xc3ample.com",
		"an overlong NUL":                  "a\xc0\x80@example.com",
		"a surrogate":                      "a\xed\xa0\x80@example.com",
	} {
		t.Run(name, func(t *testing.T) { wantRefusal(t, typed, "email") })
	}
}

// wantRefusal demands the one refusal of a field, which names it and shows nothing of what was in it.
func wantRefusal(t *testing.T, typed, field string) {
	t.Helper()
	parse := map[string]user.PhoneParser{"email": user.ParseEmail, "phone": user.ParsePhone}[field]
	id, err := parse(typed)
	if !errors.Is(err, problem.ErrInvalidRequest) {
		t.Fatalf("parsing %+.80q answers %+q, %v; want a refusal", typed, id.Value, err)
	}
	if !id.IsZero() || id.Kind != "" {
		t.Errorf("a refusal answers %+q too", id)
	}
	refusal, _ := problem.As(err)
	if refusal.Status() != 400 || refusal.Code() != "invalid_request" || !strings.Contains(refusal.Detail(), `"`+field+`"`) {
		t.Errorf("the refusal is %d %v", refusal.Status(), refusal)
	}
	if empty, _ := parse(""); !empty.IsZero() {
		t.Fatal("the empty text is taken")
	}
	if _, same := parse(""); same.Error() != err.Error() {
		t.Errorf("the refusal depends on the text: %q", err)
	}
}

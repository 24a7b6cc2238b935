package user_test

import (
	"strings"
	"testing"

	"github.com/crafteasy/auth/user"
)

// spellings of one mailbox, by its normal form. A refusal is allowed as well as the normal form; another account is not.
var spellings = map[string]struct{ same, refused []string }{
	"alice@example.com": {
		same: []string{
			"alice@example.com", "Alice@Example.COM", "ALICE@EXAMPLE.COM", " alice@example.com", "alice@example.com \t", "alice@example.com.",
			"alice@EXAMPLE.com.",
		},
		refused: []string{
			"alice @example.com", "alice@ example.com", "ali ce@example.com", "alice@example.com..", "\u00a0alice@example.com",
			"alice@example.com\u00a0", "alice@example\u3002com", "alice@example\uff0ecom", "ａlice@example.com", "alice＠example.com",
			"al\u0131ce@example.com\u200b", "\ufeffalice@example.com", "alice\u00ad@example.com", "alice@exam\u00adple.com", "al\u200dice@example.com",
			"alice@\u24d4xample.com", "ali\U0001d41ce@example.com", "alice@example.\u1d9com", "alice\ufe0f@example.com", "\"alice\"@example.com",
		},
	},
	"jos\u00e9@xn--bcher-kva.de": {
		same: []string{
			"jos\u00e9@b\u00fccher.de", "jose\u0301@bu\u0308cher.de", "JOS\u00c9@B\u00dcCHER.DE", "JOSE\u0301@BU\u0308CHER.DE",
			"jos\u00e9@xn--bcher-kva.de", "Jos\u00e9@XN--BCHER-KVA.de", "jos\u00e9@b\u00fccher.de.", "jos\u00e9@xn--bcher-kva.de.",
		},
		refused: []string{"jos\u00e9@b\u00fccher\uff0ede", "jos\u00e9@xn--bu\u0308cher.de", "jos\u00e9@xn--bcher-kva", "jos\u00e9@xn--xn--bcher-kva-.de"},
	},
	"k@example.com":                {same: []string{"K@example.com"}, refused: []string{"\u212a@example.com", "k@e\u212aample.com"}},
	"i@example.com":                {same: []string{"I@example.com"}, refused: []string{"\u0130@example.com", "I\u0307@example.com", "i@I\u0307xample.com", "\u2170@example.com"}},
	"\u03c3@example.com":           {same: []string{"\u03a3@example.com"}},
	"a@xn--fa-hia.de":              {same: []string{"a@fa\u00df.de", "a@FA\u1e9e.DE", "a@XN--FA-HIA.DE"}},
	"\ud55c@xn--bj0bj06e.kr":       {same: []string{"\u1112\u1161\u11ab@\ud55c\uae00.kr"}, refused: []string{"\u3134@\ud55c\uae00.kr", "\u115f@a.kr"}},
	"a@xn--parallel-koa.cat":       {same: []string{"a@paral\u00b7lel.cat"}},
	"\u7528\u6237@xn--fsqu00a.com": {same: []string{"\u7528\u6237@\u4f8b\u5b50.com"}, refused: []string{"\uf900@a.com"}},
}

func TestN01_OneFormForAllSpellingsOfAMailbox(t *testing.T) {
	for want, s := range spellings {
		for _, typed := range append(s.same, want) {
			id, err := user.ParseEmail(typed)
			if err != nil || id != (user.Identifier{Kind: user.Email, Value: want}) {
				t.Errorf("ParseEmail(%+q) = %+q, %v; want %+q", typed, id, err, want)
			}
			if got, bucket := user.MailboxKey(id.Value), user.MailboxKey(want); got != bucket {
				t.Errorf("%+q counts in %+q, %+q in %+q", typed, got, want, bucket)
			}
		}
		for _, typed := range s.refused {
			wantRefusal(t, typed, "email")
		}
	}
}

func TestN01_DifferentMailboxesStayApart(t *testing.T) {
	for name, pair := range map[string][2]string{
		"a plus tag is another account":         {"alice@gmail.com", "alice+x@gmail.com"},
		"a Gmail dot is another account":        {"alice@gmail.com", "al.ice@gmail.com"},
		"googlemail.com is another account":     {"alice@gmail.com", "alice@googlemail.com"},
		"a Cyrillic letter is another letter":   {"alice@example.com", "\u0430lice@example.com"},
		"a dotless i is not an i":               {"alice@example.com", "al\u0131ce@example.com"},
		"sharp s is not ss":                     {"strasse@example.com", "stra\u00dfe@example.com"},
		"an accent counts":                      {"jose@example.com", "jos\u00e9@example.com"},
		"final sigma stays what it is":          {"\u03c3@example.com", "\u03c2@example.com"},
		"sharp s in a domain is not ss":         {"a@fass.de", "a@fa\u00df.de"},
		"a domain with an accent is another":    {"a@bucher.de", "a@b\u00fccher.de"},
		"a subdomain is another":                {"a@example.com", "a@mail.example.com"},
		"a look-alike domain is another domain": {"a@example.com", "a@\u0435xample.com"},
	} {
		t.Run(name, func(t *testing.T) {
			a, errA := user.ParseEmail(pair[0])
			b, errB := user.ParseEmail(pair[1])
			if errA != nil || errB != nil {
				t.Fatalf("refused: %v, %v", errA, errB)
			}
			if a == b {
				t.Errorf("both are %q", a.Value)
			}
		})
	}
}

func TestParseEmail_Limits(t *testing.T) {
	local64, label63 := strings.Repeat("a", 64), strings.Repeat("a", 63)
	for name, typed := range map[string]string{
		"a local part of 64 octets":        local64 + "@example.com",
		"a local part of 64 octets, UTF-8": strings.Repeat("\u00e9", 32) + "@example.com",
		"254 octets":                       local64 + "@" + label63 + "." + label63 + "." + strings.Repeat("a", 58) + ".as",
		"every sign of an atom":            "a!#$%&'*+-/?=^_`{|}~@example.com",
		"digits of another script":         "\u0661\u0662@example.com",
		"Devanagari with its marks":        "\u0939\u093f\u0928\u094d\u0926\u0940@example.com",
		"joiners inside an A-label":        "a@xn--mgba3gch31f060k.com",
		"one letter each":                  "a@b.c",
	} {
		t.Run(name, func(t *testing.T) {
			if id, err := user.ParseEmail(typed); err != nil || id.Value != typed {
				t.Errorf("ParseEmail(%q) = %q, %v", typed, id.Value, err)
			}
		})
	}
}

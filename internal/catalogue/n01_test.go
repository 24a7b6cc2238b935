package catalogue

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
)

// limits are the defaults, with room for a test's requests from one address.
var limits = auth.Limits{IPPerMinute: 10_000, RecipientPerHour: 5, RecipientPerDay: 10}

// TestN01_OneMailbox signs in with every spelling of one mailbox: one account, one limit.
func TestN01_OneMailbox(t *testing.T) {
	for name, spellings := range map[string][]string{
		"case":                    {"ada@example.com", "ADA@EXAMPLE.COM", "Ada@Example.Com", "aDa@example.COM"},
		"blanks around":           {"ada@example.com", " ada@example.com", "ada@example.com ", "\tada@example.com\t"},
		"a trailing dot":          {"ada@example.com", "ada@example.com.", "ADA@example.com."},
		"composed and decomposed": {"j\u00fcrgen@example.com", "ju\u0308rgen@example.com", "J\u00dcRGEN@example.com", "JU\u0308RGEN@example.com"},
		"A-labels and U-labels":   {"ada@b\u00fccher.example", "ada@xn--bcher-kva.example", "ada@B\u00dcCHER.example", "ada@bu\u0308cher.example", "ada@XN--BCHER-KVA.EXAMPLE."},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, auth.Config{SignUp: true, Limits: limits}, func(t *testing.T, e *env) {
				users := map[string]bool{}
				var normal string
				for i := range 5 {
					asked, verified := spellings[i%len(spellings)], spellings[(i+1)%len(spellings)]
					a := e.post("/auth/login/email", `{"email":`+quoted(asked)+`}`)
					if a.status != http.StatusOK {
						t.Fatalf("%q answers %d %s", asked, a.status, a.body)
					}
					if normal == "" {
						normal = e.Inbox.Arrived(t, 1)[0].To
					}
					a = e.post("/auth/login/verify", `{"target":`+quoted(verified)+`,"code":"`+e.Inbox.Code(t, normal)+`","challenge":"`+a.text("challenge")+`"}`)
					if a.status != http.StatusOK {
						t.Fatalf("%q answers %d %s", verified, a.status, a.body)
					}
					users[e.get("/auth/me", a.text("token")).text("user_id")] = true
				}
				if len(users) != 1 || e.Faults.Count("users.Create") != 1 {
					t.Errorf("%d accounts, made by %d calls", len(users), e.Faults.Count("users.Create"))
				}
				for _, s := range spellings {
					e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer {
						return e.post("/auth/login/email", `{"email":`+quoted(s)+`}`)
					})
				}
			})
		})
	}
}

// TestN01_GuessesShareOneCounter spells the target of wrong guesses differently each time.
func TestN01_GuessesShareOneCounter(t *testing.T) {
	e := alone(t, auth.Config{})
	e.account(ada)
	_, code := e.code(ada)
	for _, s := range []string{"ADA@example.com", "ada@EXAMPLE.com", " ada@example.com", "ada@example.com.", "aDA@example.com"} {
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(s, "", wrong(code)) })
	}
	e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.verify("Ada@Example.com", "", code) })
}

// TestN01_OneLimitForAliases: plus tags and Gmail dots are accounts of their own and share one sending limit.
func TestN01_OneLimitForAliases(t *testing.T) {
	e := alone(t, auth.Config{SignUp: true, Limits: limits})
	users := map[string]bool{}
	for _, s := range []string{"a.da@gmail.com", "ada@gmail.com", "ada+x@gmail.com", "ada+y@googlemail.com", "a.d.a@googlemail.com"} {
		handle, code := e.code(s)
		users[e.get("/auth/me", e.verify(s, handle, code).text("token")).text("user_id")] = true
	}
	if len(users) != 5 {
		t.Errorf("%d accounts", len(users))
	}
	e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer {
		return e.post("/auth/login/email", `{"email":"ada+z@gmail.com"}`)
	})
}

// refusesInput demands 400 and that nothing came of it: no message, nothing counted, the text not repeated.
func (e *env) refusesInput(t *testing.T, typed string, act func() answer) {
	t.Helper()
	e.Faults.Forget()
	a := e.refuses(t, http.StatusBadRequest, "invalid_request", act)
	if calls := e.Faults.Calls(); len(calls) != 0 {
		t.Errorf("the back ends were asked: %v", calls)
	}
	if len(typed) > 6 && strings.Contains(a.body, typed) {
		t.Errorf("the refusal repeats the text: %s", a.body)
	}
}

// nothingSent closes the service and demands that no message left.
func (e *env) nothingSent(t *testing.T) {
	t.Helper()
	e.Drain()
	if all := e.Inbox.Messages(); len(all) != 0 {
		t.Errorf("%d messages were sent, the first to %s", len(all), all[0].To)
	}
}

// TestN04_Injection puts into the address what a mail program might read as more than an address.
func TestN04_Injection(t *testing.T) {
	e := alone(t, auth.Config{SignUp: true})
	for name, address := range map[string]string{
		"CRLF and Bcc":              "ada@example.com\r\nBcc: eve@example.com",
		"CRLF before the at sign":   "ada\r\nBcc: eve@example.com",
		"LF":                        "ada@example.com\nBcc:eve@example.com",
		"CR":                        "ada@example.com\rBcc:eve@example.com",
		"NUL":                       "ada@example.com\x00eve@example.com",
		"NUL inside":                "a\x00da@example.com",
		"a list with a comma":       "ada@example.com,eve@example.com",
		"a list with a semicolon":   "ada@example.com;eve@example.com",
		"a list with a blank":       "ada@example.com eve@example.com",
		"a display name":            "Ada <ada@example.com>",
		"angle brackets":            "<ada@example.com>",
		"a comment":                 "ada@example.com (comment)",
		"a comment inside":          "ada(comment)@example.com",
		"an encoded word":           "=?utf-8?q?ada?= <ada@example.com>",
		"an encoded word as local":  "=?utf-8?q?ada?=@example.com",
		"a source route":            "@relay.example:ada@example.com",
		"a percent route":           "ada%example.com@relay.example,x",
		"a bang path":               "relay!ada@",
		"an address literal":        "ada@[127.0.0.1]",
		"an IPv6 literal":           "ada@[IPv6:::1]",
		"an address as domain":      "ada@127.0.0.1",
		"localhost":                 "ada@localhost",
		"one label":                 "a@b",
		"a local part of 65":        strings.Repeat("a", 65) + "@example.com",
		"255 octets in all":         "a@" + strings.Repeat("a23456789.", 24) + "abcdefg.example",
		"a leading dash":            "-oQ/tmp@example.com",
		"a leading dash in domain":  "ada@-example.com",
		"a quoted local part":       `"ada eve"@example.com`,
		"a quoted at sign":          `"a@b"@example.com`,
		"two at signs":              "ada@example.com@eve.example",
		"no at sign":                "ada.example.com",
		"an empty local part":       "@example.com",
		"an empty domain":           "ada@",
		"two dots":                  "ada..eve@example.com",
		"a leading dot":             ".ada@example.com",
		"an empty label":            "ada@example..com",
		"a soft hyphen":             "a\u00adda@example.com",
		"a zero-width space":        "ada\u200b@example.com",
		"right-to-left override":    "ada\u202e@example.com",
		"a full-width at sign":      "ada\uff20example.com",
		"full-width letters":        "\uff41da@example.com",
		"a full-width stop":         "ada@example\uff0ecom",
		"nothing":                   "",
		"blanks":                    "   ",
		"an mailto URI":             "mailto:ada@example.com",
		"a MIME header by a colon":  "Bcc:eve@example.com",
		"an unpaired low surrogate": "ada\ufffd@example.com",
	} {
		t.Run(name, func(t *testing.T) {
			e.refusesInput(t, address, func() answer { return e.post("/auth/login/email", `{"email":`+quoted(address)+`}`) })
			e.refusesInput(t, address, func() answer { return e.post("/auth/login/verify", `{"target":`+quoted(address)+`,"code":"123456"}`) })
		})
	}
	token := e.login(ada)
	sent := len(e.Inbox.Messages())
	e.refusesInput(t, "", func() answer {
		return e.post("/auth/login/email", `{"email":"ada@example.com\r\nBcc: eve@example.com"}`)
	})
	a := e.post("/auth/me/identifiers", `{"email":"new@example.com\r\nBcc: eve@example.com"}`, key(token))
	if a.status != http.StatusBadRequest || len(e.Inbox.Messages()) != sent {
		t.Errorf("a change of address answers %d %s", a.status, a.body)
	}
}

// TestN05_ManyAddresses gives more than one address where one is asked for.
func TestN05_ManyAddresses(t *testing.T) {
	e := alone(t, auth.Config{SignUp: true})
	for name, body := range map[string]string{
		"an array":                  `{"email":["victim@example.com","eve@example.com"]}`,
		"an array of one":           `{"email":["victim@example.com"]}`,
		"an object":                 `{"email":{"0":"victim@example.com"}}`,
		"an object of a database":   `{"email":{"$ne":""}}`,
		"twice":                     `{"email":"victim@example.com","email":"eve@example.com"}`,
		"twice in two cases":        `{"email":"victim@example.com","Email":"eve@example.com"}`,
		"twice by an escape":        `{"email":"victim@example.com","em\u0061il":"eve@example.com"}`,
		"a text of an array":        `{"email":"[\"victim@example.com\",\"eve@example.com\"]"}`,
		"an array at the top":       `[{"email":"victim@example.com"}]`,
		"in another object as well": `{"email":{"email":"victim@example.com"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			e.refusesInput(t, "", func() answer { return e.post("/auth/login/email", body) })
		})
	}
	for _, query := range []string{"?email=eve@example.com", "?EMAIL=eve@example.com", "?email[]=eve@example.com", "?x=1&email=victim@example.com"} {
		t.Run("in the body and as "+query, func(t *testing.T) {
			e.refusesInput(t, "", func() answer { return e.post("/auth/login/email"+query, `{"email":"victim@example.com"}`) })
		})
	}
	t.Run("in the query alone", func(t *testing.T) {
		e.refusesInput(t, "", func() answer { return e.post("/auth/login/email?email=victim@example.com", `{}`) })
	})
	t.Run("in a form", func(t *testing.T) {
		e.Faults.Forget()
		e.refuses(t, http.StatusUnsupportedMediaType, "unsupported_media_type", func() answer {
			return e.do(http.MethodPost, "/auth/login/email", "email[]=victim@example.com&email[]=eve@example.com", header("Content-Type", "application/x-www-form-urlencoded"))
		})
		if len(e.Faults.Calls()) != 0 {
			t.Errorf("the back ends were asked: %v", e.Faults.Calls())
		}
	})
	e.nothingSent(t)
}

// TestN06_Phones spells numbers: one canonical form is one limit, or it is 400; what is not to be served looks like a success.
func TestN06_Phones(t *testing.T) {
	e := alone(t, auth.Config{SignUp: true, Limits: limits, SMSCountries: []string{"SE", "GB"}})
	send := func(number string) answer { return e.post("/auth/login/sms", `{"phone":`+quoted(number)+`}`) }
	for name, number := range map[string]string{
		"00 for plus":           "0046701234567",
		"national":              "070-123 45 67",
		"a trunk zero":          "+46 (0)70 123 45 67",
		"a trunk zero, bare":    "+460701234567",
		"full-width digits":     "+４６７０１２３４５６７",
		"Arabic digits":         "+٤٦٧٠١٢٣٤٥٦٧",
		"a full-width plus":     "＋46701234567",
		"an extension":          "+46701234567;ext=1",
		"an extension, x":       "+46701234567x1",
		"pauses":                "+46701234567,,1",
		"tel":                   "tel:+46701234567",
		"16 digits":             "+4670123456789012",
		"30 digits":             "+" + strings.Repeat("467", 10),
		"letters":               "+46 70 CALLNOW",
		"an emergency number":   "112",
		"a short code":          "+46112",
		"plus zero":             "+0701234567",
		"a code nobody has":     "+9991234567",
		"two pluses":            "++46701234567",
		"a plus in the middle":  "4670+1234567",
		"two numbers":           "+46701234567,+46701234568",
		"a line break":          "+46701234567\r\n+46701234568",
		"a NUL":                 "+46701234567\x00",
		"a zero-width space":    "+4670\u200b1234567",
		"an underscore":         "+46_701234567",
		"nothing":               "",
		"a plus":                "+",
		"10 000 digits":         "+46" + strings.Repeat("7", 10_000),
		"service code":          "*21*+46701234567#",
		"a MIME header":         "+46701234567\nBcc: +46701234568",
		"a database's operator": `{"$gt":""}`,
	} {
		t.Run(name, func(t *testing.T) {
			e.refusesInput(t, number, func() answer { return send(number) })
		})
	}
	public := map[string]string{}
	for name, number := range map[string]string{
		"not on the list":       "+4915112345678",
		"satellite +870":        "+870773123456",
		"satellite +881":        "+881612345678",
		"international +882":    "+882161234567",
		"premium +979":          "+979123456789",
		"freephone +800":        "+80012345678",
		"premium in Sweden":     "+46900123456",
		"premium in Britain":    "+449012345678",
		"Jersey, not Britain":   "+447797123456",
		"premium in America":    "+19005550123",
		"an American neighbour": "+18095550123",
	} {
		a := send(number)
		if a.status != http.StatusOK {
			t.Errorf("%s answers %d %s", name, a.status, a.body)
		}
		public[name] = a.triple()
	}
	for name, a := range public {
		if a != first(public) {
			t.Errorf("%s is told\n%s\nand others\n%s", name, a, first(public))
		}
	}
	spellings := []string{"+46 70-123 45 67", "+46701234567", "+46.70.123.45.67", "+46 (70) 1234567", " +46/70/1234567 "}
	for i, s := range spellings {
		a := send(s)
		if a.triple() != first(public) {
			t.Errorf("%q is told\n%s\nand a number that is not served\n%s", s, a.triple(), first(public))
		}
		body := fmt.Sprintf(`{"target":%q,"code":%q,"challenge":%q}`, spellings[(i+1)%len(spellings)], e.Inbox.Code(t, "+46701234567"), a.text("challenge"))
		if a := e.post("/auth/login/verify", body); a.status != http.StatusOK {
			t.Errorf("%q answers %d %s", s, a.status, a.body)
		}
	}
	if n := e.Faults.Count("users.Create"); n > 1 {
		t.Errorf("%d accounts were made", n)
	}
	for _, s := range spellings {
		e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return send(s) })
	}
	e.Drain()
	for _, m := range e.Inbox.Messages() {
		if m.To != "+46701234567" {
			t.Errorf("a message went to %s", m.To)
		}
	}
}

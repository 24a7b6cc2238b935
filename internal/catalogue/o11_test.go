package catalogue

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/user"
)

// unknown stands for an account that is not there.
const unknown = "nobody@example.com"

// people makes one account of every kind and answers their addresses, mail and phone. Locked ones come in a pair: one that is
// there and one that is not.
func people(t *testing.T, e *env) map[string][2]string {
	t.Helper()
	all := map[string][2]string{
		"existing":      {"existing@example.com", "+46701234501"},
		"unknown":       {unknown, "+46701234502"},
		"disabled":      {"disabled@example.com", "+46701234503"},
		"second factor": {"factor@example.com", "+46701234504"},
		"phone only":    {"", "+46701234505"},
		"mail only":     {"mail@example.com", ""},
	}
	for name, p := range all {
		if name != "unknown" {
			e.Put(user.User{Email: p[0], Phone: p[1], Disabled: name == "disabled"})
		}
	}
	e.enrol("factor@example.com")
	return all
}

var (
	handles = regexp.MustCompile(`"challenge":"[A-Za-z0-9_-]{22}"`)
	dates   = regexp.MustCompile(`Date: [^\n]*`)
	ids     = regexp.MustCompile(`X-Request-Id: [A-Za-z0-9_-]{22}`)
)

// triple is status, headers and body, without what is random in every answer alike.
func (a answer) triple() string {
	var b strings.Builder
	fmt.Fprintln(&b, a.status)
	for _, name := range slices.Sorted(maps.Keys(a.header)) {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(a.header[name], "|"))
	}
	return ids.ReplaceAllString(dates.ReplaceAllString(b.String(), "Date: *"), "X-Request-Id: *") + handles.ReplaceAllString(a.masked(), `"challenge":"*"`)
}

// work is what the back ends were asked since the log was last forgotten: verbs, not in their order, since some are asked at once.
func (e *env) work() string {
	var verbs []string
	for _, c := range e.Faults.Calls() {
		verbs = append(verbs, c.Verb)
	}
	slices.Sort(verbs)
	return strings.Join(verbs, " ")
}

// TestO11_Enumeration compares what strangers are told of all kinds of account: status, headers and body are the same, and so is the
// work that was done for the answer.
func TestO11_Enumeration(t *testing.T) {
	for name, config := range map[string]auth.Config{
		"sign-up closed":   {},
		"sign-up open":     {SignUp: true},
		"RequireChallenge": {Codes: auth.Codes{RequireChallenge: true}},
	} {
		t.Run(name, func(t *testing.T) {
			e := alone(t, config)
			all := people(t, e)
			told := map[string]map[string]string{} // request → account → what it is told
			worked := map[string]map[string]string{}
			ask := func(request, account string, act func() answer) answer {
				e.Faults.Forget()
				a := act()
				if told[request] == nil {
					told[request], worked[request] = map[string]string{}, map[string]string{}
				}
				told[request][account], worked[request][account] = a.triple(), e.work()
				return a
			}
			for account, p := range all {
				for i, route := range []string{"/auth/login/email", "/auth/login/sms"} {
					if p[i] == "" {
						continue
					}
					body := fmt.Sprintf(`{%q:%q}`, []string{"email", "phone"}[i], p[i])
					handle := ask(route, account, func() answer { return e.post(route, body) }).text("challenge")
					ask(route+" again", account, func() answer { return e.post(route, body) })
					ask("wrong code for "+route, account, func() answer { return e.verify(p[i], handle, "000000") })
					ask("wrong code without handle for "+route, account, func() answer { return e.verify(p[i], "", "000000") })
					ask("foreign handle for "+route, account, func() answer { return e.verify(p[i], "AAAAAAAAAAAAAAAAAAAAAA", "000000") })
					for range 6 {
						ask("spent code for "+route, account, func() answer { return e.verify(p[i], handle, "000000") })
					}
					ask("locked, for "+route, account, func() answer { return e.verify(p[i], "", "000000") })
					e.Clock.Advance(time.Hour)
					ask("late code for "+route, account, func() answer { return e.verify(p[i], handle, "000000") })
				}
			}
			for request, answers := range told {
				for account, a := range answers {
					if other := first(answers); a != other {
						t.Errorf("%s: %s is told\n%s\nand others\n%s", request, account, a, other)
					}
					if w, other := worked[request][account], first(worked[request]); w != other {
						t.Errorf("%s: for %s the back ends do\n%s\nand for others\n%s", request, account, w, other)
					}
				}
			}
			if len(told) != 16 {
				t.Errorf("%d kinds of request were compared", len(told))
			}
		})
	}
}

// first is the value of the first key.
func first(m map[string]string) string { return m[slices.Min(slices.Collect(maps.Keys(m)))] }

// TestO11_SendingLimit: who has been sent enough is told so, account or not, after the same number of requests.
func TestO11_SendingLimit(t *testing.T) {
	e := alone(t, auth.Config{Limits: auth.Limits{IPPerMinute: 1000, RecipientPerHour: 5, RecipientPerDay: 10}})
	people(t, e)
	told := map[string]string{}
	for _, p := range []string{"existing@example.com", unknown, "disabled@example.com", "factor@example.com"} {
		n := 0
		if p == "factor@example.com" {
			n = 1 // it was sent a code when it enrolled
		}
		for ; n < 5; n++ {
			if a := e.post("/auth/login/email", fmt.Sprintf(`{"email":%q}`, p)); a.status != http.StatusOK {
				t.Fatalf("request %d of %s answers %d %s", n+1, p, a.status, a.body)
			}
		}
		a := e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer {
			return e.post("/auth/login/email", fmt.Sprintf(`{"email":%q}`, p))
		})
		told[p] = a.triple()
		if a.header.Get("Retry-After") == "" || a.field("retry_after") == nil {
			t.Errorf("%v %s", a.header, a.body)
		}
	}
	// Enrolment moved the clock by a step, so the window of that one account is shorter.
	delete(told, "factor@example.com")
	for p, a := range told {
		if a != first(told) {
			t.Errorf("%s is told\n%s\nand others\n%s", p, a, first(told))
		}
	}
}

// TestO11_NobodyGetsACode: what was answered alike ends differently, out of sight.
func TestO11_NobodyGetsACode(t *testing.T) {
	e := alone(t, auth.Config{SMSCountries: []string{"SE"}})
	for _, p := range people(t, e) {
		if p[0] != "" {
			e.handle(p[0])
		}
		if p[1] != "" {
			e.post("/auth/login/sms", fmt.Sprintf(`{"phone":%q}`, p[1]))
		}
	}
	e.post("/auth/login/sms", `{"phone":"+4915112345678"}`)
	e.Drain()
	for _, m := range e.Inbox.Messages() {
		if m.Code == "" {
			continue
		}
		for _, never := range []string{unknown, "disabled@example.com", "+46701234502", "+46701234503", "+4915112345678"} {
			if m.To == never {
				t.Errorf("a code went to %s", m.To)
			}
		}
	}
}

// TestO11_SignUpClosedMeanwhile: the code of an instance where sign-up was open creates no account at one where it is closed.
func TestO11_SignUpClosedMeanwhile(t *testing.T) {
	before := alone(t, auth.Config{SignUp: true})
	handle, code := before.code(ada)
	c := before.Config
	after := alone(t, auth.Config{Store: c.Store, Keys: c.Keys, Secret: c.Secret, Now: c.Now})
	if a := after.verify(ada, handle, code); a.status != http.StatusForbidden || a.text("code") != "sign_up_closed" {
		t.Errorf("answers %d %s", a.status, a.body)
	}
	if n := before.Faults.Count("users.Create"); n != 0 {
		t.Errorf("%d accounts were made", n)
	}
}

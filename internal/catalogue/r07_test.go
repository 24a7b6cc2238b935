package catalogue

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth"
)

const siteSecret = "0x4AAAAAAAexampleexampleexample-secret"

// challenged is a CAPTCHA provider: it answers what the test wants, and counts.
type challenged struct {
	answer atomic.Pointer[http.HandlerFunc]
	hits   atomic.Int32
}

func (c *challenged) says(h http.HandlerFunc) { c.answer.Store(&h) }

// passes lets it say that the challenge was solved, with some part of the verdict replaced.
func (c *challenged) passes(e *env, from, to string) {
	verdict := fmt.Sprintf(`{"success":true,"challenge_ts":%q,"hostname":"auth.example","action":"login"}`, e.Clock.Now().Format(time.RFC3339))
	if from != "" && !strings.Contains(verdict, from) {
		e.t.Fatalf("%s holds no %s", verdict, from)
	}
	c.says(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Replace(verdict, from, to, 1))
	})
}

func provider(t *testing.T, c *auth.Config) *challenged {
	t.Helper()
	p := &challenged{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.hits.Add(1)
		(*p.answer.Load())(w, r)
	}))
	t.Cleanup(server.Close)
	secret, err := auth.SecretFromText(siteSecret)
	if err != nil {
		t.Fatal(err)
	}
	c.Captcha = auth.Captcha{Provider: "turnstile", Secret: secret, SiteKey: "site-key", Endpoint: server.URL, InsecureLoopback: true, Always: true}
	return p
}

// asks asks for a code with a token.
func (e *env) asks(email, token string) answer {
	return e.post("/auth/login/email", fmt.Sprintf(`{"email":%q,"captcha_token":%q}`, email, token))
}

// TestR07_Captcha: without a verdict about a challenge on this page, solved just now, nothing is counted, looked up or sent.
func TestR07_Captcha(t *testing.T) {
	c := auth.Config{SignUp: true, Limits: auth.Limits{IPPerMinute: 1 << 20, RecipientPerHour: 5, RecipientPerDay: 10}}
	p := provider(t, &c)
	each(t, c, func(t *testing.T, e *env) {
		p.passes(e, "", "")
		before := p.hits.Load()
		for name, body := range map[string]string{
			"missing": `{"email":"ada@example.com"}`, "empty": `{"email":"ada@example.com","captcha_token":""}`,
		} {
			a := e.refuses(t, http.StatusBadRequest, "captcha_required", func() answer { return e.post("/auth/login/email", body) })
			if fmt.Sprint(a.field("captcha")) != "map[provider:turnstile site_key:site-key]" {
				t.Errorf("%s: the refusal does not say how to solve it: %s", name, a.body)
			}
		}
		e.refuses(t, http.StatusBadRequest, "captcha_failed", func() answer { return e.asks(ada, strings.Repeat("x", 2049)) })
		e.refuses(t, http.StatusBadRequest, "invalid_request", func() answer {
			return e.post("/auth/login/email", `{"email":"ada@example.com","captcha_token":["a","b"]}`)
		})
		if p.hits.Load() != before {
			t.Error("what is no token cost a call")
		}
		now := e.Clock.Now().Format(time.RFC3339)
		answers := map[string]answer{}
		for name, change := range map[string][2]string{
			"no": {"true", "false"}, "null": {"true", "null"}, "another host": {"auth.example", "evil.example"}, "no host": {"auth.example", ""},
			"another action": {`"login"`, `"comment"`}, "foreign data": {`"login"`, `"login","cdata":"x"`}, "an old challenge": {now, e.Clock.Now().Add(-6 * time.Minute).Format(time.RFC3339)},
			"no time": {now, ""},
		} {
			p.passes(e, change[0], change[1])
			answers[name] = e.refuses(t, http.StatusBadRequest, "captcha_failed", func() answer { return e.asks(ada, "token "+name) })
		}
		same(t, answers)
		e.down(t, p)
		e.nobodyWasAsked(t)

		p.passes(e, "", "")
		before = p.hits.Load()
		a := e.asks(ada, "solved")
		if a.status != http.StatusOK || p.hits.Load() != before+1 {
			t.Fatalf("a solved one answers %d %s after %d calls", a.status, a.body, p.hits.Load()-before)
		}
		e.refuses(t, http.StatusBadRequest, "captcha_failed", func() answer { return e.asks(ada, "solved") })
		e.refuses(t, http.StatusBadRequest, "captcha_failed", func() answer { return e.asks(bob, "solved") })
		if a = e.verify(ada, a.text("challenge"), e.Inbox.Code(t, ada)); a.status != http.StatusOK {
			t.Errorf("the code answers %d %s", a.status, a.body)
		}
		for i := range 4 {
			if a = e.asks(ada, fmt.Sprint("solved ", i)); a.status != http.StatusOK {
				t.Errorf("message %d answers %d: who failed has used up a send", i+2, a.status)
			}
		}
		before = p.hits.Load()
		e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.asks(ada, "solved, too late") })
		if p.hits.Load() != before {
			t.Error("a throttled request cost a call")
		}
		e.tellsNoToken(t)
	})
}

// down lets the provider fail in every way: that is 503, and never a pass.
func (e *env) down(t *testing.T, p *challenged) {
	t.Helper()
	p.passes(e, "", "")
	verdict := *p.answer.Load()
	for name, h := range map[string]http.HandlerFunc{
		"500":               func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500); verdict(w, r) },
		"HTML":              func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>true</html>") },
		"success as a text": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"success":"true"}`) },
		"a redirect":        func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"a wrong secret": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"success":false,"error-codes":["invalid-input-secret"]}`)
		},
		"no answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		p.says(h)
		a := e.refuses(t, http.StatusServiceUnavailable, "unavailable", func() answer { return e.asks(ada, "token of "+name) })
		if a.header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", name)
		}
	}
}

// nobodyWasAsked demands that nothing was looked up, made or sent.
func (e *env) nobodyWasAsked(t *testing.T) {
	t.Helper()
	for _, verb := range []string{"users.Find", "kv.Set"} {
		if n := e.Faults.Count(verb); n != 0 {
			t.Errorf("%s was called %d times", verb, n)
		}
	}
	if n := len(e.Inbox.Messages()); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
}

// tellsNoToken looks for tokens and the secret in what was logged and recorded.
func (e *env) tellsNoToken(t *testing.T) {
	t.Helper()
	told := e.Logs()
	for _, ev := range e.Events.All() {
		told += fmt.Sprintf("%+v", ev)
	}
	told += fmt.Sprintf("%+v %#v %v", e.Config.Captcha, e.Config.Captcha, e.Config)
	for _, secret := range []string{"token of", "solved", siteSecret} {
		if strings.Contains(told, secret) {
			t.Errorf("%q is told", secret)
		}
	}
}

// TestR07_AfterFailures: a CAPTCHA is asked for after three wrong codes for a mailbox, known or not, or from an address, and before that of
// nobody.
func TestR07_AfterFailures(t *testing.T) {
	c := behindProxy()
	p := provider(t, &c)
	c.Captcha.Always = false
	each(t, c, func(t *testing.T, e *env) {
		p.passes(e, "", "")
		e.account(ada)
		ask := func(email, token, ip string) answer {
			return e.post("/auth/login/email", fmt.Sprintf(`{"email":%q,"captcha_token":%q}`, email, token), at(ip))
		}
		answers := map[string]answer{}
		for i, email := range []string{ada, unknown} {
			evil, good := fmt.Sprintf("192.0.2.%d", 66+i), "192.0.2.7"
			for range 3 {
				a := ask(email, "", evil)
				if a.status != http.StatusOK {
					t.Fatalf("answers %d %s", a.status, a.body)
				}
				body := fmt.Sprintf(`{"target":%q,"code":"000000","challenge":%q}`, email, a.text("challenge"))
				e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.post("/auth/login/verify", body, at(evil)) })
			}
			answers[email] = e.refuses(t, http.StatusBadRequest, "captcha_required", func() answer { return ask(email, "", good) })
			answers[email+" elsewhere"] = e.refuses(t, http.StatusBadRequest, "captcha_required", func() answer { return ask("other@example.com", "", evil) })
			if a := ask(email, "solved by "+email, good); a.status != http.StatusOK {
				t.Errorf("a solved one answers %d %s", a.status, a.body)
			}
			if a := ask("other@example.com", "", good); a.status != http.StatusOK {
				t.Errorf("another mailbox from another address answers %d %s", a.status, a.body)
			}
		}
		same(t, answers)
	})
}

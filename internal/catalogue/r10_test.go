package catalogue

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
)

// TestR10_CheapFirst: a request over a limit is refused by counters alone: no code, no CAPTCHA call, no message, and nothing is read of
// whoever holds the address but once, beside the counters, unless the client's own address is over its limit. The refusal says when to come
// back.
func TestR10_CheapFirst(t *testing.T) {
	mail := func(e *env) answer { return e.asks(ada, "solved "+fmt.Sprint(e.turn.Load())) }
	text := func(number string) func(e *env) answer {
		return func(e *env) answer {
			return e.post("/auth/login/sms", fmt.Sprintf(`{"phone":%q,"captcha_token":"solved %d"}`, number, e.turn.Load()))
		}
	}
	for name, c := range map[string]struct {
		limits auth.Limits
		act    func(e *env) answer
		trips  int // beside the one look
	}{
		"an address in a minute":      {auth.Limits{IPPerMinute: 3}, mail, 2},
		"a recipient in an hour":      {auth.Limits{IPPerMinute: 100, RecipientPerHour: 3}, mail, 4},
		"a recipient in a day":        {auth.Limits{IPPerMinute: 100, RecipientPerHour: 9, RecipientPerDay: 3}, mail, 5},
		"mails of a day":              {auth.Limits{IPPerMinute: 100, RecipientPerHour: 9, DailyEmail: 3}, mail, 6},
		"text messages to a block":    {auth.Limits{IPPerMinute: 100, RecipientPerHour: 9, SMSPerPrefix: 3, SMSBreakerAfter: 9}, text("+46701234567"), 6},
		"text messages to a country":  {auth.Limits{IPPerMinute: 100, RecipientPerHour: 9, SMSPerCountry: 3}, text("+46701234567"), 7},
		"text messages of a day":      {auth.Limits{IPPerMinute: 100, RecipientPerHour: 9, DailySMS: 3, SMSPerCountry: 9}, text("+46701234567"), 8},
		"codes that do not come back": {auth.Limits{IPPerMinute: 100, RecipientPerHour: 9, SMSBreakerAfter: 3}, text("+46701234567"), 7},
	} {
		for _, captcha := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/captcha %t", name, captcha), func(t *testing.T) {
				conf := auth.Config{SignUp: true, Limits: c.limits}
				var p *challenged
				if captcha {
					p = provider(t, &conf)
				}
				e := alone(t, conf)
				if captcha {
					p.passes(e, "", "")
				}
				for range 3 {
					if a := c.act(e); a.status != http.StatusOK {
						t.Fatalf("below the limit it answers %d %s", a.status, a.body)
					}
				}
				e.Inbox.Arrived(t, 3)
				for range 3 {
					e.Faults.Forget()
					calls := int32(0)
					if captcha {
						calls = p.hits.Load()
					}
					a := e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return c.act(e) })
					if a.header.Get("Retry-After") == "" || a.header.Get("Retry-After") != fmt.Sprint(a.field("retry_after")) {
						t.Errorf("Retry-After %q, in the body %v", a.header.Get("Retry-After"), a.field("retry_after"))
					}
					work, looks := e.work(), e.Faults.Count("users.Find")
					if counts := len(strings.Fields(work)) - looks; counts > c.trips || e.Faults.Count("users") > looks || strings.Contains(work, "kv.Set") {
						t.Errorf("the back ends do: %v", work)
					}
					if looks > 1 || looks > 0 && c.limits.IPPerMinute == 3 {
						t.Errorf("who holds the address is read %d times", looks)
					}
					if captcha && p.hits.Load() != calls {
						t.Error("the CAPTCHA provider was asked")
					}
				}
				e.Drain()
				if n := len(e.Inbox.Messages()); n != 3 {
					t.Errorf("%d messages were sent", n)
				}
			})
		}
	}
}

// TestR10_NamespacesAreIsolated: what is used up in one namespace of a store is nobody's concern in another.
func TestR10_NamespacesAreIsolated(t *testing.T) {
	c := auth.Config{SignUp: true, Namespace: "one", Limits: auth.Limits{IPPerMinute: 40, RecipientPerHour: 2, RecipientPerDay: 2, DailyEmail: 5}}
	each(t, c, func(t *testing.T, e *env) {
		for range 2 {
			e.handle(ada)
		}
		for range 5 {
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, "", "000000") })
		}
		e.waits(t, ada, 30)
		e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.asks(bob, "") }) // the address must wait
		other := e.beside(func(c *auth.Config) { c.Namespace = "two" })
		for range 2 {
			other.login(ada)
		}
		other.login(bob)
		other.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return other.asks(ada, "") })
		e.Clock.Advance(30 * time.Second)
		if a := e.asks(bob, ""); a.status != http.StatusOK {
			t.Errorf("in the first namespace, it answers %d %s", a.status, a.body)
		}
	})
}

// TestR10_LockoutByAStranger: a stranger uses up what may be sent to the victim and guesses at the codes. The victim gets in by the code that
// is under way, and by an authenticator that needs no message.
func TestR10_LockoutByAStranger(t *testing.T) {
	c := behindProxy()
	c.Limits = auth.Limits{IPPerMinute: 1 << 20}
	each(t, c, func(t *testing.T, e *env) {
		token, app := e.enrol(ada)
		handle, code := e.code(ada)
		e.stranger(ada, 12)
		e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.asks(ada, "") })
		e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.verify(ada, "", code) })
		if a := e.verify(ada, handle, code); a.status != http.StatusOK || a.field("requires_2fa") != true {
			t.Errorf("the code under way answers %d %s", a.status, a.body)
		}
		if a := e.present("/auth/reauthenticate", token, app.code(t, e, 0)); a.status != http.StatusOK {
			t.Errorf("the authenticator app answers %d %s", a.status, a.body)
		}
	})
}

// stranger asks for codes of the victim and guesses at them, from a new address each time.
func (e *env) stranger(victim string, n int) {
	e.t.Helper()
	for i := range n {
		ip := at(fmt.Sprintf("203.0.113.%d", i))
		e.post("/auth/login/email", fmt.Sprintf(`{"email":%q}`, victim), ip)
		e.post("/auth/login/verify", fmt.Sprintf(`{"target":%q,"code":"000000"}`, victim), ip)
	}
}

// TestR10_WhatIsKept: where CAPTCHA is on, strangers get eight of the ten messages of a day, and the victim the other two by solving one.
func TestR10_WhatIsKept(t *testing.T) {
	c := behindProxy()
	c.Limits = auth.Limits{IPPerMinute: 1 << 20}
	p := provider(t, &c)
	c.Captcha.Always, c.Captcha.AfterFailures = false, 1000
	e := alone(t, c)
	e.account(ada)
	for _, want := range []int{5, 8, 8} {
		e.stranger(ada, 40)
		if n := len(e.Inbox.Arrived(t, want)); n != want {
			t.Errorf("%d messages were sent, want %d", n, want)
		}
		e.Clock.Advance(time.Hour)
	}
	p.passes(e, "", "")
	for i := range 2 {
		e.refuses(t, http.StatusBadRequest, "captcha_required", func() answer { return e.asks(ada, "") })
		a := e.asks(ada, fmt.Sprint("the victim is a person ", i))
		if a.status != http.StatusOK {
			t.Fatalf("what is kept answers %d %s", a.status, a.body)
		}
	}
	if n := len(e.Inbox.Arrived(t, 10)); n != 10 {
		t.Errorf("%d messages were sent", n)
	}
	e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.asks(ada, "once more") })
	e.Clock.Advance(24 * time.Hour)
	e.handle(ada)
}

package catalogue

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// TestR_RecipientExact: of 300 requests at once, through two instances, from as many addresses and in every spelling of one mailbox or number,
// five lead to a message; a mailbox without an account is counted alike.
func TestR_RecipientExact(t *testing.T) {
	for name, body := range map[string]func(i int) (path, body string){
		"a mailbox": func(i int) (string, string) {
			return "/auth/login/email", fmt.Sprintf(`{"email":%q}`, []string{"Ad.A+%d@gmail.com", "ada+%d@GMAIL.com", "a.da+%d@googlemail.com"}[i%3])
		},
		"a number": func(i int) (string, string) {
			return "/auth/login/sms", fmt.Sprintf(`{"phone":%q}`, []string{"+46701234567", "+46 70-123 45 67", "+46 (70) 1234567"}[i%3])
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := behindProxy()
			c.SignUp, c.Limits = true, auth.Limits{IPPerMinute: 1 << 20}
			eachApart(t, c, func(t *testing.T, e *env) {
				requests, lanes := 300, make(chan struct{}, 32)
				if strings.Contains(t.Name(), "mongodb") {
					requests = 40 // the test server takes one writer at a time
				}
				results := e.race(requests, func(i int) answer {
					lanes <- struct{}{}
					defer func() { <-lanes }()
					path, text := body(i)
					if strings.Contains(text, "%d") {
						text = fmt.Sprintf(text, i)
					}
					a, err := e.try(http.MethodPost, path, text, header("Content-Type", "application/json"), at(fmt.Sprintf("203.0.113.%d", i%250)))
					if err != nil {
						t.Error(err)
					}
					return a
				})
				if results[http.StatusOK] != 5 || results[http.StatusTooManyRequests] != requests-5 {
					t.Errorf("the answers are %v, want 5 of 200 and else 429", results)
				}
				e.Inbox.Arrived(t, 5)
				e.Drain()
				if n := len(e.Inbox.Messages()); n != 5 {
					t.Errorf("%d messages were sent", n)
				}
			})
		})
	}
}

// TestR_TheHourAndTheDay: five in an hour, ten in a day, counted from the first; who is over is told when to come back. Where counts
// expire by the machine's clock, the hour cannot pass in a test: package abuse and the contract of the stores hold it there.
func TestR_TheHourAndTheDay(t *testing.T) {
	clock := authtest.NewClock(time.Now()) // of the back end too, where it has one
	each(t, auth.Config{SignUp: true, Limits: auth.Limits{IPPerMinute: 1 << 20}, Now: clock.Now}, func(t *testing.T, e *env) {
		over := func(wait time.Duration) {
			t.Helper()
			a := e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.asks(ada, "") })
			seconds := fmt.Sprint(int(wait.Seconds()))
			if e.wall {
				seconds = a.header.Get("Retry-After") // of a clock that runs
			}
			if a.header.Get("Retry-After") != seconds || fmt.Sprint(a.field("retry_after")) != seconds {
				t.Errorf("Retry-After %s, in the body %v, want %s", a.header.Get("Retry-After"), a.field("retry_after"), seconds)
			}
		}
		for range 5 {
			e.handle(ada)
		}
		over(time.Hour)
		e.handle(bob)
		if e.wall {
			return
		}
		clock.Advance(time.Hour - time.Second)
		over(time.Second)
		clock.Advance(time.Second)
		for range 5 {
			e.handle(ada)
		}
		clock.Advance(time.Hour)
		over(22 * time.Hour)
		clock.Advance(22 * time.Hour)
		e.handle(ada)
	})
}

// TestR10_TwoAreKept: where CAPTCHA is on, strangers get eight of the ten messages of a day; the owner gets the other two by solving one,
// on every store.
func TestR10_TwoAreKept(t *testing.T) {
	c := behindProxy()
	c.Limits = auth.Limits{IPPerMinute: 1 << 20, RecipientPerHour: 1 << 20, RecipientPerDay: 10}
	p := provider(t, &c)
	c.Captcha.Always, c.Captcha.AfterFailures = false, 1000
	each(t, c, func(t *testing.T, e *env) {
		e.account(ada)
		p.passes(e, "", "")
		e.stranger(ada, 30)
		if n := len(e.Inbox.Arrived(t, 8)); n != 8 {
			t.Errorf("%d messages were sent", n)
		}
		for i := range 2 {
			e.refuses(t, http.StatusBadRequest, "captcha_required", func() answer { return e.asks(ada, "") })
			if a := e.asks(ada, fmt.Sprint("the owner is a person ", i)); a.status != http.StatusOK {
				t.Fatalf("what is kept answers %d %s", a.status, a.body)
			}
		}
		before := p.hits.Load()
		e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.asks(ada, "once more") })
		if p.hits.Load() != before {
			t.Error("a refusal that was certain cost a call")
		}
		e.Inbox.Arrived(t, 10)
		e.Drain()
		if n := len(e.Inbox.Messages()); n != 10 {
			t.Errorf("%d messages were sent", n)
		}
	})
}

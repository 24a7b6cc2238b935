package catalogue

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
)

// texts asks for a text message from an address.
func (e *env) texts(number, ip string) (answer, error) {
	return e.try(http.MethodPost, "/auth/login/sms", fmt.Sprintf(`{"phone":%q}`, number), header("Content-Type", "application/json"), at(ip))
}

// eachApart runs f on every back end with two instances that share it.
func eachApart(t *testing.T, c auth.Config, f func(t *testing.T, e *env)) {
	t.Helper()
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) { f(t, open(t, b, 2, c)) })
	}
}

// TestN07_Pumping asks for hundreds of text messages at once: to numbers of one block from a hundred addresses, from one address to many
// countries, to one number. Each stops at exactly the configured number of messages.
func TestN07_Pumping(t *testing.T) {
	codes := []string{"+4670", "+4479", "+4915", "+3361", "+3934", "+3461", "+4791", "+4520", "+35840", "+4366"}
	for name, tt := range map[string]struct {
		limits auth.Limits
		number func(i int) string
		ip     func(i int) string
		want   int
	}{
		"500 numbers of a block from 100 addresses": {
			auth.Limits{SMSPerPrefix: 13, SMSBreakerAfter: 1000},
			func(i int) string { return fmt.Sprintf("+4670123%04d", i) },
			func(i int) string { return fmt.Sprintf("203.0.113.%d", i%100) }, 13,
		},
		"one address to many countries": {
			auth.Limits{DailySMS: 12},
			func(i int) string { return fmt.Sprintf("%s%07d", codes[i%len(codes)], i*9999) },
			func(int) string { return "203.0.113.1" }, 12,
		},
		"one country": {
			auth.Limits{SMSPerCountry: 11},
			func(i int) string { return fmt.Sprintf("+4670%07d", i*9999) },
			func(i int) string { return fmt.Sprintf("203.0.113.%d", i%100) }, 11,
		},
		"one number": {
			auth.Limits{},
			func(int) string { return "+46701234567" },
			func(i int) string { return fmt.Sprintf("203.0.113.%d", i%100) }, 5,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := behindProxy()
			c.SignUp, c.Limits = true, tt.limits
			c.Limits.IPPerMinute = 1 << 20
			eachApart(t, c, func(t *testing.T, e *env) {
				requests, lanes := 500, make(chan struct{}, 32)
				if strings.Contains(t.Name(), "mongodb") {
					requests = 25 // the test server takes one writer at a time
				}
				results := e.race(requests, func(i int) answer {
					lanes <- struct{}{}
					defer func() { <-lanes }()
					a, err := e.texts(tt.number(i), tt.ip(i))
					if err != nil {
						t.Error(err)
					}
					return a
				})
				if results[http.StatusOK] != tt.want || results[http.StatusTooManyRequests] != requests-tt.want {
					t.Errorf("the answers are %v, want %d of 200 and else 429", results, tt.want)
				}
				e.Inbox.Arrived(t, tt.want) // from both instances
				e.Drain()
				if n := len(e.Inbox.Messages()); n != tt.want {
					t.Errorf("%d messages were sent, want %d", n, tt.want)
				}
			})
		})
	}
}

// TestN07_NobodyVerifies: a block of numbers whose codes never come back is closed for the day, with one event that says so; another block,
// whose people type their codes, goes on.
func TestN07_NobodyVerifies(t *testing.T) {
	c := behindProxy()
	c.SignUp, c.Limits = true, auth.Limits{IPPerMinute: 1 << 20, SMSBreakerAfter: 5}
	eachApart(t, c, func(t *testing.T, e *env) {
		for i := range 8 {
			number, ip := fmt.Sprintf("+4670123%04d", i), fmt.Sprintf("203.0.113.%d", i)
			a, err := e.texts(number, ip)
			want := http.StatusOK
			if i >= 5 {
				want = http.StatusTooManyRequests
			}
			if err != nil || a.status != want {
				t.Fatalf("number %d answers %d %s, want %d", i, a.status, a.body, want)
			}
			honest := fmt.Sprintf("+4673123%04d", i)
			if a, err = e.texts(honest, ip); err != nil || a.status != http.StatusOK {
				t.Fatalf("honest number %d answers %d %s", i, a.status, a.body)
			}
			if i%2 == 0 {
				if a = e.verify(honest, a.text("challenge"), e.Inbox.Code(t, honest)); a.status != http.StatusOK {
					t.Fatalf("its code answers %d %s", a.status, a.body)
				}
			}
		}
		told := e.Events.Named("sms.pumping_suspected")
		if len(told) != 1 || told[0].Fields["prefix"] != "+4670123" || told[0].Code != "rate_limited" || told[0].IP != "203.0.113.5" {
			t.Errorf("pumping is told by %+v", told)
		}
		if n := len(e.Events.Named("limit.reached")); n != 2 {
			t.Errorf("%d further refusals, want 2", n)
		}
	})
}

package catalogue

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// noisy does something of which the owner is told twice, again and again.
func (e *env) noisy(token string, rounds int) {
	e.t.Helper()
	for range rounds {
		e.revoke(token, e.machineOf(token, ""))
	}
}

// received counts the messages that somebody got.
func (e *env) received(to string) (n int) {
	for _, m := range e.Inbox.Messages() {
		if m.To == to {
			n++
		}
	}
	return n
}

// TestN07_NoticesPump makes and revokes API keys in a loop from an account that is known by a number alone, whose owner is paid for every
// message: what leaves is what the limits say, and what does not is an event.
func TestN07_NoticesPump(t *testing.T) {
	for name, tt := range map[string]struct {
		limits auth.Limits
		reason string
		want   int // the code of the sign-in included
	}{
		"by the number":  {auth.Limits{RecipientPerDay: 10}, "notice_day", 31},
		"by the block":   {auth.Limits{SMSPerPrefix: 7}, "sms_prefix_day", 8},
		"by the country": {auth.Limits{SMSPerCountry: 9}, "sms_country_day", 9},
		"by the day":     {auth.Limits{DailySMS: 11, SMSPerCountry: 100}, "sms_day", 11},
	} {
		t.Run(name, func(t *testing.T) {
			for _, b := range backends {
				t.Run(b.name, func(t *testing.T) {
					e := open(t, b, 1, auth.Config{Limits: tt.limits})
					e.sms = true
					token, number := e.login(ada), e.to(ada).Value
					const rounds = 20
					e.noisy(token, rounds)
					e.Drain()
					if n := e.received(number); n != tt.want {
						t.Errorf("%d messages left for the number, want %d", n, tt.want)
					}
					dropped, by := e.Events.Named("limit.reached"), map[string]int{}
					for _, d := range dropped {
						by[d.Reason]++
					}
					if want := 1 + 2*rounds - tt.want; len(dropped) != want || by[tt.reason] == 0 {
						t.Errorf("dropped are %v, want %d, the first by %s", by, want, tt.reason)
					}
					if n := len(e.Events.Named("message.failed")); n != 0 {
						t.Errorf("%d messages failed", n)
					}
				})
			}
		})
	}
}

// TestN07_NoticesByMail: a mailbox gets no more notices than the limit either; those of others, and its own codes, go on.
func TestN07_NoticesByMail(t *testing.T) {
	e := alone(t, auth.Config{Limits: auth.Limits{RecipientPerDay: 10}})
	token, other := e.login(ada), e.login(bob)
	e.noisy(token, 20)
	e.noisy(other, 1)
	e.login(ada)
	e.Drain()
	if n := e.received(ada); n != 32 {
		t.Errorf("%d messages left for the mailbox, want 30 notices and 2 codes", n)
	}
	if n := e.received(bob); n != 3 {
		t.Errorf("%d messages left for another mailbox, want 2 notices and a code", n)
	}
}

// TestN07_NoticesWithoutACounter: a notice is no permission: where it cannot be counted it leaves, and who is told is told.
func TestN07_NoticesWithoutACounter(t *testing.T) {
	e := alone(t, auth.Config{})
	token := e.login(ada)
	m := e.machineOf(token, "")
	e.Inbox.Arrived(t, 2)
	e.Faults.Inject(authtest.Fault{On: "kv.Count", Beside: true})
	a := e.do(http.MethodDelete, fmt.Sprintf("/auth/api-keys/%s", m.id), "", key(token))
	if a.status != http.StatusNoContent {
		t.Fatalf("revoking answers %d %s", a.status, a.body)
	}
	e.Drain()
	if n := e.received(ada); n != 3 {
		t.Errorf("%d messages left, want 3", n)
	}
}

package abuse_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/user"
)

// TestBudgets_ExactUnderACrowd: what all share stops at exactly the configured number, and begins anew at midnight UTC.
func TestBudgets_ExactUnderACrowd(t *testing.T) {
	mail := func(i int) user.Identifier { return email(fmt.Sprintf("a%d@example.com", i)) }
	block := func(i int) user.Identifier { return phone(fmt.Sprintf("+4670123%04d", i)) }
	country := func(i int) user.Identifier { return phone(fmt.Sprintf("+4670%03d0000", i)) }
	world := func(i int) user.Identifier {
		return phone([]string{"+4670%03d0000", "+4479%03d00000", "+4915%03d000000"}[i%3])
	}
	everywhere := func(i int) user.Identifier { return phone(fmt.Sprintf(world(i).Value, i)) }
	for _, c := range []struct {
		rule   string
		opts   abuse.Options
		to     func(i int) user.Identifier
		want   int64
		reason string
	}{
		{"mails of a day", abuse.Options{DailyEmail: 37}, mail, 37, "email_day"},
		{"text messages to a block", abuse.Options{SMSPerPrefix: 23, SMSBreakerAfter: 1000}, block, 23, "sms_prefix_day"},
		{"text messages to a country", abuse.Options{SMSPerCountry: 41}, country, 41, "sms_country_day"},
		{"text messages of a day", abuse.Options{DailySMS: 53}, everywhere, 53, "sms_day"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			f := fixed(t, c.opts)
			if got := f.crowd(t, c.to); got != c.want {
				t.Errorf("%d messages leave, want %d", got, c.want)
			}
			f.take()
			p := f.refused(t, f.ask(t.Context(), c.to(299), ""), abuse.ErrRateLimited, c.reason)
			midnight := time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC).Sub(f.Now())
			if p.RetryAfter() != midnight {
				t.Errorf("the wait is %v, and midnight is in %v", p.RetryAfter(), midnight)
			}
			f.advance(midnight - time.Second)
			f.take()
			f.refused(t, f.ask(t.Context(), c.to(298), ""), abuse.ErrRateLimited, c.reason)
			f.advance(time.Second)
			if got := f.crowd(t, c.to); got != c.want {
				t.Errorf("on the next day %d messages leave, want %d", got, c.want)
			}
		})
	}
}

// TestBudgets_RefusedIsNotCounted: a message that came too late for the last place uses up no budget, neither the one that refused it nor
// the narrower ones.
func TestBudgets_RefusedIsNotCounted(t *testing.T) {
	f := fixed(t, abuse.Options{DailySMS: 1, SMSPerCountry: 1, SMSPerPrefix: 1, SMSBreakerAfter: 1000})
	permit := func(number string) *abuse.Permit {
		p, err := f.Send(t.Context(), abuse.Sending{To: phone(number)})
		must(t, err)
		return p
	}
	first, neighbor, abroad := permit("+46701230000"), permit("+46701230001"), permit("+447911123456")
	must(t, first.Leave(t.Context()))
	f.take()
	f.refused(t, neighbor.Leave(t.Context()), abuse.ErrRateLimited, "sms_prefix_day")
	f.refused(t, abroad.Leave(t.Context()), abuse.ErrRateLimited, "sms_day")
	for _, number := range []string{"+447911123457", "+46701230002"} {
		must(t, first.Refund(t.Context()))
		first = permit(number)
		if err := first.Leave(t.Context()); err != nil {
			t.Errorf("%s: there is room again, and the answer is %v", number, err)
		}
	}
}

// TestBudgets_ForNobodyCostNobody: requests for addresses that get no message do the work of one, and use up nothing that others
// need.
func TestBudgets_ForNobodyCostNobody(t *testing.T) {
	f := fixed(t, abuse.Options{DailyEmail: 3, DailySMS: 3})
	for i := range 50 {
		for _, to := range []user.Identifier{email(fmt.Sprintf("a%d@example.com", i)), phone(fmt.Sprintf("+4670123%04d", i))} {
			p, err := f.Send(t.Context(), abuse.Sending{To: to})
			must(t, err)
			f.take()
			must(t, p.Discard(t.Context()))
			discarded, _ := f.take()
			p, err = f.Send(t.Context(), abuse.Sending{To: to})
			must(t, err)
			f.take()
			if i == 0 {
				must(t, p.Leave(t.Context()))
				if left, _ := f.take(); fmt.Sprint(left) != fmt.Sprint(discarded) {
					t.Errorf("a message that leaves costs %v, one that does not %v", left, discarded)
				}
			}
		}
	}
	must(t, f.ask(t.Context(), ada, ""))
	must(t, f.ask(t.Context(), phone("+46739999999"), ""))
}

// TestN07_Breaker: a block of numbers from which too few codes come back gets no more messages that day. The first refusal is the event
// that says so; the others are refusals like any other.
func TestN07_Breaker(t *testing.T) {
	f := fixed(t, abuse.Options{SMSPerPrefix: 100, SMSBreakerAfter: 50})
	block := func(i int) user.Identifier { return phone(fmt.Sprintf("+4670123%04d", i)) }
	for i := range 50 {
		must(t, f.ask(t.Context(), block(i), ""))
		if i%5 == 0 {
			must(t, f.Verified(t.Context(), block(i))) // ten of fifty: a fifth
		}
	}
	must(t, f.ask(t.Context(), block(51), "")) // 10 of 50 is enough; 10 of 51 is not
	f.take()
	for i, name := range []string{"sms.pumping_suspected", "limit.reached", "limit.reached"} {
		err := f.ask(t.Context(), block(60+i), "")
		if len(f.events) != 1 || f.events[0].Name != name {
			t.Errorf("refusal %d: %v, events %+v", i+1, err, f.events)
		}
		if name == "sms.pumping_suspected" && f.events[0].Fields["prefix"] != "+4670123" {
			t.Errorf("the event names no block: %+v", f.events[0])
		}
		f.refused(t, err, abuse.ErrRateLimited, "sms_breaker")
	}
	must(t, f.ask(t.Context(), phone("+46701240000"), "")) // the next block
	must(t, f.Verified(t.Context(), block(7)))             // a code comes back late: 11 of 51
	must(t, f.ask(t.Context(), block(70), ""))
	must(t, f.Verified(t.Context(), ada)) // mail has no breaker
	f.advance(24 * time.Hour)
	must(t, f.ask(t.Context(), block(80), ""))
}

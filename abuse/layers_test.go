package abuse_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/user"
)

// TestR10_EachLayerRefusesBeforeTheNext fills one layer after the other and looks at what a refusal costs: the n-th counting layer at most
// n+1 round trips with the one that counts the request itself, no call to the CAPTCHA provider, and exactly one event.
func TestR10_EachLayerRefusesBeforeTheNext(t *testing.T) {
	ip := netip.MustParseAddr("192.0.2.1")
	ctx := from(ip.String())
	swedish := func(i int) user.Identifier { return phone(fmt.Sprintf("+46701%06d", i)) }
	block := func(i int) user.Identifier { return phone(fmt.Sprintf("+4670123%04d", i)) }
	fail := func(n int) func(*fixture) {
		return func(f *fixture) {
			for range n {
				must(f.t, f.FailedIP(ctx))
			}
		}
	}
	sent := func(n int, to func(i int) user.Identifier) func(*fixture) {
		return func(f *fixture) {
			for i := range n {
				must(f.t, ask(context.Background(), f.Guard, abuse.Sending{To: to(i), By: abuse.Account}))
			}
		}
	}
	always := func(int) user.Identifier { return ada }
	for _, c := range []struct {
		n      int
		layer  string
		opts   abuse.Options
		fill   func(*fixture)
		to     user.Identifier
		want   error
		reason string
	}{
		{0, "disposable addresses, in memory", abuse.Options{}, func(*fixture) {}, email("a@mailinator.com"), abuse.ErrDisposable, "disposable"},
		{1, "requests of an address", abuse.Options{IPPerMinute: 1}, func(f *fixture) { must(f.t, f.Request(ctx, ip)) }, ada, abuse.ErrRateLimited, "ip_minute"},
		{2, "wrong codes of an address", abuse.Options{}, fail(5), ada, abuse.ErrRateLimited, "ip_backoff"},
		{3, "a recipient in an hour", abuse.Options{}, sent(5, always), ada, abuse.ErrRateLimited, "recipient_hour"},
		{4, "a recipient in a day", abuse.Options{RecipientPerDay: 2}, sent(2, always), ada, abuse.ErrRateLimited, "recipient_day"},
		{5, "a block of numbers", abuse.Options{SMSPerPrefix: 3, SMSBreakerAfter: 9}, sent(3, block), block(9), abuse.ErrRateLimited, "sms_prefix_day"},
		{6, "a country", abuse.Options{SMSPerCountry: 3}, sent(3, swedish), phone("+46739999999"), abuse.ErrRateLimited, "sms_country_day"},
		{7, "text messages of a day", abuse.Options{DailySMS: 3}, sent(3, swedish), phone("+491701234567"), abuse.ErrRateLimited, "sms_day"},
		{6, "codes that do not come back", abuse.Options{SMSBreakerAfter: 3}, sent(3, block), block(9), abuse.ErrRateLimited, "sms_breaker"},
		{5, "mails of a day", abuse.Options{DailyEmail: 3}, sent(3, func(i int) user.Identifier { return email(fmt.Sprintf("a%d@example.com", i)) }), ada, abuse.ErrRateLimited, "email_day"},
		{6, "a CAPTCHA that is missing", abuse.Options{CaptchaAlways: true}, func(*fixture) {}, ada, abuse.ErrCaptchaRequired, "no token"},
	} {
		for _, captcha := range []bool{false, true} {
			if c.opts.CaptchaAlways && !captcha {
				continue
			}
			t.Run(fmt.Sprintf("%s/captcha %t", c.layer, captcha), func(t *testing.T) {
				provider := &solver{}
				opts := c.opts
				opts.Disposable = filter(t)
				token := ""
				if captcha {
					opts.Captcha = provider
					if opts.RecipientPerDay > 0 {
						opts.RecipientPerDay = 1 // nothing is kept of one
					}
					if !opts.CaptchaAlways {
						token = "solved"
					}
				}
				f := fixed(t, opts)
				if captcha && opts.RecipientPerDay > 0 {
					sent(1, always)(f)
				} else {
					c.fill(f)
				}
				f.take()
				var err error
				if c.want != abuse.ErrDisposable { //nolint:errorlint // the very sentinel of the table
					err = f.Request(ctx, ip)
				}
				if err == nil {
					err = f.ask(ctx, c.to, token)
				}
				calls := f.calls
				f.refused(t, err, c.want, c.reason)
				if len(calls) > c.n+1 || c.n == 0 && len(calls) > 0 {
					t.Errorf("the refusal costs %d round trips: %v", len(calls), calls)
				}
				if provider.asked() != 0 {
					t.Errorf("the CAPTCHA provider was asked %d times", provider.asked())
				}
			})
		}
	}
}

// TestLimits_IsTheTable: what documents show is what holds.
func TestLimits_IsTheTable(t *testing.T) {
	want := map[string]int64{
		"ip_minute": 60, "recipient_hour": 5, "recipient_day": 8, "recipient_day_kept": 2, "sms_prefix_day": 100, "sms_country_day": 500,
		"email_day": 10000, "sms_day": 1000, "account_day": 10, "notice_day": 30,
	}
	got := map[string]int64{}
	for _, l := range fixed(t, abuse.Options{Captcha: &solver{}}).Limits() {
		got[l.Name] = l.Max
		if l.Key == "" || l.Window <= 0 || l.Protects == "" || l.Option == "" {
			t.Errorf("a row with a hole: %+v", l)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestOptions_Defaults: the limits that follow from others.
func TestOptions_Defaults(t *testing.T) {
	for _, c := range []struct {
		rule string
		opts abuse.Options
		name string
		want int64
	}{
		{"a day for a recipient without CAPTCHA", abuse.Options{}, "recipient_day", 10},
		{"nothing is kept without CAPTCHA", abuse.Options{}, "recipient_day_kept", 0},
		{"one send a day is not kept", abuse.Options{Captcha: &solver{}, RecipientPerDay: 1}, "recipient_day", 1},
		{"of two sends one is kept", abuse.Options{Captcha: &solver{}, RecipientPerDay: 2}, "recipient_day_kept", 1},
		{"a small day is smaller than a country's", abuse.Options{DailySMS: 3}, "sms_country_day", 3},
		{"a large day has large countries", abuse.Options{DailySMS: 8000}, "sms_country_day", 4000},
		{"a large day has large blocks", abuse.Options{DailySMS: 8000}, "sms_prefix_day", 800},
	} {
		t.Run(c.rule, func(t *testing.T) {
			for _, l := range fixed(t, c.opts).Limits() {
				if l.Name == c.name && l.Max != c.want {
					t.Errorf("%d, want %d", l.Max, c.want)
				}
			}
		})
	}
	for _, b := range fixed(t, abuse.Options{IPPerMinute: 600}).Backoffs() {
		if b.Name == "ip_backoff" && b.Free != 50 {
			t.Errorf("an address of many people has %d free tries, want 50", b.Free)
		}
	}
}

func TestNew_RefusesWhatIsNoLimit(t *testing.T) {
	f := fixed(t, abuse.Options{})
	for name, opts := range map[string]abuse.Options{
		"IPPerMinute": {IPPerMinute: -1}, "IPFailures": {IPFailures: -1}, "RecipientPerHour": {RecipientPerHour: -1}, "RecipientPerDay": {RecipientPerDay: -1},
		"DailyEmail": {DailyEmail: -1}, "DailySMS": {DailySMS: -1}, "SMSPerPrefix": {SMSPerPrefix: -1}, "SMSPerCountry": {SMSPerCountry: -1},
		"SMSBreakerAfter": {SMSBreakerAfter: -1}, "CaptchaAfter": {CaptchaAfter: -1}, "ResendWait": {ResendWait: -1},
	} {
		if _, err := abuse.New(f.store.KV(), f.store.Locks(), nil, opts); err == nil {
			t.Error("no secret was accepted")
		}
		f.opts = opts
		if _, err := f.try(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

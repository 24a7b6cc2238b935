package abuse

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/crafteasy/auth/abuse/disposable"
	"github.com/crafteasy/auth/audit"
)

// Options sets the limits. The zero value is the recommended setting. Every limit is at least 1.
type Options struct {
	// IPPerMinute is how many public requests an address may make in a minute; an IPv6 address counts as its /64. Default: 60.
	IPPerMinute int
	// IPFailures is how many wrong codes an address may send before it must wait. Default: 5, or a twelfth of IPPerMinute where that
	// is more: who raises the one has many people behind one address.
	IPFailures int
	// RecipientPerHour and RecipientPerDay are how many messages a mailbox or number may be sent, and three times as many notices a day. The
	// second is how many addresses one account may name in a day too. Defaults: 5 and 10.
	RecipientPerHour, RecipientPerDay int
	// DailyEmail and DailySMS are how many messages may leave on a day (UTC). Defaults: 10000 and 1000.
	DailyEmail, DailySMS int
	// SMSPerPrefix is how many text messages a day may leave to a block of 10000 numbers. Default: 100, or a tenth of DailySMS where
	// that is more.
	SMSPerPrefix int
	// SMSPerCountry is how many text messages a day may leave to a country. Default: 500, or half of DailySMS where that is more; never
	// more than DailySMS.
	SMSPerCountry int
	// SMSBreakerAfter is how many text messages a day to a block of numbers are sent before the share of codes that came back counts.
	// Default: half of SMSPerPrefix.
	SMSBreakerAfter int
	// ResendWait is how long a recipient must wait for a second message, doubling with each further one within the hour. At most 1
	// hour. Default: 0, no wait: a client that asks RecipientPerHour times in a row is answered as often, which any wait would refuse.
	ResendWait time.Duration
	// Disposable says which domains are refused. Default: none.
	Disposable *disposable.Filter
	// Captcha checks solved challenges. Default: none are asked for.
	Captcha Captcha
	// CaptchaAfter is how many failures of an address or a recipient ask for a CAPTCHA before the next message. Default: 3.
	CaptchaAfter int
	// CaptchaAlways asks for a CAPTCHA before every message that a stranger asks for.
	CaptchaAlways bool
	// DryRun lets through what limits on requests and messages would refuse, and logs it. Guesses are never let through.
	DryRun bool
	// Audit records every refusal. Default: none.
	Audit *audit.Recorder
	// Log gets what a dry run lets through. Default: slog.Default.
	Log *slog.Logger
	// Now returns the current time. Default: time.Now.
	Now func() time.Time
}

func (o *Options) resolve() error {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	for _, l := range []struct {
		name string
		n    *int
		def  func() int
	}{
		{"IPPerMinute", &o.IPPerMinute, func() int { return 60 }},
		{"IPFailures", &o.IPFailures, func() int { return max(5, o.IPPerMinute/12) }},
		{"RecipientPerHour", &o.RecipientPerHour, func() int { return 5 }},
		{"RecipientPerDay", &o.RecipientPerDay, func() int { return 10 }},
		{"DailyEmail", &o.DailyEmail, func() int { return 10000 }},
		{"DailySMS", &o.DailySMS, func() int { return 1000 }},
		{"SMSPerPrefix", &o.SMSPerPrefix, func() int { return max(100, o.DailySMS/10) }},
		{"SMSPerCountry", &o.SMSPerCountry, func() int { return min(o.DailySMS, max(500, o.DailySMS/2)) }},
		{"SMSBreakerAfter", &o.SMSBreakerAfter, func() int { return max(1, o.SMSPerPrefix/2) }},
		{"CaptchaAfter", &o.CaptchaAfter, func() int { return 3 }},
	} {
		if *l.n == 0 {
			*l.n = l.def()
		}
		if *l.n < 1 {
			return fmt.Errorf("abuse: %s must be at least 1", l.name)
		}
	}
	if o.ResendWait < 0 || o.ResendWait > longestWait {
		return errors.New("abuse: ResendWait must be from 0 to 1 hour")
	}
	return nil
}

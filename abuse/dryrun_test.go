package abuse_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"github.com/crafteasy/auth/abuse"
)

// TestDryRun: what limits would refuse is logged and let through, and is no event. Guesses are refused all the same.
func TestDryRun(t *testing.T) {
	var log bytes.Buffer
	f := fixed(t, abuse.Options{
		DryRun: true, Log: slog.New(slog.NewTextHandler(&log, nil)), Disposable: filter(t), Captcha: &solver{err: errors.New("down")}, CaptchaAlways: true,
		IPPerMinute: 1, DailySMS: 1, SMSBreakerAfter: 1, SMSPerPrefix: 2, RecipientPerHour: 1, RecipientPerDay: 3,
	})
	ctx := from("192.0.2.1")
	for range 2 {
		must(t, f.Request(ctx, netip.MustParseAddr("192.0.2.1")))
	}
	for range 5 {
		must(t, f.FailedIP(ctx))
	}
	must(t, f.CheckAddress(email("a@mailinator.com")))
	for i := range 6 {
		must(t, f.ask(ctx, email("a@mailinator.com"), fmt.Sprint("token", i)))
		must(t, f.ask(ctx, phone(fmt.Sprintf("+4670123%04d", i%2)), ""))
	}
	for _, limit := range []string{
		"ip_minute", "ip_backoff", "disposable", "captcha", "recipient_hour", "recipient_day_kept", "sms_prefix_day", "sms_country_day", "sms_day", "sms_breaker",
	} {
		if !strings.Contains(log.String(), "limit="+limit+" ip=192.0.2.1 request_id=r") {
			t.Errorf("nothing is said of %s", limit)
		}
	}
	for _, secret := range []string{"token", "mailinator", "4670"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if _, events := f.take(); len(events) != 0 {
		t.Errorf("what was let through is an event: %+v", events)
	}
	f.refused(t, f.CheckIP(ctx), abuse.ErrRateLimited, "ip_backoff")
	for range 5 {
		must(t, f.Admit(ctx, victim))
	}
	f.take()
	f.refused(t, f.Admit(ctx, victim), abuse.ErrRateLimited, "backoff")
}

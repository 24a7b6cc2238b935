package abuse_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/user"
)

// crowd asks 300 times at once, on two instances, and answers how often it was let through.
func (f *fixture) crowd(t *testing.T, to func(i int) user.Identifier) int64 {
	t.Helper()
	guards := []*abuse.Guard{f.Guard, f.twin()}
	var sent atomic.Int64
	var all sync.WaitGroup
	for i := range 300 {
		all.Go(func() {
			err := ask(t.Context(), guards[i%2], abuse.Sending{To: to(i), Guesses: guesses(to(i)), Captcha: fmt.Sprint("token ", i, time.Now())})
			switch {
			case err == nil:
				sent.Add(1)
			case !errors.Is(err, abuse.ErrRateLimited):
				t.Error(err)
			}
		})
	}
	all.Wait()
	return sent.Load()
}

// TestRecipient_ExactUnderACrowd: 5 in an hour and 10 in a day, by mailbox and by number, with a CAPTCHA and without.
func TestRecipient_ExactUnderACrowd(t *testing.T) {
	for name, to := range map[string]func(i int) user.Identifier{
		"a mailbox and its aliases": func(i int) user.Identifier { return email(fmt.Sprintf("a.da+%d@gmail.com", i)) },
		"a number":                  func(int) user.Identifier { return phone("+46701234567") },
	} {
		for captcha, opts := range map[string]abuse.Options{
			"no CAPTCHA": {}, "a CAPTCHA that is not asked for": {Captcha: &solver{}}, "a CAPTCHA": {Captcha: &solver{}, CaptchaAlways: true},
		} {
			t.Run(name+", "+captcha, func(t *testing.T) {
				f := fixed(t, opts)
				for hour, want := range []int64{5, 5, 0} {
					if got := f.crowd(t, to); got != want {
						t.Errorf("in hour %d, %d messages leave, want %d", hour+1, got, want)
					}
					f.advance(time.Hour)
				}
				f.advance(21 * time.Hour)
				if got := f.crowd(t, to); got != 5 {
					t.Errorf("on the next day %d messages leave", got)
				}
			})
		}
	}
}

// TestRecipient_Kept: where CAPTCHA is on, two of the ten sends of a day are for who solves one, or is signed in; strangers cannot
// use them up, however often they ask.
func TestRecipient_Kept(t *testing.T) {
	provider := &solver{}
	f := fixed(t, abuse.Options{Captcha: provider})
	for range 2 {
		for range 60 {
			_ = f.ask(t.Context(), ada, "")
		}
		f.advance(time.Hour)
	}
	f.take()
	f.refused(t, f.ask(t.Context(), ada, ""), abuse.ErrCaptchaRequired, "no token")
	if provider.asked() != 0 {
		t.Errorf("the provider was asked %d times", provider.asked())
	}
	must(t, f.ask(t.Context(), ada, "one"))
	f.take()
	f.refused(t, f.ask(t.Context(), ada, "one"), abuse.ErrCaptchaFailed, "the token is used")
	must(t, ask(t.Context(), f.Guard, abuse.Sending{To: ada, By: abuse.Owner}))
	f.take()
	f.refused(t, f.ask(t.Context(), ada, "two"), abuse.ErrRateLimited, "recipient_day_kept")
	f.refused(t, ask(t.Context(), f.Guard, abuse.Sending{To: ada, By: abuse.Account}), abuse.ErrRateLimited, "recipient_day")
	if provider.asked() != 1 {
		t.Errorf("the provider was asked %d times, want once", provider.asked())
	}
	must(t, f.ask(t.Context(), bob, ""))
}

// TestSend_WhoIsKnown: who is signed in is not judged by where he comes from, and asked for no CAPTCHA; the owner of a throw-away mailbox may go on
// using it, and nobody may move to one.
func TestSend_WhoIsKnown(t *testing.T) {
	f := fixed(t, abuse.Options{Captcha: &solver{}, CaptchaAlways: true, Disposable: filter(t)})
	ctx := from("192.0.2.1")
	for range 9 {
		must(t, f.FailedIP(ctx))
	}
	must(t, ask(ctx, f.Guard, abuse.Sending{To: ada, By: abuse.Account}))
	must(t, ask(ctx, f.Guard, abuse.Sending{To: email("a@mailinator.com"), By: abuse.Owner}))
	f.take()
	f.refused(t, ask(ctx, f.Guard, abuse.Sending{To: email("b@mailinator.com"), By: abuse.Account}), abuse.ErrDisposable, "disposable")
	f.refused(t, ask(ctx, f.Guard, abuse.Sending{To: bob}), abuse.ErrRateLimited, "ip_backoff")
	if err := f.CheckAddress(email("b@sub.mailinator.com")); !errors.Is(err, abuse.ErrDisposable) {
		t.Error(err)
	}
	must(t, f.CheckAddress(ada))
	must(t, f.CheckAddress(phone("+46701234567")))
}

// TestResendWait: the second message waits, and each further one twice as long; of many at once one is let through.
func TestResendWait(t *testing.T) {
	for name, opts := range map[string]abuse.Options{"without CAPTCHA": {ResendWait: 30 * time.Second}, "with one": {ResendWait: 30 * time.Second, Captcha: &solver{}}} {
		t.Run(name, func(t *testing.T) {
			f := fixed(t, opts)
			always := func(int) user.Identifier { return ada }
			for i, wait := range []time.Duration{30, 60, 120, 240} {
				wait *= time.Second
				if got := f.crowd(t, always); got != 1 {
					t.Errorf("message %d: %d leave at once", i+1, got)
				}
				f.advance(wait - time.Second)
				f.take()
				if p := f.refused(t, f.ask(t.Context(), ada, ""), abuse.ErrRateLimited, "resend"); p.RetryAfter() != time.Second {
					t.Errorf("message %d may follow in %v", i+2, p.RetryAfter())
				}
				must(t, f.ask(t.Context(), email(fmt.Sprintf("other%d@example.com", i)), ""))
				f.advance(time.Second)
			}
		})
	}
}

// TestPermit_Refund: what did not leave through no fault of the recipient's is given back, and nothing else.
func TestPermit_Refund(t *testing.T) {
	f := fixed(t, abuse.Options{DailySMS: 4, RecipientPerHour: 2})
	number := phone("+46701234567")
	for range 10 {
		p, err := f.Send(t.Context(), abuse.Sending{To: number})
		must(t, err)
		must(t, p.Leave(t.Context()))
		must(t, p.Refund(t.Context()))
		must(t, p.Refund(t.Context())) // again is nothing
	}
	must(t, f.ask(t.Context(), number, ""))
	must(t, f.ask(t.Context(), number, ""))
	f.take()
	f.refused(t, f.ask(t.Context(), number, ""), abuse.ErrRateLimited, "recipient_hour")
	must(t, f.ask(t.Context(), phone("+46701234568"), ""))
	must(t, f.ask(t.Context(), phone("+46701234568"), ""))
	f.take()
	f.refused(t, f.ask(t.Context(), phone("+491701234567"), ""), abuse.ErrRateLimited, "sms_day")
}

// TestFailingStores: a guard whose store fails lets nobody through, and says that it is not their fault.
func TestFailingStores(t *testing.T) {
	ctx := from("192.0.2.1")
	number := phone("+46701234567")
	for verb, acts := range map[string]map[string]func(f *fixture) error{
		"kv.Count": {
			"Request":  func(f *fixture) error { return f.Request(ctx, netipAddr) },
			"Send":     func(f *fixture) error { return f.ask(ctx, ada, "") },
			"Owner":    func(f *fixture) error { return ask(ctx, f.Guard, abuse.Sending{To: ada, By: abuse.Owner}) },
			"CheckIP":  func(f *fixture) error { return f.CheckIP(ctx) },
			"FailedIP": func(f *fixture) error { return f.FailedIP(ctx) },
			"Verified": func(f *fixture) error { return f.Verified(ctx, number) },
		},
		"kv.Get":      {"CheckIP": func(f *fixture) error { return f.CheckIP(ctx) }, "Send": func(f *fixture) error { return f.ask(ctx, ada, "") }},
		"kv.Set":      {"FailedIP": func(f *fixture) error { return f.FailedIP(ctx) }},
		"kv.Add":      {"solve": func(f *fixture) error { return f.ask(context.Background(), ada, "token") }},
		"locks.Lock":  {"Admit": func(f *fixture) error { return f.Admit(ctx, victim) }, "Failed": func(f *fixture) error { return f.Failed(ctx, victim) }},
		"locks.Swap":  {"Admit": func(f *fixture) error { return f.Admit(ctx, victim) }, "Failed": func(f *fixture) error { return f.Failed(ctx, victim) }},
		"locks.Clear": {"Succeeded": func(f *fixture) error { return f.Succeeded(ctx, victim) }},
	} {
		for name, act := range acts {
			t.Run(verb+" in "+name, func(t *testing.T) {
				f := fixed(t, abuse.Options{Captcha: &solver{}, CaptchaAlways: true})
				for range 5 {
					must(t, f.FailedIP(ctx))
				}
				f.broken = verb
				err := act(f)
				if p, ok := problem.As(err); !ok || p.Status() != http.StatusServiceUnavailable {
					t.Errorf("got %v, want unavailable", err)
				}
			})
		}
	}
}

// TestRefund_GivesTheAccountBack: a message that did not leave costs the account that named the address nothing either.
func TestRefund_GivesTheAccountBack(t *testing.T) {
	f := fixed(t, abuse.Options{RecipientPerDay: 3})
	for i := range 10 {
		p, err := f.Send(t.Context(), abuse.Sending{To: email(fmt.Sprintf("a%d@example.com", i)), By: abuse.Account, Account: "u"})
		if err != nil {
			t.Fatalf("address %d: %v", i+1, err)
		}
		must(t, p.Refund(t.Context()))
	}
}

// TestSend_Meanwhile: what is read beside the counting of the recipient is read once for every message that may be made, and not for who is
// refused before that. A refusal is the answer whatever was read.
func TestSend_Meanwhile(t *testing.T) {
	ctx := from("192.0.2.1")
	waits := func(f *fixture) {
		for range 5 {
			must(f.t, f.FailedIP(ctx))
		}
	}
	full := func(f *fixture) {
		for range 5 {
			must(f.t, ask(context.Background(), f.Guard, abuse.Sending{To: ada, By: abuse.Account}))
		}
	}
	for _, c := range []struct {
		name    string
		fill    func(*fixture)
		captcha bool
		by      abuse.Caller
		to      user.Identifier
		unread  error
		want    error
		reads   int
	}{
		{"a message that may be made", nil, false, abuse.Stranger, ada, nil, nil, 1},
		{"for who is signed in", nil, false, abuse.Owner, ada, nil, nil, 1},
		{"for who has solved a CAPTCHA", nil, true, abuse.Stranger, ada, nil, nil, 1},
		{"what cannot be read", nil, false, abuse.Stranger, ada, errBroken, errBroken, 1},
		{"what cannot be read, after a CAPTCHA", nil, true, abuse.Stranger, ada, errBroken, errBroken, 1},
		{"a recipient who has had enough", full, false, abuse.Stranger, ada, nil, abuse.ErrRateLimited, 1},
		{"a recipient who has had enough, behind a CAPTCHA", full, true, abuse.Stranger, ada, nil, abuse.ErrRateLimited, 0},
		{"an address that must wait", waits, false, abuse.Stranger, ada, nil, abuse.ErrRateLimited, 0},
		{"a throw-away mailbox", nil, false, abuse.Stranger, email("a@mailinator.com"), nil, abuse.ErrDisposable, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			opts, token := abuse.Options{Disposable: filter(t)}, ""
			if c.captcha {
				opts.Captcha, opts.CaptchaAlways, token = &solver{}, true, "solved"
			}
			f := fixed(t, opts)
			if c.fill != nil {
				c.fill(f)
			}
			reads := 0
			_, err := f.Send(ctx, abuse.Sending{To: c.to, By: c.by, Guesses: guesses(c.to), Captcha: token, Meanwhile: func(context.Context) error {
				reads++
				return c.unread
			}})
			if !errors.Is(err, c.want) || reads != c.reads {
				t.Errorf("answers %v after %d reads, want %v after %d", err, reads, c.want, c.reads)
			}
		})
	}
	t.Run("a CAPTCHA that is missing", func(t *testing.T) {
		f := fixed(t, abuse.Options{Captcha: &solver{}, CaptchaAlways: true})
		_, err := f.Send(ctx, abuse.Sending{To: ada, Meanwhile: func(context.Context) error { t.Error("it is read"); return nil }})
		if !errors.Is(err, abuse.ErrCaptchaRequired) {
			t.Error(err)
		}
	})
}

package abuse_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/internal/ctxkey"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/turns"
)

// TestCaptcha_WhenItIsAskedFor: after failures of the address or of the recipient, or always; never of who is signed in.
func TestCaptcha_WhenItIsAskedFor(t *testing.T) {
	ctx := from("192.0.2.1")
	for _, c := range []struct {
		rule string
		opts abuse.Options
		fail func(f *fixture)
		want bool
	}{
		{"no failures", abuse.Options{}, func(*fixture) {}, false},
		{"two failures of the address", abuse.Options{}, func(f *fixture) { f.failIP(2) }, false},
		{"three failures of the address", abuse.Options{}, func(f *fixture) { f.failIP(3) }, true},
		{"failures of another address", abuse.Options{}, func(f *fixture) { must(f.t, f.FailedIP(from("192.0.2.2"))) }, false},
		{"two failures of the recipient", abuse.Options{}, func(f *fixture) { f.failTarget(2) }, false},
		{"three failures of the recipient", abuse.Options{}, func(f *fixture) { f.failTarget(3) }, true},
		{"a success of the recipient in between", abuse.Options{}, func(f *fixture) {
			f.failTarget(3)
			must(f.t, f.Succeeded(ctx, guesses(ada)))
		}, false},
		{"a higher number", abuse.Options{CaptchaAfter: 4}, func(f *fixture) { f.failTarget(3) }, false},
		{"a lower number", abuse.Options{CaptchaAfter: 1}, func(f *fixture) { f.failTarget(1) }, true},
		{"always", abuse.Options{CaptchaAlways: true}, func(*fixture) {}, true},
	} {
		t.Run(c.rule, func(t *testing.T) {
			provider := &solver{}
			c.opts.Captcha = provider
			f := fixed(t, c.opts)
			c.fail(f)
			f.take()
			if !c.want {
				must(t, f.ask(ctx, ada, "a token that nobody asked for"))
				if provider.asked() != 0 {
					t.Error("the provider was asked for nothing")
				}
				return
			}
			for range 20 {
				f.take()
				p := f.refused(t, f.ask(ctx, ada, ""), abuse.ErrCaptchaRequired, "no token")
				if m, _ := p.Members()["captcha"].(map[string]string); m["provider"] != "turnstile" || m["site_key"] != "site" {
					t.Errorf("the refusal does not say how: %v", p.Members())
				}
			}
			must(t, f.ask(ctx, ada, "solved")) // and who solved nothing has used up nothing
			must(t, ask(ctx, f.Guard, abuse.Sending{To: ada, By: abuse.Owner}))
			if provider.asked() != 1 {
				t.Errorf("the provider was asked %d times", provider.asked())
			}
		})
	}
}

func (f *fixture) failIP(n int) {
	for range n {
		must(f.t, f.FailedIP(from("192.0.2.1")))
	}
}

func (f *fixture) failTarget(n int) {
	for range n {
		must(f.t, f.Admit(context.Background(), guesses(ada)))
	}
}

// TestR07_Tokens: what is no token costs no call, a token is good once, and what the provider refuses is refused; nothing of it uses up a send.
func TestR07_Tokens(t *testing.T) {
	provider := &solver{}
	f := fixed(t, abuse.Options{Captcha: provider, CaptchaAlways: true})
	f.refused(t, f.ask(t.Context(), ada, ""), abuse.ErrCaptchaRequired, "no token")
	f.refused(t, f.ask(t.Context(), ada, strings.Repeat("x", 2049)), abuse.ErrCaptchaFailed, "the token is too long")
	if provider.asked() != 0 {
		t.Errorf("the provider was asked %d times", provider.asked())
	}
	provider.err = abuse.ErrCaptchaFailed.Wrap(errors.New("why"))
	for _, token := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		f.refused(t, f.ask(t.Context(), ada, token), abuse.ErrCaptchaFailed, "why")
	}
	provider.err = nil
	must(t, f.ask(t.Context(), ada, strings.Repeat("x", 2048)))
	f.take()
	f.refused(t, f.ask(t.Context(), bob, strings.Repeat("x", 2048)), abuse.ErrCaptchaFailed, "the token is used")
	for _, token := range []string{"1", "2", "3", "4"} {
		must(t, f.ask(t.Context(), ada, token))
	}
	n := provider.asked()
	f.take()
	f.refused(t, f.ask(t.Context(), ada, "5"), abuse.ErrRateLimited, "recipient_hour")
	if provider.asked() != n {
		t.Error("a refusal that was certain cost a call")
	}
}

// TestR07_OneTokenInACrowd: of many with one token, on two instances, one is let through, and the provider is asked once.
func TestR07_OneTokenInACrowd(t *testing.T) {
	provider := &solver{}
	f := fixed(t, abuse.Options{Captcha: provider, CaptchaAlways: true, RecipientPerHour: 100, RecipientPerDay: 100})
	guards := []*abuse.Guard{f.Guard, f.twin()}
	var passed atomic.Int64
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			if ask(t.Context(), guards[i%2], abuse.Sending{To: ada, Guesses: guesses(ada), Captcha: "one"}) == nil {
				passed.Add(1)
			}
		})
	}
	all.Wait()
	if passed.Load() != 1 || provider.asked() != 1 {
		t.Errorf("%d passed, the provider was asked %d times", passed.Load(), provider.asked())
	}
}

// TestR07_AProviderThatIsDown is 503, not a pass and not a verdict: the same token may be tried again, and nothing was used up.
func TestR07_AProviderThatIsDown(t *testing.T) {
	provider := &solver{err: errors.New("connection refused")}
	f := fixed(t, abuse.Options{Captcha: provider, CaptchaAlways: true})
	for range 9 {
		err := f.ask(t.Context(), ada, "token")
		if p, ok := problem.As(err); !ok || p.Status() != http.StatusServiceUnavailable || p.RetryAfter() <= 0 {
			t.Fatalf("got %v, want unavailable", err)
		}
	}
	provider.err = nil
	must(t, f.ask(t.Context(), ada, "token"))
}

// crowded is a provider of the host's own that needs a turn of those who wait for it.
type crowded struct {
	solver

	turns *turns.Turns
}

func (c *crowded) Verify(ctx context.Context, _ string) error {
	_, err := c.turns.Take(ctx)
	return err
}

// TestCaptcha_HoldsNoTurn: whoever waits for the provider lets the next request in.
func TestCaptcha_HoldsNoTurn(t *testing.T) {
	one := turns.New(1, errors.New("full"))
	f := fixed(t, abuse.Options{Captcha: &crowded{turns: one}, CaptchaAlways: true})
	turn, err := one.Take(t.Context())
	must(t, err)
	must(t, f.ask(context.WithValue(t.Context(), ctxkey.Turn{}, turn), ada, "solved"))
}

package abuse

import (
	"context"
	"errors"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/turns"
)

// Refusals around a CAPTCHA.
var (
	// ErrCaptchaRequired asks for the token of a solved challenge. The answer names the provider and the site key.
	ErrCaptchaRequired = problem.New(400, "captcha_required", "Solve the CAPTCHA first.")
	// ErrCaptchaFailed covers a token that is wrong, late, used, or from another page.
	ErrCaptchaFailed = problem.New(400, "captcha_failed", "The CAPTCHA was not solved; try again.")
)

// Captcha checks the tokens of solved challenges. It is safe for concurrent use. [Siteverify] is one.
type Captcha interface {
	// Widget says what a page needs to show a challenge.
	Widget() Widget
	// Verify answers no error for a token of a challenge that was solved just now, on a page of this service, and
	// [ErrCaptchaFailed] for any other. Every other error means that the provider is down, and is answered with 503: an
	// implementation that lets people through then decides that for itself. The guard has looked at the length of the token, and
	// calls once for each.
	Verify(ctx context.Context, token string) error
}

// Widget is what a page needs to show a challenge.
type Widget struct {
	// Provider is the provider's name.
	Provider string
	// SiteKey is the public key of the site.
	SiteKey string
}

const (
	// maxToken is the longest token of any provider.
	maxToken = 2048
	// markLife is how long a used token is remembered: longer than it is good for.
	markLife = 10 * time.Minute
)

// solved is the path of a stranger where a CAPTCHA may be asked for. All limits are looked at before the provider is asked, and
// hit after, so that who solves nothing uses up nothing, and who is over a limit costs no call.
func (g *Guard) solved(ctx context.Context, p *Permit, s Sending, failed int) error {
	key := recipient(s.To)
	if err := g.peek(ctx, g.hour, key); err != nil {
		return err
	}
	kept, err := g.onlyKept(ctx, key)
	if err != nil {
		return err
	}
	if err := g.room(ctx, s.To); err != nil {
		return err
	}
	earn := func(ctx context.Context) error { return g.solve(ctx, s.Captcha) }
	demanded, err := g.demanded(ctx, s, failed, kept)
	if err == nil && demanded {
		err, earn = earn(ctx), earned
	}
	if err != nil {
		return err
	}
	if err := g.resend(ctx, s.To); err != nil {
		return err
	}
	return p.spendBeside(ctx, earn, s.meanwhile)
}

// onlyKept reports whether all that strangers may have sent to the recipient on a day is used up, and refuses where what is kept is too.
func (g *Guard) onlyKept(ctx context.Context, key string) (bool, error) {
	sent, left, err := g.count(ctx, g.day, key, 0)
	switch {
	case err != nil || sent < g.day.Max:
		return false, err
	case g.kept.Max == 0:
		return true, g.refuse(ctx, g.day.Name, left)
	}
	return true, g.peek(ctx, g.kept, key)
}

// demanded reports whether the caller must solve a CAPTCHA.
func (g *Guard) demanded(ctx context.Context, s Sending, failed int, kept bool) (bool, error) {
	if g.opts.CaptchaAlways || kept || failed >= g.opts.CaptchaAfter {
		return true, nil
	}
	lock, err := g.locks.Lock(ctx, g.lockName(s.Guesses))
	if err != nil {
		return false, problem.Unavailable(err)
	}
	return lock.Failures >= g.opts.CaptchaAfter, nil
}

// solve checks a token once.
func (g *Guard) solve(ctx context.Context, token string) error {
	if token == "" {
		w := g.opts.Captcha.Widget()
		return g.unsolved(ctx, ErrCaptchaRequired.WithMember("captcha", map[string]string{"provider": w.Provider, "site_key": w.SiteKey}), "no token")
	}
	if len(token) > maxToken {
		return g.unsolved(ctx, ErrCaptchaFailed, "the token is too long")
	}
	mark := g.name("captcha", token)
	fresh, err := g.windows.Add(ctx, mark, []byte("used"), markLife)
	if err != nil {
		return problem.Unavailable(err)
	}
	if !fresh {
		return g.unsolved(ctx, ErrCaptchaFailed, "the token is used")
	}
	turns.GiveBack(ctx) // the provider may be the host's own
	err = g.opts.Captcha.Verify(ctx, token)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrCaptchaFailed):
		return g.unsolved(ctx, ErrCaptchaFailed, cause(err))
	case g.dry(ctx, "captcha"):
		return nil
	}
	// The token was not judged: its bearer may try again with it.
	return problem.Unavailable(errors.Join(err, g.windows.Delete(context.WithoutCancel(ctx), mark)))
}

// unsolved turns down who has not solved a CAPTCHA.
func (g *Guard) unsolved(ctx context.Context, refusal *problem.Error, reason string) error {
	if g.dry(ctx, "captcha") {
		return nil
	}
	g.record(ctx, audit.Event{Name: "captcha.refused", Code: refusal.Code(), Reason: reason})
	return refusal
}

// cause is the reason that a refusal carries for the log.
func cause(err error) string {
	if p, ok := problem.As(err); ok && p.Unwrap() != nil {
		return p.Unwrap().Error()
	}
	return ""
}

package abuse

import (
	"context"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/user"
)

// ErrDisposable refuses the address of a throw-away mailbox, whether or not an account has it.
var ErrDisposable = problem.New(400, "disposable_email", "Disposable email addresses are not allowed")

// Caller says who asks for a message.
type Caller uint8

// The callers.
const (
	// Stranger is anybody. The failures of his address count, and he may be asked for a CAPTCHA.
	Stranger Caller = iota
	// Account is somebody who is signed in and has a message sent to an address that need not be his.
	Account
	// Owner is somebody who is signed in and has a message sent to his own address: what is kept for who solved a CAPTCHA is his
	// too, and an address that he has already is not judged again.
	Owner
)

// Sending is a message that somebody asks for.
type Sending struct {
	// To is the recipient.
	To user.Identifier
	// By says who asks.
	By Caller
	// Account is the one that asks, where By is [Account].
	Account string
	// Guesses is what guesses at the code in the message count against.
	Guesses Subject
	// Captcha is the token of a solved challenge, where the client brought one.
	Captcha string
	// Standing is that of the address which the request comes from, where somebody has looked already. Default: it is looked at.
	Standing Standing
	// Meanwhile, where it is set, is called once while the recipient is counted, whether or not that refuses: it reads what the caller needs
	// next, and changes nothing. Whoever is refused before costs no call. Its error is answered where nothing is refused.
	Meanwhile func(ctx context.Context) error
}

func (s Sending) meanwhile(ctx context.Context) error {
	if s.Meanwhile == nil {
		return nil
	}
	return s.Meanwhile(ctx)
}

// CheckAddress refuses the address of a throw-away mailbox with [ErrDisposable]. It looks at nothing but a list in memory, and
// leaves the event to its caller.
func (g *Guard) CheckAddress(to user.Identifier) error {
	if g.opts.DryRun || !g.throwAway(to) {
		return nil // a dry run logs it when the message is asked for
	}
	return ErrDisposable
}

// SignUp refuses to begin an account with the address of a throw-away mailbox, with [ErrDisposable]. It is for accounts that begin
// without a message; [Guard.Send] asks the same before one.
func (g *Guard) SignUp(ctx context.Context, address user.Identifier) error {
	if !g.throwAway(address) || g.dry(ctx, "disposable") {
		return nil
	}
	g.record(ctx, audit.Event{Name: "limit.reached", Code: ErrDisposable.Code(), Reason: "disposable"})
	return ErrDisposable
}

func (g *Guard) throwAway(to user.Identifier) bool {
	return g.opts.Disposable != nil && to.Kind == user.Email && g.opts.Disposable.Blocks(user.Domain(to.Value))
}

// Send decides whether a message may be made, the cheapest question first. What the recipient may be sent is counted now, whether or
// not an account exists and a message will leave. What all share is only looked at, and counted by [Permit.Leave]: who asks
// for messages to nobody uses up nothing that others need.
//
// The refusals are [ErrDisposable], [ErrRateLimited], [ErrCaptchaRequired] and [ErrCaptchaFailed].
func (g *Guard) Send(ctx context.Context, s Sending) (*Permit, error) {
	if s.By != Owner {
		if err := g.SignUp(ctx, s.To); err != nil {
			return nil, err
		}
	}
	p := &Permit{g: g, to: s.To}
	var err error
	if s.By == Stranger {
		err = g.stranger(ctx, p, s)
	} else {
		err = g.known(ctx, p, s)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// known is the path of somebody who is signed in.
func (g *Guard) known(ctx context.Context, p *Permit, s Sending) error {
	if s.By == Account {
		if err := p.hit(ctx, charge{g.account, s.Account}); err != nil {
			return err
		}
	}
	if err := g.resend(ctx, s.To); err != nil {
		return err
	}
	var earn func(context.Context) error
	if s.By == Owner {
		earn = earned
	}
	budgets := g.budgets(s.To)
	var first counted
	err := p.spendBeside(ctx, earn, s.meanwhile, func(ctx context.Context) (err error) {
		first, err = g.look(ctx, budgets[0])
		return err
	})
	if err != nil {
		return err
	}
	return g.roomAfter(ctx, budgets, first)
}

// stranger is the path of everybody else.
func (g *Guard) stranger(ctx context.Context, p *Permit, s Sending) error {
	from, err := s.Standing, error(nil)
	if !from.looked {
		from, err = g.Standing(ctx)
	}
	if err == nil && from.left > 0 {
		err = g.refuse(ctx, g.address.Name, from.left)
	}
	if err != nil {
		return err
	}
	if g.opts.Captcha != nil {
		return g.solved(ctx, p, s, from.failed)
	}
	return g.known(ctx, p, s)
}

// resend refuses a message that follows the one before too closely.
func (g *Guard) resend(ctx context.Context, to user.Identifier) error {
	if g.opts.ResendWait == 0 {
		return nil
	}
	key := recipient(to)
	sent, _, err := g.count(ctx, g.hour, key, 0)
	if err != nil {
		return err
	}
	wait := Backoff{First: g.opts.ResendWait, Longest: longestWait}.wait(int(min(sent, g.hour.Max)))
	// Of many at once the one that opens the wait is let through.
	n, left, err := g.windows.Count(ctx, g.name("resend", key), 1, wait)
	switch {
	case err != nil:
		return problem.Unavailable(err)
	case n > 1:
		return g.refuse(ctx, "resend", left)
	}
	return nil
}

// recipient folds the spellings of one mailbox, so that they share one limit.
func recipient(to user.Identifier) string {
	if to.Kind == user.Email {
		return string(to.Kind) + ":" + user.MailboxKey(to.Value)
	}
	return string(to.Kind) + ":" + to.Value
}

package abuse

import (
	"context"
	"errors"

	"github.com/crafteasy/auth/internal/together"
	"github.com/crafteasy/auth/user"
)

// Permit is a message that may be made. [Permit.Leave] or [Permit.Discard] comes next, before anything is written. It is for one
// goroutine.
type Permit struct {
	g     *Guard
	to    user.Identifier
	spent []charge
}

// charge is a limit and whom it counts.
type charge struct {
	limit   Limit
	subject string
}

// spend counts the message against its recipient: within the hour, and within the day or, where that is used up and earn lets the caller,
// within what is kept. Nil is who may not. Others may have used up the day since it was looked at, so that it is here that earn is asked; who
// does not earn uses up nothing.
func (p *Permit) spend(ctx context.Context, earn func(context.Context) error) error {
	g, key := p.g, recipient(p.to)
	if err := p.hit(ctx, charge{g.hour, key}); err != nil {
		return err
	}
	l := g.day
	n, left, err := g.count(ctx, l, key, 1)
	if err == nil && n > l.Max && earn != nil && g.kept.Max > 0 {
		if err := earn(ctx); err != nil {
			p.spent = append(p.spent, charge{l, key})
			return errors.Join(err, p.Refund(ctx))
		}
		l = g.kept
		n, left, err = g.count(ctx, l, key, 1)
	}
	if err == nil && n > l.Max {
		err = g.refuse(ctx, l.Name, left)
	}
	if err != nil {
		return err
	}
	p.spent = append(p.spent, charge{l, key})
	return nil
}

// spendBeside is [Permit.spend] with something to read meanwhile.
func (p *Permit) spendBeside(ctx context.Context, earn func(context.Context) error, reads ...func(context.Context) error) error {
	return together.Beside(
		ctx,
		func(ctx context.Context) error { return p.spend(ctx, earn) },
		func(ctx context.Context) error { return together.Do(ctx, reads...) },
	)
}

// hit counts the message against a limit, to be taken back by [Permit.Refund].
func (p *Permit) hit(ctx context.Context, c charge) error {
	if err := p.g.hit(ctx, c.limit, c.subject); err != nil {
		return err
	}
	p.spent = append(p.spent, c)
	return nil
}

// earned lets whoever has earned it already use what is kept.
func earned(context.Context) error { return nil }

// Leave counts a message that will leave against what all share. [ErrRateLimited] says that others were faster; the message is not counted
// then, so that every budget holds what leaves and nothing else.
func (p *Permit) Leave(ctx context.Context) error {
	own := len(p.spent)
	for _, b := range p.g.budgets(p.to) {
		err := p.hit(ctx, b)
		if errors.Is(err, ErrRateLimited) {
			p.spent = append(p.spent, b) // what is over the limit was counted too
			return errors.Join(err, p.takeBack(ctx, own))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Discard does for a message that will not leave as much work as [Permit.Leave] does, and counts it where nobody looks.
func (p *Permit) Discard(ctx context.Context) error {
	for _, b := range p.g.budgets(p.to) {
		if _, _, err := p.g.count(ctx, b.limit, "discarded:"+b.subject, 1); err != nil {
			return err
		}
	}
	return nil
}

// Refund takes back what was counted, for a message that did not leave through no fault of the recipient's.
func (p *Permit) Refund(ctx context.Context) error { return p.takeBack(ctx, 0) }

// takeBack takes back what was counted last, all but the first kept.
func (p *Permit) takeBack(ctx context.Context, kept int) error {
	var errs []error
	for _, s := range p.spent[kept:] {
		_, _, err := p.g.count(ctx, s.limit, s.subject, -1)
		errs = append(errs, err)
	}
	p.spent = p.spent[:kept]
	return errors.Join(errs...)
}

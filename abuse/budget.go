package abuse

import (
	"context"
	"strings"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/user"
)

// BreakerShare is how many of a hundred codes that were sent to a block of numbers must come back, once [Options.SMSBreakerAfter] are
// sent. People type the codes they asked for; who is paid for the messages does not.
const BreakerShare = 20

// budgets are the limits that all recipients share, the narrowest first.
func (g *Guard) budgets(to user.Identifier) []charge {
	if to.Kind == user.Email {
		return []charge{{g.email, "email"}}
	}
	country := strings.Join(user.PhoneCountries(to.Value), "+")
	return []charge{{g.prefix, user.PhonePrefix(to.Value)}, {g.country, country}, {g.sms, "sms"}}
}

// counted is what a limit has counted, and how long it lives on.
type counted struct {
	n    int64
	left time.Duration
}

// look reads what a limit has counted. It refuses nothing and counts nothing.
func (g *Guard) look(ctx context.Context, b charge) (c counted, err error) {
	c.n, c.left, err = g.count(ctx, b.limit, b.subject, 0)
	return c, err
}

// room refuses where a budget is used up, or the breaker is open, and counts nothing.
func (g *Guard) room(ctx context.Context, to user.Identifier) error {
	budgets := g.budgets(to)
	first, err := g.look(ctx, budgets[0])
	if err != nil {
		return err
	}
	return g.roomAfter(ctx, budgets, first)
}

// roomAfter is room where the first budget was looked at already.
func (g *Guard) roomAfter(ctx context.Context, budgets []charge, first counted) error {
	for i, b := range budgets {
		is, err := first, error(nil)
		if i > 0 {
			is, err = g.look(ctx, b)
		}
		switch {
		case err != nil:
		case is.n >= b.limit.Max:
			err = g.refuse(ctx, b.limit.Name, is.left)
		case b.limit.Name == g.prefix.Name && is.n >= int64(g.opts.SMSBreakerAfter):
			err = g.breaker(ctx, b.subject, is.n, is.left)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// verified counts the codes of a block of numbers that came back, on the same day as the messages that were sent there.
var verified = Limit{Name: "sms_verified", Window: oneDay, Calendar: true}

// breaker refuses messages to a block of numbers from which too few codes come back. It closes when they do, or with the day.
func (g *Guard) breaker(ctx context.Context, prefix string, sent int64, left time.Duration) error {
	back, _, err := g.count(ctx, verified, prefix, 0)
	if err != nil || back*100 >= sent*BreakerShare || g.dry(ctx, "sms_breaker") {
		return err
	}
	first, err := g.windows.Add(ctx, g.name("pumping", prefix), []byte("told"), left)
	if err != nil {
		return problem.Unavailable(err)
	}
	e := audit.Event{Name: "limit.reached", Code: ErrRateLimited.Code(), Reason: "sms_breaker"}
	if first {
		e.Name, e.Fields = "sms.pumping_suspected", map[string]string{"prefix": prefix}
	}
	g.record(ctx, e)
	return limited(left)
}

// Verified is told that a code which was sent to the recipient came back.
func (g *Guard) Verified(ctx context.Context, to user.Identifier) error {
	if to.Kind != user.Phone {
		return nil
	}
	_, _, err := g.count(ctx, verified, user.PhonePrefix(to.Value), 1)
	return err
}

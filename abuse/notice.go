package abuse

import (
	"context"

	"github.com/crafteasy/auth/user"
)

// Notice counts a notice to the owner of an account. Nobody asks for one, but who is signed in can repeat what it tells of. One by text
// message counts for the day of its block of numbers, of its country and of all, like a code does; only what closes a block whose codes do
// not come back is not asked: a notice has none. [ErrRateLimited] says that it must not leave.
func (g *Guard) Notice(ctx context.Context, to user.Identifier) error {
	if err := g.hit(ctx, g.notices, recipient(to)); err != nil || to.Kind != user.Phone {
		return err
	}
	for _, b := range g.budgets(to) {
		if b.limit.Name == g.prefix.Name {
			b.subject = "notices:" + b.subject
		}
		if err := g.hit(ctx, b.limit, b.subject); err != nil {
			return err
		}
	}
	return nil
}

package session

import (
	"context"
	"errors"
	"runtime"

	"github.com/crafteasy/auth/internal/turns"
	"github.com/crafteasy/auth/jwt"
)

// forgers is where those wait who presented a token that nobody signed. They are answered one at a time, each after whoever else can run
// at that moment: on a busy machine honest callers come first, however many forgers there are, and on an idle one nobody waits.
type forgers struct{ turns *turns.Turns }

func newForgers() forgers { return forgers{turns.New(1, errBusy)} }

// refuse answers err, for which a token was refused, when it is the caller's turn, or when that was waited for as long as a turn is
// ([turns.Wait]), or ctx has ended. A token whose time is over was made here: its owner does not wait. One of a key or secret that is gone
// cannot be told from a forged one, and its owner must learn of it too. Meanwhile the turn of the request is given back: others have a use for it.
func (f forgers) refuse(ctx context.Context, err error) error {
	if !errors.Is(err, ErrInvalidToken) || jwt.Expired(err) {
		return err
	}
	turns.GiveBack(ctx)
	_ = f.turns.Do(ctx, runtime.Gosched) // the refusal stays, whether or not the turn came
	return err
}

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
type forgers chan struct{}

func newForgers() forgers { return make(forgers, 1) }

// refuse answers err, for which a token was refused, when it is the caller's turn, or at once when ctx has ended. A token whose time is over was
// signed: its owner does not wait. Meanwhile the turn of the request is given back: others have a use for it.
func (f forgers) refuse(ctx context.Context, err error) error {
	if !errors.Is(err, ErrInvalidToken) || jwt.Expired(err) {
		return err
	}
	turns.GiveBack(ctx)
	select {
	case f <- struct{}{}:
		runtime.Gosched()
		<-f
	case <-ctx.Done():
	}
	return err
}

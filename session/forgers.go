package session

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/crafteasy/auth/internal/turns"
	"github.com/crafteasy/auth/jwt"
)

// forgers is where those wait who presented a token that nobody signed. They are answered one at a time, each after whoever else can run
// at that moment: on a busy machine honest callers come first, however many forgers there are, and on an idle one nobody waits.
type forgers chan struct{}

func newForgers() forgers { return make(forgers, 1) }

// refuse answers err, for which a token was refused, when it is the caller's turn, or when that was waited for as long as a turn is
// ([turns.Wait]), or ctx has ended. A token whose time is over was made here: its owner does not wait. One of a key or secret that is gone
// cannot be told from a forged one, and its owner must learn of it too. Meanwhile the turn of the request is given back: others have a use for it.
func (f forgers) refuse(ctx context.Context, err error) error {
	if !errors.Is(err, ErrInvalidToken) || jwt.Expired(err) {
		return err
	}
	turns.GiveBack(ctx)
	if f.enter(ctx) {
		runtime.Gosched()
		<-f
	}
	return err
}

// enter waits for the place, and reports whether the caller has it.
func (f forgers) enter(ctx context.Context) bool {
	select {
	case f <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(turns.Wait)
	defer timer.Stop()
	select {
	case f <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

package session

import (
	"context"
	"errors"
	"runtime"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
)

// curveWait is how long a token waits for its turn on the curve. It is refused as unavailable after that.
const curveWait = 5 * time.Second

// curve bounds what verifying costs the machine: tokens that are presented together are verified once, and at most half of the
// processors verify at a time, so that forged ones leave the others to honest callers.
type curve struct {
	flight singleflight.Group
	turns  chan struct{}
}

func newCurve() *curve { return &curve{turns: make(chan struct{}, max(runtime.GOMAXPROCS(0)/2, 1))} }

var (
	errForged = ErrInvalidToken.Wrap(errors.New("another signature over the payload of a token that was accepted"))
	errBusy   = errors.New("session: too many tokens wait to be verified")
)

// together runs verify once for all who present the same text at the same time (jwt.Gate). Junk does not come this far.
func (s *Service) together(token string, verify func() error) error {
	_, err, _ := s.curve.flight.Do(token, func() (any, error) {
		done, err := s.admit()
		if err != nil {
			return nil, err
		}
		defer done()
		return nil, verify()
	})
	return err
}

// admit waits for a turn on the curve.
func (s *Service) admit() (func(), error) {
	if s.opts.Curve != nil {
		s.opts.Curve()
	}
	select {
	case s.curve.turns <- struct{}{}:
		return s.curve.done, nil
	default:
	}
	t := time.NewTimer(curveWait)
	defer t.Stop()
	select {
	case s.curve.turns <- struct{}{}:
		return s.curve.done, nil
	case <-t.C:
		return nil, problem.Unavailable(errBusy)
	}
}

func (c *curve) done() { <-c.turns }

// verify verifies a token that is not remembered, unless a look-up shows that it is forged.
func (s *Service) verify(token string, key digest, now time.Time) (*jwt.TokenPayload, error) {
	if s.verified.forged(token, key, now) {
		return nil, errForged
	}
	p, err := s.tokens.Verify(token)
	if err != nil {
		return nil, err
	}
	return s.verified.lean(p), nil
}

// Genuine answers the payload of a token that this service signed, live or not; an expired one passes. For refresh and
// logout, which judge the rest themselves. Callers who present one token together share one verification, as many tabs do.
func (s *Service) Genuine(_ context.Context, token string) (*jwt.TokenPayload, error) {
	key, now := digestOf(token), s.opts.Now()
	if e := s.verified.get(key, now); e != nil {
		return e.caller.Payload, nil
	}
	if s.verified.forged(token, key, now) {
		return nil, errForged
	}
	return s.tokens.VerifyExpired(token)
}

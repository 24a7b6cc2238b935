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
	errForged = errors.New("another signature over the payload of a token that was accepted")
	errBusy   = errors.New("session: too many tokens wait to be verified")
)

// admit is asked before every curve operation (jwt.Gate).
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

// verify verifies a token that is not remembered.
func (s *Service) verify(token string, key digest) (*jwt.TokenPayload, error) {
	return s.together("live", token, key, func() (*jwt.TokenPayload, error) {
		p, err := s.tokens.Verify(token)
		if err == nil {
			p.Extra = s.verified.intern(p.Extra) // before anybody else sees p
		}
		return p, err
	})
}

// Genuine answers the payload of a token that this service signed, live or not; an expired one passes. For refresh and
// logout, which judge the rest themselves. Callers who present one token together share one verification, as many tabs do.
func (s *Service) Genuine(_ context.Context, token string) (*jwt.TokenPayload, error) {
	key := digestOf(token)
	if e := s.verified.get(key, s.opts.Now()); e != nil {
		return e.caller.Payload, nil
	}
	return s.together("genuine", token, key, func() (*jwt.TokenPayload, error) { return s.tokens.VerifyExpired(token) })
}

// together runs verify once for all who present the token at the same time for the same use, unless a look-up shows that it is
// forged.
func (s *Service) together(use, token string, key digest, verify func() (*jwt.TokenPayload, error)) (*jwt.TokenPayload, error) {
	p, err, _ := s.curve.flight.Do(use+string(key[:]), func() (any, error) {
		if s.verified.forged(token, key, s.opts.Now()) {
			return nil, ErrInvalidToken.Wrap(errForged)
		}
		return verify()
	})
	if err != nil {
		return nil, err
	}
	return p.(*jwt.TokenPayload), nil //nolint:forcetypeassert // the function above made it
}

package session

import (
	"context"
	"errors"

	"golang.org/x/sync/singleflight"

	"github.com/crafteasy/auth/internal/turns"
	"github.com/crafteasy/auth/jwt"
)

// curve bounds what verifying costs the machine: tokens that are presented together are verified once, and at most half of the
// processors verify at a time, one signature of each payload, so that forged ones leave the others to honest callers.
type curve struct {
	flight singleflight.Group
	turns  *turns.Turns
	queues queues
}

func newCurve() *curve { return &curve{turns: turns.OnHalf(errBusy)} }

var (
	errForged = ErrInvalidToken.Wrap(errors.New("the mac of a token that was accepted, with another payload or signature"))
	errBusy   = errors.New("session: too many tokens wait to be verified")
)

// together runs verify once for all who present the same text at the same time (jwt.Gate), and not at all for what was signed here. Junk
// does not come this far. Others wait for the same answer, so that nobody's leaving ends it.
func (s *Service) together(token string, verify func() error) error {
	if s.issued.knows(token) {
		return nil
	}
	_, err, _ := s.curve.flight.Do(token, func() (any, error) {
		if s.opts.Curve != nil {
			s.opts.Curve()
		}
		return nil, s.curve.verify(token, verify)
	})
	return err
}

// verify runs verify when it is the turn of the payload in the token, and then that of the curve.
func (c *curve) verify(token string, verify func() error) error {
	signed, _ := cut(token)
	own := c.queues.enter(signed)
	defer c.queues.leave(signed, own)
	for _, of := range []*turns.Turns{own.turns, c.turns} {
		turn, err := of.Take(context.Background())
		if err != nil {
			return err
		}
		defer turn.GiveBack()
	}
	return verify()
}

// verify verifies a token that is not remembered, unless a look-up has shown that it is forged.
func (s *Service) verify(ctx context.Context, token string, forged bool) (*jwt.TokenPayload, error) {
	if forged {
		return nil, s.forgers.refuse(ctx, errForged)
	}
	p, err := s.tokens.Verify(token)
	if err != nil {
		return nil, s.forgers.refuse(ctx, err)
	}
	return s.verified.lean(p), nil
}

// Genuine answers the payload of a token that this service signed, live or not; an expired one passes. For refresh and
// logout, which judge the rest themselves. Callers who present one token together share one verification, as many tabs do.
func (s *Service) Genuine(ctx context.Context, token string) (*jwt.TokenPayload, error) {
	e, forged := s.verified.get(token, s.opts.Now())
	switch {
	case e != nil:
		return e.caller.Payload, nil
	case forged:
		return nil, s.forgers.refuse(ctx, errForged)
	}
	p, err := s.tokens.VerifyExpired(token)
	if err != nil {
		return nil, s.forgers.refuse(ctx, err)
	}
	return p, nil
}

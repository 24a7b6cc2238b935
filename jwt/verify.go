package jwt

import (
	"crypto/ecdsa"
	"errors"
	"fmt"

	"github.com/crafteasy/auth/internal/problem"
	gojwt "github.com/golang-jwt/jwt/v5"
)

// Verify answers the payload of a token of any kind that this service signed and that has not ended. Every refusal
// is an auth.Problem with the code invalid_token; the reason is its cause, for the log. Revocation is not looked at.
//
// The order is from cheap to dear: form, header, key, mac, claims, and last the curve.
func (s *Service) Verify(token string) (*TokenPayload, error) { return s.verify(token, false) }

// VerifyExpired is [Service.Verify] for signing out: a token that was genuine passes after its end too.
func (s *Service) VerifyExpired(token string) (*TokenPayload, error) { return s.verify(token, true) }

func (s *Service) verify(token string, expired bool) (*TokenPayload, error) {
	c, key, payload, err := s.examine(token, expired)
	if err != nil {
		return nil, err
	}
	if err := s.curve(token, func() error { return c.verify(key) }); err != nil {
		return nil, err
	}
	return payload, nil
}

// Expired reports whether err refuses a token because its time is over (RFC 7519 section 4.1.4). From a [Service] the mac of such a token has
// held, so that what it says was said here, if not by this signature; from a [Remote] nothing has. For logs and metrics: a client is told no
// more than that its token is not valid.
func Expired(err error) bool { return errors.Is(err, gojwt.ErrTokenExpired) }

// examine is everything but the curve. What it answers is the work of someone who knows the secret, or a copy of such
// work: good enough for looking up what was verified before, never for letting anybody in.
func (s *Service) examine(token string, expired bool) (*compact, *ecdsa.PublicKey, *TokenPayload, error) {
	parts, k, err := s.rules.read(token)
	if err != nil {
		return nil, nil, nil, err
	}
	key, ok := s.keys.find(parts.head.kid)
	if !ok {
		return nil, nil, nil, unknownKey(parts.head.kid)
	}
	value, ok := parts.mac()
	if !ok {
		return nil, nil, nil, errNoMAC
	}
	raw, ok := parts.genuine(s.macs, value)
	if !ok {
		return nil, nil, nil, errMAC
	}
	c, err := parts.compact(raw)
	if err != nil {
		return nil, nil, nil, err
	}
	payload, err := s.rules.claims(c, k, expired)
	if err != nil {
		return nil, nil, nil, err
	}
	return c, key, payload, nil
}

// verify checks the signature: R and S of 66 bytes each, both within the group's order.
func (c *compact) verify(key *ecdsa.PublicKey) error {
	if err := gojwt.SigningMethodES512.Verify(c.signed, c.signature, key); err != nil {
		return errUnsigned
	}
	return nil
}

func unknownKey(kid string) error {
	return problem.ErrInvalidToken.Wrap(fmt.Errorf("unknown kid %.32q", kid))
}

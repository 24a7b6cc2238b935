package jwt

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/crafteasy/auth/internal/problem"
	gojwt "github.com/golang-jwt/jwt/v5"
)

const (
	defaultLeeway = 30 * time.Second
	maxLeeway     = 2 * time.Minute
	// maxTTL and maxPreAuthTTL are the longest lives of tokens.
	maxTTL        = time.Hour
	maxPreAuthTTL = 10 * time.Minute
	// preAuthSuffix makes the audience of pre_auth tokens, so that a verifier that knows nothing of kinds refuses them.
	preAuthSuffix = "/2fa"
)

// rules are what a verifier demands of the claims, kind by kind. They are immutable and safe for concurrent use.
type rules struct {
	issuer, audience string
	leeway           time.Duration
	now              func() time.Time
	kinds            []kind
	known            heads
}

// kind is what tells one kind of token from the others.
type kind struct {
	name     TokenType
	typ      string // the "typ" header, in the short form of RFC 7515 section 4.1.9
	audience string
	maxTTL   time.Duration
	// live judges issuer, audience and times; ended is the same without the end.
	live, ended *gojwt.Validator
}

// newRules checks the settings that a [Service] and a [Remote] share. An error names the option without its value.
func newRules(issuer, audience string, leeway, ttl time.Duration, now func() time.Time, accepted ...TokenType) (*rules, error) {
	r := &rules{issuer: issuer, audience: audience, leeway: leeway, now: now}
	if r.audience == "" {
		r.audience = issuer
	}
	if r.leeway == 0 {
		r.leeway = defaultLeeway
	}
	if ttl == 0 {
		ttl = maxTTL
	}
	if r.now == nil {
		r.now = time.Now
	}
	switch {
	case !validText(issuer, maxID):
		return nil, errors.New("jwt: Issuer must be 1 to 255 bytes without control characters")
	case !validText(r.audience, maxID) || r.audience == issuer+preAuthSuffix:
		return nil, errors.New("jwt: Audience must be 1 to 255 bytes without control characters, and not that of pre_auth tokens")
	case r.leeway < 0 || r.leeway > maxLeeway:
		return nil, errors.New("jwt: Leeway must be between 0 and 2 minutes")
	case ttl < time.Second || ttl > maxTTL:
		return nil, errors.New("jwt: MaxTTL must be between 1 second and 1 hour")
	}
	for _, name := range accepted {
		k := kind{name: name, audience: r.audience, maxTTL: ttl}
		switch name {
		case TypeUser:
			k.typ = "user+jwt"
		case TypeService:
			k.typ = "service+jwt"
		case TypePreAuth:
			k.typ, k.audience, k.maxTTL = "preauth+jwt", issuer+preAuthSuffix, maxPreAuthTTL
		}
		demands := []gojwt.ParserOption{
			gojwt.WithIssuer(issuer), gojwt.WithAudience(k.audience),
			gojwt.WithIssuedAt(), gojwt.WithLeeway(r.leeway), gojwt.WithTimeFunc(r.now),
		}
		k.ended = gojwt.NewValidator(demands...)
		k.live = gojwt.NewValidator(append(demands, gojwt.WithExpirationRequired())...)
		r.kinds = append(r.kinds, k)
	}
	return r, nil
}

// kindOf finds the kind with this "typ" header: exactly it, or its full media type.
func (r *rules) kindOf(typ string) (*kind, bool) {
	typ = strings.TrimPrefix(typ, "application/")
	for i := range r.kinds {
		if r.kinds[i].typ == typ {
			return &r.kinds[i], true
		}
	}
	return nil, false
}

// named finds the kind of a payload.
func (r *rules) named(name TokenType) (*kind, bool) {
	for i := range r.kinds {
		if r.kinds[i].name == name {
			return &r.kinds[i], true
		}
	}
	return nil, false
}

// check judges the claims of a token of the kind. With expired, one that has ended passes; all else must hold.
func (r *rules) check(k *kind, c *claims, expired bool) error {
	switch {
	case c.TokenType != k.name:
		return errors.New("token_type does not fit typ")
	case c.UserID == "" || c.TokenID == "":
		return errors.New("no sub or jti")
	case c.IssuedAt.IsZero() || c.ExpiresAt.IsZero():
		return errors.New("no iat or exp")
	case !c.IssuedAt.Before(c.ExpiresAt):
		return errors.New("iat is not before exp")
	case c.ExpiresAt.Sub(c.IssuedAt) > k.maxTTL:
		return errors.New("a longer life than this kind may have")
	case c.AuthTime.After(c.IssuedAt.Add(r.leeway)):
		return errors.New("auth_time is after iat")
	}
	if expired {
		return k.ended.Validate(endless{c})
	}
	return k.live.Validate(c)
}

// read takes a token apart and judges its header.
func (r *rules) read(token string) (segments, *kind, error) {
	parts, err := parse(token, r.known)
	if err != nil {
		return segments{}, nil, err
	}
	k, ok := r.kindOf(parts.head.typ)
	if !ok {
		return segments{}, nil, problem.ErrInvalidToken.Wrap(fmt.Errorf("typ %.32q is not accepted here", parts.head.typ))
	}
	return parts, k, nil
}

// claims reads and judges the payload of a token of the kind.
func (r *rules) claims(c *compact, k *kind, expired bool) (*TokenPayload, error) {
	payload, err := readClaims(c.payload)
	if err == nil {
		err = r.check(k, payload, expired)
	}
	if err != nil {
		return nil, problem.ErrInvalidToken.Wrap(err)
	}
	return &payload.TokenPayload, nil
}

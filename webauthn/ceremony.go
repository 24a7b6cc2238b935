package webauthn

import (
	"context"
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/go-webauthn/webauthn/protocol"
	rp "github.com/go-webauthn/webauthn/webauthn"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/kv"
)

// purpose is what a ceremony is for. A challenge made for one is worth nothing for another.
type purpose string

const (
	registering purpose = "register"
	signingIn   purpose = "login"
	proving     purpose = "prove" // a second factor, or who is signed in once more: told apart by the token it is bound to
)

// The types of client data.
const (
	kindCreate = "webauthn.create"
	kindGet    = "webauthn.get"
)

// ceremony is what is remembered between the options and their answer. It is kept under its challenge.
type ceremony struct {
	Purpose purpose `json:"purpose"`
	RPID    string  `json:"rp_id"`
	UserID  string  `json:"user_id"`
	// Bound names the session or the pre_auth token that asked.
	Bound string `json:"bound"`
	// Expires is compared with this service's own clock, in Unix milliseconds.
	Expires int64 `json:"expires"`
	// Session is what the library remembers.
	Session rp.SessionData `json:"session"`
}

// asker names the token that a request presents: the session, which outlives a refresh, or the one pre_auth token.
func asker(ctx context.Context) string {
	p, ok := jwt.Shared(ctx)
	switch {
	case !ok:
		return ""
	case p.TokenType == jwt.TypePreAuth:
		return "token:" + p.TokenID
	}
	return "session:" + p.SessionID
}

// remember keeps a ceremony until its challenge comes back.
func (s *Service) remember(ctx context.Context, why purpose, userID string, data *rp.SessionData) error {
	c := ceremony{
		Purpose: why, RPID: s.opts.RPID, UserID: userID, Expires: s.now().Add(ChallengeLife).UnixMilli(), Session: *data,
	}
	if why != signingIn {
		c.Bound = asker(ctx)
	}
	b, err := json.Marshal(c)
	if err != nil {
		return problem.ErrInternal.Wrap(err)
	}
	if err := s.pending.Set(ctx, waiting+data.Challenge, b, ChallengeLife); err != nil {
		return problem.Unavailable(err)
	}
	return nil
}

// waiting is the prefix of the keys of ceremonies: a challenge that a client writes must never be the key of anything else.
const waiting = "c:"

// longestChallenge bounds the text that is looked up.
const longestChallenge = 256

// answered reads an answer and takes the ceremony that its challenge names: the first answer to name it spends it, whatever comes
// of it. Everything that is wrong with the answer itself, its challenge or its origin is refused here, with the reason for the
// record.
func (s *Service) answered(ctx context.Context, why purpose, userID string, v jsontext.Value) (c ceremony, p presented, err error) {
	p, shape := read(v)
	if p.client.Challenge == "" || len(p.client.Challenge) > longestChallenge {
		if shape != nil {
			return c, p, shape
		}
		return c, p, refused("there is no such challenge")
	}
	b, err := s.pending.Take(ctx, waiting+p.client.Challenge)
	switch {
	case errors.Is(err, kv.ErrNotFound):
		if shape != nil {
			return c, p, shape
		}
		return c, p, refused("there is no such challenge")
	case err != nil:
		return c, p, problem.Unavailable(err)
	case shape != nil:
		return c, p, shape
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return c, p, problem.Unavailable(err)
	}
	kind := kindGet
	if why == registering {
		kind = kindCreate
	}
	bound := ""
	if why != signingIn {
		bound = asker(ctx)
	}
	switch {
	case c.Purpose != why:
		return c, p, refused("the challenge is for something else")
	case c.RPID != s.opts.RPID || c.Session.RelyingPartyID != s.opts.RPID:
		return c, p, refused("the challenge is of another relying party")
	case c.UserID != userID || c.Bound != bound:
		return c, p, refused("the challenge is another's")
	case s.now().UnixMilli() >= c.Expires:
		return c, p, refused("the challenge is late")
	}
	if err := s.judge(p, kind); err != nil {
		return c, p, ErrInvalidCredentials.Wrap(err)
	}
	return c, p, nil
}

// unverified refuses a user who was not verified, unless both the configuration and the ceremony let that pass: a store that loses what
// the ceremony asked for must not make it ask for less.
func (s *Service) unverified(c ceremony, flags protocol.AuthenticatorFlags) error {
	lenient := s.opts.AllowWithoutVerification && c.Session.UserVerification == protocol.VerificationPreferred
	if !lenient && !flags.HasUserVerified() {
		return refused("the user was not verified")
	}
	return nil
}

// refused is ErrInvalidCredentials with its reason.
func refused(reason string) error { return ErrInvalidCredentials.Wrap(errors.New(reason)) }

// reasonOf is what a refusal's record says. It is always a text of this package or a class of the library.
func reasonOf(err error) string {
	if p, ok := problem.As(err); ok && p.Unwrap() != nil && p.Status() == ErrInvalidCredentials.Status() {
		return p.Unwrap().Error()
	}
	return ""
}

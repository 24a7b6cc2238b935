package otp

import (
	"context"
	"errors"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/outbox"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/internal/together"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// Request asks for a code.
type Request struct {
	Purpose Purpose
	// To is where the code goes.
	To user.Identifier
	// App is the application signed in to.
	App string
	// UserID is the account that a code of purpose StepUp or Change belongs to.
	UserID string
	// Captcha is the token of a solved challenge, where the client brought one.
	Captcha string

	// from is how the address that the request comes from stands, where somebody has looked already.
	from abuse.Standing
	// note, if set, stores what belongs to the challenge. It comes before the message: what cannot be used is not sent.
	note func(ctx context.Context, challenge string) error
}

// Send makes a code and sends it off the caller's path. It answers the handle of the challenge. Known, unknown and disabled
// accounts, and numbers that are not served, get the same answer by the same work; whether a message leaves is decided at the
// end of the queue. The owner of an address that a code of purpose Change is asked for gets a notice in place of the code.
// rate_limited says that a limit is reached; disposable_email, captcha_required and captcha_failed are those of package abuse.
func (s *Service) Send(ctx context.Context, q Request) (challenge string, err error) {
	var owner user.User
	var found bool
	permit, err := s.opts.Guard.Send(ctx, abuse.Sending{
		To: q.To, By: asks(q.Purpose), Account: q.UserID, Guesses: subject(q.To), Captcha: q.Captcha, Standing: q.from,
		Meanwhile: func(ctx context.Context) (err error) {
			owner, found, err = s.find(ctx, q.To)
			return err
		},
	})
	if err != nil {
		return "", err
	}
	discard := q.To.Kind == user.Phone && !s.opts.Serve(q.To.Value)
	kind := kindOf(q.Purpose)
	rec := record{Challenge: secret.Handle(16), Purpose: q.Purpose, Target: s.target(q.Purpose, q.To), App: q.App, UserID: q.UserID}
	switch {
	case q.Purpose == Login:
		rec.UserID = owner.ID
		discard = discard || owner.Disabled || (!found && !s.opts.SignUp)
	case q.Purpose == Change && found && owner.ID != q.UserID:
		kind = sender.AddressInUse // the code is made and leaves nowhere
	}
	count := permit.Leave
	if discard {
		count = permit.Discard
	}
	if err := count(ctx); err != nil {
		return "", err
	}
	code := newCode(s.opts.Length)
	s.seal(&rec, code)
	rec.Expires = s.opts.Now().Add(s.opts.TTL).UnixMilli()
	if err := s.keep(ctx, rec); err != nil {
		return "", err
	}
	if q.note != nil {
		if err := q.note(ctx, rec.Challenge); err != nil {
			return "", err
		}
	}
	o := audit.OriginFrom(ctx)
	err = s.opts.Outbox.Send(ctx, outbox.Envelope{
		To: q.To, Kind: kind, UserID: rec.UserID, Discard: discard,
		Data: sender.Data{Code: code, Valid: s.opts.TTL, When: s.opts.Now(), IP: o.IP, UserAgent: o.UserAgent},
	})
	if err != nil {
		return "", errors.Join(err, permit.Refund(ctx))
	}
	s.opts.Audit.Record(ctx, audit.Event{
		Name: "otp.send", Outcome: audit.Success, UserID: rec.UserID, Method: Method(q.To.Kind),
		Fields: map[string]string{"purpose": string(q.Purpose)},
	})
	return rec.Challenge, nil
}

// find reads who holds the address.
func (s *Service) find(ctx context.Context, to user.Identifier) (user.User, bool, error) {
	u, err := s.users.Find(ctx, to)
	switch {
	case errors.Is(err, user.ErrNotFound):
		return user.User{}, false, nil
	case err != nil:
		return user.User{}, false, problem.Unavailable(err)
	}
	return u, true, nil
}

// keep stores the code, by its handle and as the newest of its address. One without the other opens nothing: nobody is told the handle or
// the code then, and without the first there is nothing to take.
func (s *Service) keep(ctx context.Context, rec record) error {
	b, err := rec.encode()
	if err != nil {
		return problem.ErrInternal.Wrap(err)
	}
	set := func(key string) func(context.Context) error {
		return func(ctx context.Context) error { return s.codes.Set(ctx, key, b, s.opts.TTL) }
	}
	if err := together.Do(ctx, set("c:"+rec.Challenge), set("latest:"+rec.Target)); err != nil {
		return problem.Unavailable(err)
	}
	return nil
}

// asks says who may ask for a code of this purpose.
func asks(p Purpose) abuse.Caller {
	switch p {
	case StepUp:
		return abuse.Owner
	case Change:
		return abuse.Account
	case Login:
	}
	return abuse.Stranger
}

func kindOf(p Purpose) sender.Kind {
	switch p {
	case StepUp:
		return sender.StepUpCode
	case Change:
		return sender.ChangeCode
	case Login:
	}
	return sender.SignInCode
}

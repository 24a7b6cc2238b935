package otp

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// ErrTaken tells who has proven an address that another account holds it. Nobody else is told.
var ErrTaken = problem.ErrAlreadyRegistered.WithDetail("The address belongs to another account.")

// BeginChange sends a code to the address that the user wants to have, and answers the handle of its challenge. The answer is the
// same for an address that another account holds: its owner gets a notice, and no code.
func (s *Service) BeginChange(ctx context.Context, userID string, to user.Identifier) (challenge string, err error) {
	return s.Send(ctx, Request{Purpose: Change, To: to, UserID: userID, note: func(ctx context.Context, challenge string) error {
		plain, err := json.Marshal(to)
		if err != nil {
			return problem.ErrInternal.Wrap(err)
		}
		sealed, err := s.seals.Seal(plain, owned(userID, challenge))
		if err != nil {
			return problem.ErrInternal.Wrap(err)
		}
		if err := s.codes.Set(ctx, "a:"+challenge, sealed, s.opts.TTL); err != nil {
			return problem.Unavailable(err)
		}
		return nil
	}})
}

// owned binds a sealed address to who asked for it and to its challenge, which has no colon.
func owned(userID, challenge string) string { return challenge + ":" + userID }

// ConfirmChange spends the code and gives the user the address in place of the one of its kind. Codes that went to the replaced
// address are worth nothing from then on, and both addresses are told. [ErrInvalidCode] covers a challenge of another user too;
// [ErrTaken] says that another account holds the address.
func (s *Service) ConfirmChange(ctx context.Context, userID, challenge, code string) error {
	to, err := s.wanted(ctx, userID, challenge)
	if err != nil {
		return err
	}
	a := Answer{Purpose: Change, To: to, Code: code, Challenge: challenge, UserID: userID}
	if _, err := s.Check(ctx, a); err != nil {
		return err
	}
	old, err := s.users.ByID(ctx, userID)
	if err == nil {
		err = s.users.SetIdentifier(ctx, userID, to)
	}
	switch {
	case errors.Is(err, user.ErrExists):
		return s.refuse(ctx, a, ErrTaken, "the address was taken")
	case errors.Is(err, user.ErrNotFound):
		return s.refuse(ctx, a, problem.ErrInvalidToken, "the account is gone")
	case err != nil:
		return problem.Unavailable(err)
	}
	s.opts.Audit.Record(ctx, audit.Event{
		Name: "user.address_changed", Outcome: audit.Success, UserID: userID, Method: Method(to.Kind), Fields: map[string]string{"kind": string(to.Kind)},
	})
	s.announce(ctx, old, to)
	return nil
}

// wanted reads the address that a challenge of this user is about.
func (s *Service) wanted(ctx context.Context, userID, challenge string) (to user.Identifier, err error) {
	refuse := func(reason string) error {
		return s.refuse(ctx, Answer{Purpose: Change, UserID: userID}, ErrInvalidCode, reason)
	}
	if challenge == "" || len(challenge) > maxHandle {
		return to, refuse("no such challenge")
	}
	sealed, err := s.codes.Get(ctx, "a:"+challenge)
	if errors.Is(err, kv.ErrNotFound) {
		return to, refuse("no such challenge")
	}
	if err != nil {
		return to, problem.Unavailable(err)
	}
	plain, err := s.seals.Open(sealed, owned(userID, challenge))
	if err != nil {
		return to, refuse("the challenge is another's")
	}
	if err := json.Unmarshal(plain, &to); err != nil {
		return to, problem.Unavailable(err)
	}
	return to, nil
}

// announce tells the old address and the new one. Who had none of the kind is told at the other address.
func (s *Service) announce(ctx context.Context, old user.User, to user.Identifier) {
	o := audit.OriginFrom(ctx)
	d := sender.Data{Detail: masked(to), When: s.opts.Now(), IP: o.IP, UserAgent: o.UserAgent}
	before := old.Address(to.Kind)
	if before == to {
		return
	}
	if before.IsZero() {
		s.opts.Outbox.Notice(ctx, old, sender.AddressChanged, d)
	} else {
		s.opts.Outbox.NoticeTo(ctx, before, old.ID, sender.AddressChanged, d)
	}
	s.opts.Outbox.NoticeTo(ctx, to, old.ID, sender.AddressChanged, d)
}

// masked shows enough of an address for its owner to know it, and no more.
func masked(id user.Identifier) string {
	if id.Kind == user.Phone {
		return id.Value[:min(3, len(id.Value))] + "…" + id.Value[max(0, len(id.Value)-2):]
	}
	local, domain, _ := strings.Cut(id.Value, "@")
	_, n := utf8.DecodeRuneInString(local)
	return local[:n] + "…@" + domain
}

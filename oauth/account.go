package oauth

import (
	"context"
	"errors"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// account answers who an identity belongs to. An identity that is linked is its account's, whatever address the provider names by now.
func (s *Service) account(ctx context.Context, o Offer, rec flow, info UserInfo) (user.User, error) {
	for range 3 {
		u, found, err := s.linked(ctx, info)
		if err != nil || found {
			return u, err
		}
		address, err := user.ParseEmail(info.Email)
		if !info.EmailVerified || err != nil {
			return u, s.refuse(ctx, info.Provider, "", ErrRefused, "the identity is new and has no verified address")
		}
		u, err = s.users.Find(ctx, address)
		switch {
		case err == nil:
			if o.LinkVerified && info.Authoritative && !u.Disabled {
				err = s.add(ctx, u, info)
				if errors.Is(err, ErrExists) {
					continue
				}
				return u, err
			}
			return u, s.requireLink(ctx, u, info)
		case !errors.Is(err, user.ErrNotFound):
			return u, outage(err)
		case !s.opts.SignUp:
			return u, s.refuse(ctx, info.Provider, "", problem.ErrSignUpClosed, "sign-up is closed")
		}
		// Only here: who has an account gets in, whatever the list says of the address by now.
		if err := s.opts.Guard.SignUp(ctx, address); err != nil {
			return u, err
		}
		u, err = s.create(ctx, address, rec, info)
		if !errors.Is(err, user.ErrExists) && !errors.Is(err, ErrExists) {
			return u, err
		}
		// Somebody was faster: the next look finds the link, or the account that has the address.
	}
	return user.User{}, problem.Unavailable(errors.New("oauth: the account is neither there nor can it be created"))
}

func (s *Service) linked(ctx context.Context, info UserInfo) (u user.User, found bool, err error) {
	l, err := s.links.Load(ctx, LinkID(info.Provider, info.Issuer, info.Subject))
	if errors.Is(err, ErrNotFound) {
		return u, false, nil
	}
	if err != nil {
		return u, false, problem.Unavailable(err)
	}
	u, err = s.users.ByID(ctx, l.UserID)
	if errors.Is(err, user.ErrNotFound) {
		return u, false, s.refuse(ctx, info.Provider, l.UserID, ErrRefused, "the account is gone")
	}
	return u, err == nil, outage(err)
}

// create makes an account of a proven address and claims the identity for it. An account without its link, should the claim fail
// for want of a store, is a usual one: its owner signs in by the address and links.
func (s *Service) create(ctx context.Context, address user.Identifier, rec flow, info UserInfo) (user.User, error) {
	u, err := s.users.Create(ctx, user.NewUser{Identifier: address, Name: shown(info.Name), OriginApp: rec.App})
	if errors.Is(err, user.ErrExists) {
		return u, err
	}
	if err != nil {
		return u, problem.Unavailable(err)
	}
	s.opts.Audit.Record(ctx, audit.Event{Name: "user.created", Outcome: audit.Success, UserID: u.ID, Method: Method(info.Provider)})
	err = s.links.Add(ctx, s.link(u.ID, info))
	if errors.Is(err, ErrExists) {
		return u, err
	}
	return u, outage(err)
}

func (s *Service) link(userID string, info UserInfo) Link {
	l := Link{
		ID: LinkID(info.Provider, info.Issuer, info.Subject), UserID: userID,
		Provider: info.Provider, Issuer: info.Issuer, Subject: info.Subject, LinkedAt: s.opts.Now().UTC().Truncate(time.Millisecond),
	}
	if address, err := user.ParseEmail(info.Email); err == nil && info.EmailVerified {
		l.Email = address.Value
	}
	return l
}

// add claims an identity for an account that exists, and tells its owner. [ErrExists] says that it is claimed.
func (s *Service) add(ctx context.Context, u user.User, info UserInfo) error {
	err := s.links.Add(ctx, s.link(u.ID, info))
	if errors.Is(err, ErrExists) {
		return err
	}
	if err != nil {
		return problem.Unavailable(err)
	}
	s.tell(ctx, u, sender.ProviderLinked, info.Provider)
	s.opts.Audit.Record(ctx, audit.Event{
		Name: "oauth.linked", Outcome: audit.Success, UserID: u.ID, Method: Method(info.Provider), Fields: map[string]string{"provider": info.Provider},
	})
	return nil
}

func (s *Service) tell(ctx context.Context, u user.User, k sender.Kind, provider string) {
	o := audit.OriginFrom(ctx)
	s.opts.Outbox.Notice(ctx, u, k, sender.Data{Detail: provider, When: s.opts.Now(), IP: o.IP, UserAgent: o.UserAgent})
}

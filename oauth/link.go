package oauth

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/undo"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// pending is an identity that waits for the owner of an account to confirm it.
type pending struct {
	UserID string `json:"user_id"`
	// SessionID is that of the person who began to link; a sign-in that found the account has none.
	SessionID string `json:"session_id,omitzero"`

	Provider string `json:"provider"`
	Issuer   string `json:"issuer"`
	Subject  string `json:"subject"`
	Email    string `json:"email,omitzero"`
	Verified bool   `json:"verified,omitzero"`
}

func waiting(userID, sessionID string, info UserInfo) pending {
	return pending{userID, sessionID, info.Provider, info.Issuer, info.Subject, info.Email, info.EmailVerified}
}

// requireLink refuses a sign-in whose address an account has, with the handle for the account's owner.
func (s *Service) requireLink(ctx context.Context, u user.User, info UserInfo) error {
	handle, err := keep(ctx, s, aLink, waiting(u.ID, "", info), LinkLife)
	if err != nil {
		return err
	}
	return s.refuse(ctx, info.Provider, u.ID, ErrLinkRequired.WithMember("link", handle), "an account has the address")
}

// offerLink ends a flow that was begun to link. The person who is signed in confirms, so that both ends are the same.
func (s *Service) offerLink(ctx context.Context, rec flow, info UserInfo) (Outcome, error) {
	handle, err := keep(ctx, s, aLink, waiting(rec.UserID, rec.SessionID, info), LinkLife)
	return Outcome{ReturnTo: rec.ReturnTo, Link: handle}, err
}

// Confirm links the identity that waits under the handle to the account of the person who is signed in. [ErrInvalidState] covers a
// handle that is wrong, used, late, another account's, or another session's where a session began it. An identity that is linked to another account is
// already_registered.
func (s *Service) Confirm(ctx context.Context, userID, sessionID, handle string) error {
	wait, found, err := peek[pending](ctx, s, aLink, handle)
	if err != nil {
		return err
	}
	reason := ""
	switch {
	case !found:
		reason = "the handle is unknown, used or late"
	case wait.UserID != userID:
		reason = "the handle is another account's"
	case wait.SessionID != "" && wait.SessionID != sessionID:
		reason = "the handle is another session's"
	}
	if reason != "" {
		return s.refuseLink(ctx, userID, ErrInvalidState, reason)
	}
	if _, found, err = take[pending](ctx, s, aLink, handle); err != nil {
		return err
	} else if !found {
		return s.refuseLink(ctx, userID, ErrInvalidState, "the handle was used meanwhile")
	}
	u, err := s.users.ByID(ctx, userID)
	if errors.Is(err, user.ErrNotFound) {
		return s.refuseLink(ctx, userID, problem.ErrInvalidToken, "the account is gone")
	}
	if err != nil {
		return problem.Unavailable(err)
	}
	info := UserInfo{Provider: wait.Provider, Issuer: wait.Issuer, Subject: wait.Subject, Email: wait.Email, EmailVerified: wait.Verified}
	err = s.add(ctx, u, info)
	if !errors.Is(err, ErrExists) {
		return err
	}
	held, err := s.links.Load(ctx, LinkID(info.Provider, info.Issuer, info.Subject))
	switch {
	case err == nil && held.UserID == userID:
		return nil
	case err != nil && !errors.Is(err, ErrNotFound):
		return problem.Unavailable(err)
	}
	return s.refuseLink(ctx, userID, ErrTaken, "the identity is another account's")
}

// ErrTaken says that the identity is linked to another account.
var ErrTaken = problem.ErrAlreadyRegistered.WithDetail("This sign-in belongs to another account.")

func (s *Service) refuseLink(ctx context.Context, userID string, refusal *problem.Error, reason string) error {
	s.opts.Audit.Record(ctx, audit.Event{Name: "oauth.linked", Outcome: audit.Failure, Code: refusal.Code(), Reason: reason, UserID: userID})
	return refusal
}

// Links answers the links of a user, the oldest first.
func (s *Service) Links(ctx context.Context, userID string) ([]Link, error) {
	links, err := s.links.List(ctx, userID)
	return links, outage(err)
}

// Unlink removes a link of the user. Another's link is not_found like an unknown one. The last way in stays: last_factor.
func (s *Service) Unlink(ctx context.Context, userID, id string) error {
	links, err := s.Links(ctx, userID)
	if err != nil {
		return err
	}
	var l Link
	for _, each := range links {
		if each.ID == id {
			l = each
		}
	}
	if l.ID == "" {
		return problem.ErrNotFound
	}
	u, err := s.users.ByID(ctx, userID)
	if err != nil {
		return problem.Unavailable(err)
	}
	_, counts := s.offers[l.Provider]
	if counts {
		if n, err := s.gate.Ways(ctx, u); err != nil {
			return outage(err)
		} else if n <= 1 {
			return s.refuseUnlink(ctx, l)
		}
	}
	removed, err := s.links.Delete(ctx, userID, id)
	if err != nil {
		return problem.Unavailable(err)
	}
	if !removed {
		return problem.ErrNotFound
	}
	var failed error
	if counts {
		// Two who remove the last two at once have both seen another way: the removed comes back.
		if n, err := s.gate.Ways(ctx, u); err != nil || n == 0 {
			var back bool
			if back, failed = s.relink(ctx, l, err); back {
				return failed
			}
		}
	}
	s.tell(ctx, u, sender.ProviderUnlinked, l.Provider)
	s.opts.Audit.Record(ctx, audit.Event{
		Name: "oauth.unlinked", Outcome: audit.Success, UserID: userID, Method: Method(l.Provider), Fields: map[string]string{"provider": l.Provider},
	})
	return failed
}

// relink takes the removal back, whether its user is still there or not, and reports whether it could: it was the last way in, or failed says
// why that is not known.
func (s *Service) relink(ctx context.Context, l Link, failed error) (back bool, refusal error) {
	again, cancel := context.WithoutCancel(ctx), func() {}
	if failed != nil {
		again, cancel = undo.Brief(ctx)
	}
	defer cancel()
	if err := s.links.Add(again, l); err != nil && !errors.Is(err, ErrExists) {
		return false, problem.Unavailable(err)
	}
	if failed != nil {
		return true, outage(failed)
	}
	return true, s.refuseUnlink(ctx, l)
}

func (s *Service) refuseUnlink(ctx context.Context, l Link) error {
	s.opts.Audit.Record(ctx, audit.Event{
		Name: "oauth.unlinked", Outcome: audit.Refused, Code: problem.ErrLastFactor.Code(), Reason: "it is the last way in",
		UserID: l.UserID, Method: Method(l.Provider),
	})
	return problem.ErrLastFactor
}

// Forget removes every link of a user, for an account that is erased.
func (s *Service) Forget(ctx context.Context, userID string) error {
	return outage(s.links.DeleteAll(ctx, userID))
}

// shown makes a name fit for showing: a provider's users write what they like.
func shown(name string) string {
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "")))
	if runes := []rune(name); len(runes) > web.MaxText {
		return strings.TrimSpace(string(runes[:web.MaxText]))
	}
	return name
}

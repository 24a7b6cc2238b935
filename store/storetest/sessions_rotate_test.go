package storetest

import (
	"context"
	"errors"
	"strings"

	"github.com/crafteasy/auth/session"
)

var rotateFlaws = []flaw[session.Store]{
	{"Rotate reads, then writes", withSessions(func(s session.Store, f *faultySessions) {
		f.rotate = func(ctx context.Context, from string, next session.Session) (bool, error) {
			held, _, err := s.Load(ctx, next.UserID, next.ID, "")
			gap()
			if errors.Is(err, session.ErrNotFound) || err == nil && held.Token.TokenID != from {
				return false, nil
			}
			return err == nil, errors.Join(err, force(ctx, s, next))
		}
	}), []string{
		"of many who Rotate from one token at once exactly one does, and its session stays",
		"a Delete among many who Rotate is final", "a DeleteAll among many who Rotate is final",
		"a Revoke among many who Rotate, and before a Delete, is not lost",
	}},
	{"Rotate never wins", withSessions(func(_ session.Store, f *faultySessions) {
		f.rotate = func(context.Context, string, session.Session) (bool, error) { return false, nil }
	}), []string{"Rotate replaces the session while from names its current token"}},
	{"Rotate says that it won and did nothing", withSessions(func(_ session.Store, f *faultySessions) {
		f.rotate = func(context.Context, string, session.Session) (bool, error) { return true, nil }
	}), []string{"Rotate replaces the session while from names its current token"}},
	{"Rotate looks at no token", withSessions(func(s session.Store, f *faultySessions) {
		f.rotate = func(ctx context.Context, _ string, next session.Session) (bool, error) {
			held, _, err := s.Load(ctx, next.UserID, next.ID, "")
			if err != nil {
				return false, nil
			}
			return s.Rotate(ctx, held.Token.TokenID, next)
		}
	}), []string{"Rotate from another token than the current one changes nothing"}},
	{"Rotate compares the beginning of the token", withSessions(func(s session.Store, f *faultySessions) {
		f.rotate = func(ctx context.Context, from string, next session.Session) (bool, error) {
			held, _, err := s.Load(ctx, next.UserID, next.ID, "")
			if err == nil && from != "" && strings.HasPrefix(held.Token.TokenID, from) {
				from = held.Token.TokenID
			}
			return s.Rotate(ctx, from, next)
		}
	}), []string{"Rotate from another token than the current one changes nothing"}},
	{"Rotate stores where nothing is", withSessions(func(s session.Store, f *faultySessions) {
		f.rotate = func(ctx context.Context, from string, next session.Session) (bool, error) {
			if _, _, err := s.Load(ctx, next.UserID, next.ID, ""); err != nil {
				return true, s.Create(ctx, next)
			}
			return s.Rotate(ctx, from, next)
		}
	}), []string{"Rotate of a session that is gone is false and brings nothing back", "a Delete among many who Rotate is final"}},
	{"Rotate looks at no user", withSessions(func(s session.Store, f *faultySessions) {
		var known owners
		f.create = func(ctx context.Context, n session.Session) error { known.note(n); return s.Create(ctx, n) }
		f.rotate = func(ctx context.Context, from string, next session.Session) (bool, error) {
			if userID, ok := known.all()[next.ID]; ok {
				next.UserID = userID
			}
			return s.Rotate(ctx, from, next)
		}
	}), []string{"Rotate of another user's session is false and changes nothing"}},
	{"Delete does nothing", withSessions(func(_ session.Store, f *faultySessions) {
		f.remove = func(context.Context, string, string) error { return nil }
	}), []string{"Delete removes the session it names, and no other"}},
	{"Delete removes all of the user", withSessions(func(s session.Store, f *faultySessions) {
		f.remove = func(ctx context.Context, userID, _ string) error { return s.DeleteAll(ctx, userID) }
	}), []string{
		"Delete removes the session it names, and no other",
		"deleting what is gone, unknown or another user's is no error and removes nothing",
	}},
	{"Delete of what is gone is an error", withSessions(func(s session.Store, f *faultySessions) {
		f.remove = func(ctx context.Context, userID, id string) error {
			_, _, err := s.Load(ctx, userID, id, "")
			return errors.Join(err, s.Delete(ctx, userID, id))
		}
	}), []string{"deleting what is gone, unknown or another user's is no error and removes nothing"}},
	{"DeleteAll removes a page", withSessions(func(s session.Store, f *faultySessions) {
		f.removeAll = func(ctx context.Context, userID string) error {
			list, err := s.List(ctx, userID, 100)
			for _, l := range list {
				err = errors.Join(err, s.Delete(ctx, userID, l.ID))
			}
			return err
		}
	}), []string{"DeleteAll removes every session of the user, and of no other"}},
	{"what is known goes with the sessions", withSessions(func(s session.Store, f *faultySessions) {
		m := newMarks()
		m.serve(s, f)
		f.remove = func(ctx context.Context, userID, id string) error { m.forget(userID); return s.Delete(ctx, userID, id) }
		f.removeAll = func(ctx context.Context, userID string) error { m.forget(userID); return s.DeleteAll(ctx, userID) }
	}), []string{
		"Delete and DeleteAll leave what is known against the user's tokens", "a revocation needs no session, and outlives one",
		"a Revoke among many who Rotate, and before a Delete, is not lost",
	}},
}

package session

import (
	"context"
	"errors"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
)

// outlived is when nothing is left of a token, on anybody's clock.
func (s *Service) outlived(p jwt.TokenPayload) time.Time {
	return p.ExpiresAt.Add(s.tokens.Leeway() + skew)
}

// kill ends a session: the mark first, which kills a successor made by a racing refresh too, then the record.
func (s *Service) kill(ctx context.Context, userID, id string) error {
	now := s.now()
	r := Revocation{UserID: userID, SessionID: id, At: now, Until: now.Add(LongestToken + s.tokens.Leeway() + skew)}
	if err := s.store.Revoke(ctx, r); err != nil {
		return problem.Unavailable(err)
	}
	if err := s.store.Delete(ctx, userID, id); err != nil {
		return problem.Unavailable(err)
	}
	return nil
}

// RevokeToken kills one token at once. For a service token, whose session is its API key, this is its logout.
func (s *Service) RevokeToken(ctx context.Context, p *jwt.TokenPayload) error {
	r := Revocation{UserID: p.UserID, TokenID: p.TokenID, At: s.now(), Until: s.outlived(*p)}
	if err := s.store.Revoke(ctx, r); err != nil {
		return problem.Unavailable(err)
	}
	return nil
}

// Logout ends what the token stands for: the session of a user token with every token of it, the one completion of
// a pre_auth token, a service token itself. p must come from [Service.Genuine]. Doing it again is fine.
func (s *Service) Logout(ctx context.Context, p *jwt.TokenPayload) error {
	var err error
	switch p.TokenType {
	case jwt.TypeUser, jwt.TypeService:
		err = s.leave(ctx, p)
	case jwt.TypePreAuth:
		if err = s.pending.Delete(ctx, p.TokenID); err != nil {
			err = problem.Unavailable(err)
		}
	}
	if err == nil {
		s.record(ctx, "session.logout", audit.Success, p, "")
	}
	return err
}

// leave ends the session of a user token, or a service token itself, unless it has ended: a token that is over can be presented again and
// again, and must not make the store write each time.
func (s *Service) leave(ctx context.Context, p *jwt.TokenPayload) error {
	state, err := s.store.State(ctx, p.UserID, p.SessionID, p.TokenID)
	switch {
	case err != nil:
		return problem.Unavailable(err)
	case p.TokenType == jwt.TypeService:
		if !state.TokenEnd.IsZero() || !s.opts.Now().Before(s.outlived(*p)) {
			return nil
		}
		return s.RevokeToken(ctx, p)
	case state.SessionEnd.IsZero():
		return s.kill(ctx, p.UserID, p.SessionID)
	}
	if err := s.store.Delete(ctx, p.UserID, p.SessionID); err != nil { // a logout before this one may have got no further
		return problem.Unavailable(err)
	}
	return nil
}

// End ends one session of the user. [problem.ErrNotFound] covers one that is unknown, ended, or another user's.
func (s *Service) End(ctx context.Context, userID, id string) error {
	_, state, err := s.store.Load(ctx, userID, id, "")
	if errors.Is(err, ErrNotFound) || (err == nil && !state.SessionEnd.IsZero()) {
		return problem.ErrNotFound
	}
	if err != nil {
		return problem.Unavailable(err)
	}
	if err := s.kill(ctx, userID, id); err != nil {
		return err
	}
	s.opts.Audit.Record(ctx, audit.Event{Name: "session.end", Outcome: audit.Success, UserID: userID, SessionID: id})
	return nil
}

// EndAll ends every session of the user but the one whose id is except (empty spares none), at once and on every instance. It
// costs the same however many there are. API keys' tokens end too: they are the user's.
func (s *Service) EndAll(ctx context.Context, userID, except string) error {
	if _, err := s.store.MoveEpoch(ctx, userID, except, s.now().UnixMilli()); err != nil {
		return problem.Unavailable(err)
	}
	s.opts.Audit.RecordVerb(ctx, audit.Event{Name: "session.end_all", Outcome: audit.Success, UserID: userID, SessionID: except})
	return nil
}

// EndOthers ends every session of the caller's user but the caller's own. A session that somebody ended in the meantime is not
// spared, and [ErrInvalidToken] says so: what was ended must not come back to life.
func (s *Service) EndOthers(ctx context.Context, p *jwt.TokenPayload) error {
	state, err := s.store.State(ctx, p.UserID, p.SessionID, "")
	if err != nil {
		return problem.Unavailable(err)
	}
	if reason := state.against(p, s.opts.Now()); reason != "" {
		return ErrInvalidToken.Wrap(errors.New(reason))
	}
	// The next epoch is asked for by its number. Another one in the answer means that somebody moved it after the look above.
	next := max(state.Floor, state.Epoch) + 1
	moved, err := s.store.MoveEpoch(ctx, p.UserID, p.SessionID, next)
	if err == nil && moved != next {
		_, err = s.store.MoveEpoch(ctx, p.UserID, "", s.now().UnixMilli())
		if err == nil {
			return ErrInvalidToken.Wrap(errors.New("the session was ended meanwhile"))
		}
	}
	if err != nil {
		return problem.Unavailable(err)
	}
	s.opts.Audit.Record(ctx, audit.Event{Name: "session.end_all", Outcome: audit.Success, UserID: p.UserID, SessionID: p.SessionID})
	return nil
}

// Alive refuses a caller whose token was ended since the request was judged, with [ErrInvalidToken]. It is asked once more after a wait
// that the caller chose, and by whoever has just given an account another way in, and then takes that back. It costs no curve operation.
func (s *Service) Alive(ctx context.Context, p *jwt.TokenPayload) error {
	state, err := s.store.State(ctx, p.UserID, line(p), p.TokenID)
	if err != nil {
		return problem.Unavailable(err)
	}
	if reason := state.against(p, s.opts.Now()); reason != "" {
		return reject(p, reason)
	}
	if p.TokenType == jwt.TypePreAuth {
		_, err = s.owing(ctx, p)
	}
	return err
}

// ResetSecondFactors erases every second factor of the user, ends all sessions, and lets the account's guesses begin anew. It is
// for a host whose user has lost them, after proofing as strong as enrolment.
//
// The sessions end before it and after it. Whoever enrols a factor looks afterwards whether their session still lives, so that one that was
// there before the first end leaves no factor behind; the second ends what was begun in between by a factor that is gone now.
func (s *Service) ResetSecondFactors(ctx context.Context, userID string) error {
	if _, err := s.store.MoveEpoch(ctx, userID, "", s.now().UnixMilli()); err != nil {
		return problem.Unavailable(err)
	}
	for _, kind := range s.order {
		if err := s.second[kind].Forget(ctx, userID); err != nil {
			return problem.Unavailable(err)
		}
	}
	if _, err := s.store.MoveEpoch(ctx, userID, "", s.now().UnixMilli()); err != nil {
		return problem.Unavailable(err)
	}
	return s.opts.Guard.Succeeded(ctx, subject(userID))
}

// EndEverything ends every session of every user at once.
func (s *Service) EndEverything(ctx context.Context) error {
	if _, err := s.store.MoveFloor(ctx, s.now().UnixMilli()); err != nil {
		return problem.Unavailable(err)
	}
	s.opts.Audit.RecordVerb(ctx, audit.Event{Name: "session.end_everything", Outcome: audit.Success})
	return nil
}

// Forget erases the second factors and the sessions of a user whose account is erased.
func (s *Service) Forget(ctx context.Context, userID string) error {
	if err := s.ResetSecondFactors(ctx, userID); err != nil {
		return err
	}
	if err := s.store.DeleteAll(ctx, userID); err != nil {
		return problem.Unavailable(err)
	}
	return nil
}

package session

import (
	"context"
	"errors"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// Refresh swaps a user token for its successor in the same session. p must come from [Service.Genuine]. Within [Grace] the
// replaced token is answered with the same successor, letter by letter; after it, presenting the replaced token ends the session. A
// successor that a step-up has made is repeated only where the step-up came from, and is reauthentication_required elsewhere.
func (s *Service) Refresh(ctx context.Context, p *jwt.TokenPayload) (TokenResponse, error) {
	switch p.TokenType {
	case jwt.TypePreAuth:
		owes, err := s.owing(ctx, p)
		if err == nil {
			err = owes
		}
		return TokenResponse{}, err
	case jwt.TypeService:
		return TokenResponse{}, problem.ErrWrongTokenType
	case jwt.TypeUser:
	}
	// No leeway here: it is for the clocks of others, and the end of a token's life is the idle time-out of its session.
	if !s.opts.Now().Before(p.ExpiresAt) {
		return s.dead(ctx, "session.refresh", p, "the token is expired")
	}
	// A caller who loses the race to rotate finds the winner's successor on the second look.
	for range 2 {
		answer, again, err := s.refresh(ctx, p)
		if !again {
			return answer, err
		}
	}
	return s.dead(ctx, "session.refresh", p, "the session was ended meanwhile")
}

func (s *Service) dead(ctx context.Context, name string, p *jwt.TokenPayload, reason string) (TokenResponse, error) {
	s.record(ctx, name, audit.Failure, p, reason)
	return TokenResponse{}, ErrInvalidToken.Wrap(errors.New(reason))
}

func (s *Service) refresh(ctx context.Context, p *jwt.TokenPayload) (answer TokenResponse, again bool, err error) {
	sess, state, err := s.store.Load(ctx, p.UserID, p.SessionID, p.TokenID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return TokenResponse{}, false, problem.Unavailable(err)
	}
	now := s.now()
	current := sess.Token.TokenID == p.TokenID
	inGrace := now.Before(state.TokenEnd)
	if !current {
		state.TokenEnd = time.Time{} // the end of a replaced token is judged below, as grace or as reuse
	}
	reason := state.against(p, now)
	switch {
	case err != nil:
		reason = "the session is unknown"
	case !now.Before(sess.ExpiresAt):
		reason = "the session has reached its absolute lifetime"
	}
	if reason != "" {
		answer, err = s.dead(ctx, "session.refresh", p, reason)
		return answer, false, err
	}
	u, err := s.account(ctx, p)
	if err != nil {
		return TokenResponse{}, false, err
	}
	switch {
	case current:
		return s.rotate(ctx, p, sess, u, nil)
	case sess.Previous == p.TokenID && now.Before(sess.RotatedAt.Add(Grace)), inGrace:
		// A token that was replaced twice within its grace, by a refresh and a step-up, is swapped for the current one.
		if err = s.mayFollow(ctx, p, &sess.Token); err == nil {
			answer, err = s.respond(&sess.Token)
		}
		if err == nil {
			s.record(ctx, "session.refresh", audit.Success, p, "repeated within the grace")
		}
		return answer, false, err
	}
	return TokenResponse{}, false, s.reused(ctx, p, u)
}

// rotate makes the successor of the session's current token, which says what fresh has proven where that is set. The end of the old
// token is written first: a crash in between refuses, it does not revive.
func (s *Service) rotate(
	ctx context.Context, p *jwt.TokenPayload, sess Session, u user.User, fresh *Factor,
) (answer TokenResponse, again bool, err error) {
	now := s.now()
	old := sess.Token
	next := s.describe(u)
	next.SessionID, next.OriginApp, next.AuthTime, next.Epoch = old.SessionID, old.OriginApp, old.AuthTime, old.Epoch
	next.Methods, next.AAL, next.Extra = old.Methods, old.AAL, old.Extra
	if fresh != nil {
		s.freshen(&next, *fresh)
	}
	s.stamp(&next, sess)
	if answer, err = s.respond(&next); err != nil {
		return TokenResponse{}, false, err
	}
	if fresh != nil {
		if err = s.rememberPlace(ctx, p.SessionID); err != nil {
			return TokenResponse{}, false, err
		}
	}
	if err = s.store.Revoke(ctx, Revocation{UserID: p.UserID, TokenID: old.TokenID, At: now.Add(Grace), Until: s.outlived(old)}); err != nil {
		return TokenResponse{}, false, problem.Unavailable(err)
	}
	sess.Token, sess.Previous, sess.RotatedAt, sess.LastSeenAt = next, old.TokenID, now, now
	won, err := s.store.Rotate(ctx, old.TokenID, sess)
	if err != nil {
		return TokenResponse{}, false, problem.Unavailable(err)
	}
	if !won {
		return TokenResponse{}, true, nil
	}
	if fresh != nil {
		s.opts.Audit.Record(ctx, audit.Event{Name: "session.step_up", Outcome: audit.Success, UserID: p.UserID, SessionID: p.SessionID, Method: fresh.Method})
	} else {
		s.record(ctx, "session.refresh", audit.Success, p, "")
	}
	return answer, false, nil
}

// reused ends the family of a replaced token that came back after the grace: either its owner or a thief holds the
// successor (RFC 9700 section 4.14.2). The owner is told.
func (s *Service) reused(ctx context.Context, p *jwt.TokenPayload, u user.User) error {
	if err := s.kill(ctx, p.UserID, p.SessionID); err != nil {
		return err
	}
	s.record(ctx, "session.reuse_detected", audit.Failure, p, "a replaced token was refreshed after the grace")
	s.tell(ctx, u, sender.SessionReuse, "")
	return ErrInvalidToken.Wrap(errors.New("the token was replaced"))
}

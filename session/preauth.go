package session

import (
	"context"
	"errors"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/user"
)

// preAuth issues the token of a person who still owes the second factor. It is single-use because a record made here is
// taken when the factor has verified.
func (s *Service) preAuth(ctx context.Context, u user.User, f Factor, app string, epoch int64, names []string) (TokenResponse, error) {
	now := s.now()
	p := s.describe(u)
	p.TokenType, p.Audience = jwt.TypePreAuth, ""
	p.OriginApp, p.Epoch, p.Methods = app, epoch, []string{f.Method}
	p.TokenID = newID()
	p.IssuedAt = now.Truncate(time.Second)
	p.AuthTime = p.IssuedAt
	p.ExpiresAt = p.IssuedAt.Add(PreAuthLife)
	answer, err := s.respond(&p)
	if err != nil {
		return TokenResponse{}, err
	}
	if err := s.pending.Set(ctx, p.TokenID, []byte(u.ID), PreAuthLife); err != nil {
		return TokenResponse{}, problem.Unavailable(err)
	}
	answer.RequiresTwoFactor, answer.SecondFactors = true, &names
	s.opts.Audit.Record(ctx, audit.Event{Name: "session.pre_auth", Outcome: audit.Success, UserID: u.ID, Method: f.Method})
	return answer, nil
}

// owing reports whether the pre_auth token is still good for a completion. Its guesses void it by being spent: the record is
// left for a right guess that is under way.
func (s *Service) owing(ctx context.Context, p *jwt.TokenPayload) error {
	owner, err := s.pending.Get(ctx, p.TokenID)
	switch {
	case errors.Is(err, kv.ErrNotFound):
		return ErrInvalidToken.Wrap(errors.New("the pre_auth token is spent"))
	case err != nil:
		return problem.Unavailable(err)
	case string(owner) != p.UserID:
		return ErrInvalidToken.Wrap(errors.New("the pre_auth token is another user's"))
	}
	n, _, err := s.pending.Count(ctx, "n:"+p.TokenID, 0, PreAuthLife)
	switch {
	case err != nil:
		return problem.Unavailable(err)
	case n >= Guesses:
		return ErrInvalidToken.Wrap(errors.New("the guesses of the pre_auth token are spent"))
	}
	return nil
}

// Complete verifies the second factor of a person who presents a live pre_auth token, and answers a user token. The fifth
// wrong guess voids the token; guesses count against the account too, over all its second factors.
func (s *Service) Complete(ctx context.Context, p *jwt.TokenPayload, proof Proof) (TokenResponse, error) {
	factor, ok := s.second[proof.Kind()]
	if !ok {
		return TokenResponse{}, problem.ErrInvalidRequest.WithDetail("This kind of second factor is not offered.")
	}
	second, err := s.Guess(ctx, p.UserID, func(ctx context.Context) (Factor, error) {
		// Counted once the account admits the guess: being told to wait costs none of the five.
		n, _, err := s.pending.Count(ctx, "n:"+p.TokenID, 1, PreAuthLife)
		switch {
		case err != nil:
			return Factor{}, problem.Unavailable(err)
		case n > Guesses:
			return Factor{}, ErrInvalidToken
		}
		return factor.Verify(ctx, p.UserID, proof)
	})
	if err != nil {
		s.wrong(ctx, "session.complete", p, err)
		return TokenResponse{}, err
	}
	if err := s.spend(ctx, p); err != nil {
		return TokenResponse{}, err
	}
	answer, _, err := s.finish(ctx, p, second)
	return answer, err
}

// spend takes the record of the pre_auth token: of many completions one wins.
func (s *Service) spend(ctx context.Context, p *jwt.TokenPayload) error {
	owner, err := s.pending.Take(ctx, p.TokenID)
	switch {
	case errors.Is(err, kv.ErrNotFound):
		s.record(ctx, "session.complete", audit.Failure, p, "the pre_auth token is spent")
		return ErrInvalidToken
	case err != nil:
		return problem.Unavailable(err)
	case string(owner) != p.UserID:
		return ErrInvalidToken
	}
	return nil
}

// finish begins the session that both factors have earned.
func (s *Service) finish(ctx context.Context, p *jwt.TokenPayload, second Factor) (TokenResponse, jwt.TokenPayload, error) {
	u, err := s.account(ctx, p)
	if err != nil {
		return TokenResponse{}, jwt.TokenPayload{}, err
	}
	first := Factor{Method: p.Methods[0], At: p.AuthTime}
	return s.begin(ctx, u, []Factor{first, second}, p.OriginApp, p.Epoch)
}

// account reads the user again and refuses one that is gone or disabled.
func (s *Service) account(ctx context.Context, p *jwt.TokenPayload) (user.User, error) {
	u, err := s.users.ByID(ctx, p.UserID)
	switch {
	case errors.Is(err, user.ErrNotFound):
		s.record(ctx, "session.account", audit.Failure, p, "the account is gone")
		return user.User{}, ErrInvalidToken
	case err != nil:
		return user.User{}, problem.Unavailable(err)
	case u.Disabled:
		s.record(ctx, "session.account", audit.Failure, p, "the account is disabled")
		return user.User{}, ErrInvalidToken
	}
	return u, nil
}

// CompleteEnrolment begins the session of a person who presented a pre_auth token that could only enrol, and has enrolled. It ends
// the user's other sessions.
func (s *Service) CompleteEnrolment(ctx context.Context, p *jwt.TokenPayload, second Factor) (TokenResponse, error) {
	if err := s.spend(ctx, p); err != nil {
		return TokenResponse{}, err
	}
	answer, begun, err := s.finish(ctx, p, second)
	if err != nil {
		return TokenResponse{}, err
	}
	if err := s.EndOthers(ctx, &begun); err != nil {
		return TokenResponse{}, err
	}
	return answer, nil
}

// MayEnrol reports, by no error, whether a live pre_auth token may enrol a factor: its user must have one and has none.
func (s *Service) MayEnrol(ctx context.Context, p *jwt.TokenPayload) error {
	names, err := s.SecondFactors(ctx, p.UserID)
	if err != nil {
		return problem.Unavailable(err)
	}
	if len(names) > 0 {
		return problem.ErrSecondFactorRequired
	}
	return nil
}

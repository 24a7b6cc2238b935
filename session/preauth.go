package session

import (
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/together"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/user"
)

// owed is what is kept of a pre_auth token until it is spent.
type owed struct {
	UserID string `json:"user_id"`
	// Enrol says that the user had nothing to prove at sign-in and must enrol a factor first. Whoever enrols or removes the last factor ends
	// every other token, so that it stays true for as long as the token lives.
	Enrol bool `json:"enrol,omitzero"`
}

// refusal is what the token is refused with everywhere but where it is paid.
func (o owed) refusal() *problem.Error {
	if o.Enrol {
		return problem.ErrEnrolmentRequired
	}
	return problem.ErrSecondFactorRequired
}

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
	b, err := json.Marshal(owed{u.ID, len(names) == 0})
	if err != nil {
		return TokenResponse{}, problem.ErrInternal.Wrap(err)
	}
	if err := s.pending.Set(ctx, p.TokenID, b, PreAuthLife); err != nil {
		return TokenResponse{}, problem.Unavailable(err)
	}
	answer.RequiresTwoFactor, answer.SecondFactors = true, &names
	s.opts.Audit.Record(ctx, audit.Event{Name: "session.pre_auth", Outcome: audit.Success, UserID: u.ID, Method: f.Method})
	return answer, nil
}

// owing answers what a pre_auth token that is still good for a completion is refused with elsewhere. Its guesses void it by being spent:
// the record is left for a right guess that is under way.
func (s *Service) owing(ctx context.Context, p *jwt.TokenPayload) (*problem.Error, error) {
	b, err := s.pending.Get(ctx, p.TokenID)
	o, err := ownedBy(p, b, err)
	if err != nil {
		return nil, err
	}
	n, _, err := s.pending.Count(ctx, "n:"+p.TokenID, 0, PreAuthLife)
	switch {
	case err != nil:
		return nil, problem.Unavailable(err)
	case n >= Guesses:
		return nil, ErrInvalidToken.Wrap(errors.New("the guesses of the pre_auth token are spent"))
	}
	return o.refusal(), nil
}

// ownedBy reads what the store has answered for a pre_auth token, which must be the token's user's.
func ownedBy(p *jwt.TokenPayload, b []byte, err error) (o owed, _ error) {
	switch {
	case errors.Is(err, kv.ErrNotFound):
		return o, ErrInvalidToken.Wrap(errSpent)
	case err != nil:
		return o, problem.Unavailable(err)
	}
	if err := json.Unmarshal(b, &o); err != nil {
		return o, problem.Unavailable(err)
	}
	if o.UserID != p.UserID {
		return o, ErrInvalidToken.Wrap(errors.New("the pre_auth token is another user's"))
	}
	return o, nil
}

var errSpent = errors.New("the pre_auth token is spent")

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
	b, err := s.pending.Take(ctx, p.TokenID)
	_, err = ownedBy(p, b, err)
	if errors.Is(err, errSpent) {
		s.record(ctx, "session.complete", audit.Failure, p, errSpent.Error())
	}
	return err
}

// finish begins the session that both factors have earned.
func (s *Service) finish(ctx context.Context, p *jwt.TokenPayload, second Factor) (TokenResponse, jwt.TokenPayload, error) {
	var u user.User
	var others []Session
	err := together.Do(
		ctx,
		func(ctx context.Context) (err error) {
			u, err = s.account(ctx, p)
			return err
		},
		func(ctx context.Context) (err error) {
			others, err = s.remembered(ctx, p.UserID)
			return err
		},
	)
	if err != nil {
		return TokenResponse{}, jwt.TokenPayload{}, err
	}
	first := Factor{Method: p.Methods[0], At: p.AuthTime}
	return s.begin(ctx, u, []Factor{first, second}, p.OriginApp, p.Epoch, others)
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

// MayEnrol reports, by no error, whether a live pre_auth token that owes an enrolment may enrol a factor: its user has none to this moment.
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

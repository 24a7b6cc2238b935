package session

import (
	"context"
	"net/http"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
)

// subject is what guesses at a user's second factors count against, whichever factor they name and wherever they are made.
func subject(userID string) abuse.Subject {
	return abuse.Subject{Method: "second_factor", ID: userID, Most: abuse.MostFailures}
}

// Guess runs a check of a second factor within the account's one budget for them. It counts the guess as failed before it
// runs verify, and takes the failures back when verify answers no error. rate_limited says that the account must wait, or that its
// second factors are disabled until [Service.ResetSecondFactors]. What verify refuses is for the caller to record.
func (s *Service) Guess(ctx context.Context, userID string, verify func(context.Context) (Factor, error)) (Factor, error) {
	if err := s.opts.Guard.Admit(ctx, subject(userID)); err != nil {
		return Factor{}, err
	}
	f, err := verify(ctx)
	if err != nil {
		if _, known := problem.As(err); !known {
			err = problem.Unavailable(err)
		}
		return Factor{}, err
	}
	return f, s.opts.Guard.Succeeded(ctx, subject(userID))
}

// wrong records a second factor that did not verify. Limits record themselves, and a failure on our side is no guess.
func (s *Service) wrong(ctx context.Context, name string, p *jwt.TokenPayload, err error) {
	if refusal, ok := problem.As(err); ok && refusal.Status() == http.StatusUnauthorized {
		s.opts.Audit.Record(ctx, audit.Event{
			Name: name, Outcome: audit.Failure, UserID: p.UserID, SessionID: p.SessionID, Code: refusal.Code(), Reason: "the second factor did not verify",
		})
	}
}

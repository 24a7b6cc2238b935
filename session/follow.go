package session

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"slices"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/kv"
)

// place is the browser that a request comes from, as far as that can be told: a hash of its address and its name.
func place(ctx context.Context) []byte {
	o := audit.OriginFrom(ctx)
	sum := sha256.Sum256([]byte(o.IP + "\n" + o.UserAgent))
	return sum[:]
}

// rememberPlace keeps for the grace where a session was stepped up from.
func (s *Service) rememberPlace(ctx context.Context, sessionID string) error {
	if err := s.steps.Set(ctx, "from:"+sessionID, place(ctx), 2*Grace); err != nil {
		return problem.Unavailable(err)
	}
	return nil
}

// mayFollow decides whether the holder of a replaced token gets the current one within the grace. After a refresh it says nothing that
// the old one did not say. After a step-up it does, and the grace is for the other tabs of who has proven something, not for a thief of the
// old token who watches for that moment.
func (s *Service) mayFollow(ctx context.Context, old, current *jwt.TokenPayload) error {
	if old.AuthTime.Equal(current.AuthTime) && old.AAL == current.AAL && slices.Equal(old.Methods, current.Methods) {
		return nil
	}
	from, err := s.steps.Get(ctx, "from:"+old.SessionID)
	switch {
	case err != nil && !errors.Is(err, kv.ErrNotFound):
		return problem.Unavailable(err)
	case err == nil && subtle.ConstantTimeCompare(from, place(ctx)) == 1:
		return nil
	}
	s.opts.Audit.Record(ctx, audit.Event{
		Name: "session.refresh", Outcome: audit.Failure, UserID: old.UserID, SessionID: old.SessionID,
		Code: problem.ErrReauthenticationRequired.Code(), Reason: "the token was replaced by a step-up elsewhere",
	})
	return problem.ErrReauthenticationRequired
}

package webauthn

import (
	"context"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	rp "github.com/go-webauthn/webauthn/webauthn"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// Names answers "webauthn" for a user who has a passkey (session.SecondFactor).
func (s *Service) Names(ctx context.Context, userID string) ([]string, error) {
	list, err := s.store.List(ctx, userID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return []string{Method}, nil
}

// Ways counts the passkeys that the user can sign in with (session.FirstFactor).
func (s *Service) Ways(ctx context.Context, u user.User) (int, error) {
	list, err := s.store.List(ctx, u.ID)
	n := 0
	for _, c := range list {
		if s.opens(c) {
			n++
		}
	}
	return n, err
}

// opens reports whether a passkey can sign in by itself.
func (s *Service) opens(c Credential) bool { return c.UserVerified || s.opts.AllowWithoutVerification }

// Begin answers the request options for one of the user's passkeys (session.SecondFactor).
func (s *Service) Begin(ctx context.Context, userID string) (any, error) {
	u, err := s.owner(ctx, userID)
	if err != nil {
		return nil, err
	}
	a, list, err := s.accountOf(ctx, u)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, problem.ErrNotFound
	}
	wanted := s.verification()
	if already(ctx) {
		wanted = protocol.VerificationRequired
	}
	assertion, data, err := s.rp.BeginLogin(a, rp.WithUserVerification(wanted))
	if err != nil {
		return nil, problem.ErrInternal.Wrap(err)
	}
	if err := s.remember(ctx, proving, userID, data); err != nil {
		return nil, err
	}
	return &assertion.Response, nil
}

// already reports whether the first factor of the caller, who owes a second one, was a passkey.
func already(ctx context.Context) bool {
	p, ok := jwt.Shared(ctx)
	return ok && p.TokenType == jwt.TypePreAuth && slices.Contains(p.Methods, Method)
}

// Verify checks an assertion of one of the user's passkeys (session.SecondFactor). The caller bounds guesses and records refusals. After
// a passkey that did not verify its user, only one that does is a second factor: the same one twice is one factor still.
func (s *Service) Verify(ctx context.Context, userID string, proof session.Proof) (session.Factor, error) {
	_, verified, err := s.asserted(ctx, proving, userID, proof.Credential)
	if err != nil {
		return session.Factor{}, err
	}
	if already(ctx) && !verified {
		return session.Factor{}, refused("a passkey that verifies nobody was both factors")
	}
	return session.Factor{Method: Method, UserVerified: verified, At: s.now()}, nil
}

// Forget erases the user's passkeys and user handle (session.SecondFactor).
func (s *Service) Forget(ctx context.Context, userID string) error {
	if err := s.store.DeleteAll(ctx, userID); err != nil {
		return problem.Unavailable(err)
	}
	return nil
}

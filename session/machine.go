package session

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/user"
)

// Machine is an API key whose proof has just held.
type Machine struct {
	// OwnerID is the user whose key it is; TenantID the tenant it was made for, which must still be the owner's.
	OwnerID, TenantID string
	// KeyID becomes the sid claim.
	KeyID string
	// Generation names the tokens of this key that can be ended together, apart from its others. It holds no dot.
	Generation string
	// Method is the proof, as named in amr.
	Method string
	// Scope is the boundary that the key asks for. The owner's own is the most it gets.
	Scope string
	// Extra are further claims, JSON values.
	Extra map[string]any
	// NotAfter is when the token ends at the latest; zero where only its life bounds it.
	NotAfter time.Time
}

// Machine answers the service token of an API key. It cannot be refreshed. The host's own claims are about sessions of people
// and not asked for.
//
// [ErrDisabled] says that the owner is gone or disabled, or has left the tenant.
func (s *Service) Machine(ctx context.Context, m Machine) (TokenResponse, error) {
	// The epoch is read before the owner is judged, so that a token of an owner who was disabled and signed out in between is
	// born dead.
	epoch, err := s.store.Epoch(ctx, m.OwnerID, s.now().UnixMilli())
	if err != nil {
		return TokenResponse{}, problem.Unavailable(err)
	}
	u, err := s.users.ByID(ctx, m.OwnerID)
	switch {
	case errors.Is(err, user.ErrNotFound):
		return TokenResponse{}, ErrDisabled
	case err != nil:
		return TokenResponse{}, problem.Unavailable(err)
	case u.Disabled || u.TenantID != m.TenantID:
		return TokenResponse{}, ErrDisabled
	}
	p := s.describe(u)
	p.TokenType, p.IsSystemUser = jwt.TypeService, true
	p.Scope = narrower(m.Scope, u.Scope)
	p.SessionID, p.Epoch, p.Methods = m.KeyID, epoch, []string{m.Method}
	p.Extra = maps.Clone(m.Extra)
	if p.Extra == nil {
		p.Extra = map[string]any{}
	}
	p.Extra["auth_method"] = m.Method
	end := s.now().Add(LongestToken)
	if !m.NotAfter.IsZero() && m.NotAfter.Before(end) {
		end = m.NotAfter
	}
	s.stamp(&p, Session{ExpiresAt: end})
	p.TokenID = m.Generation + generationMark + p.TokenID
	p.AuthTime = p.IssuedAt
	if !p.ExpiresAt.After(p.IssuedAt) {
		return TokenResponse{}, ErrDisabled // it would be dead on arrival
	}
	return s.respond(&p)
}

// generationMark stands between the generation and the random part of a service token's id.
const generationMark = "."

// line names what a token ends with, as revocations do: the session of a user token, of a service token the generation within its
// API key.
func line(p *jwt.TokenPayload) string {
	if p.TokenType == jwt.TypeService {
		if generation, _, ok := strings.Cut(p.TokenID, generationMark); ok {
			return generationOf(p.SessionID, generation)
		}
	}
	return p.SessionID
}

func generationOf(keyID, generation string) string { return keyID + generationMark + generation }

// narrower answers the lesser of two boundaries; one that is none of them is no right at all.
func narrower(a, b string) string {
	order := []string{jwt.ScopeTenant, jwt.ScopePartner, jwt.ScopeSystem}
	i := min(slices.Index(order, a), slices.Index(order, b))
	if i < 0 {
		return ""
	}
	return order[i]
}

// EndKey ends the service tokens of an API key that belong to the generations, from a moment on.
func (s *Service) EndKey(ctx context.Context, ownerID, keyID string, at time.Time, generations ...string) error {
	for _, generation := range generations {
		r := Revocation{
			UserID: ownerID, SessionID: generationOf(keyID, generation), At: at, Until: at.Add(LongestToken + s.tokens.Leeway() + skew),
		}
		if err := s.store.Revoke(ctx, r); err != nil {
			return problem.Unavailable(err)
		}
	}
	return nil
}

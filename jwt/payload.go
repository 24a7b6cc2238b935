package jwt

import (
	"maps"
	"slices"
	"time"
)

// TokenType is the kind of a token. Each kind has a "typ" header of its own, so that no verifier can take one for another
// (RFC 8725 section 3.11).
type TokenType string

// The kinds of token.
const (
	// TypeUser is the token of a person who has proven every factor owed.
	TypeUser TokenType = "user"
	// TypePreAuth is the token of a person who still owes the second factor. Its audience is "<issuer>/2fa".
	TypePreAuth TokenType = "pre_auth"
	// TypeService is the token of a machine.
	TypeService TokenType = "service"
)

// The boundaries of what a caller may see: system > partner > tenant.
const (
	ScopeTenant  = "tenant"
	ScopePartner = "partner"
	ScopeSystem  = "system"
)

// Anonymous is the user id of the payload that stands for everybody while authentication is switched off.
const Anonymous = "anonymous"

// TokenPayload is what a token says. [Service.Verify] fills it; nothing else makes one that can be trusted.
// Times have whole seconds and are in UTC.
type TokenPayload struct {
	// TokenID is the jti claim: what a revocation names. At least 128 random bits.
	TokenID string
	// TokenType is the kind of the token.
	TokenType TokenType
	// UserID is the sub claim.
	UserID string
	// UserName, TenantID and PartnerID describe the user; empty ones are left out of the token.
	UserName, TenantID, PartnerID string
	// Scope is ScopeTenant, ScopePartner, ScopeSystem, or empty.
	Scope string
	// OriginApp is the application that the person signed in to.
	OriginApp string
	// IsSystemUser is true for machines.
	IsSystemUser bool
	// SessionID stays the same along a refresh chain. For service tokens it is the id of the API key.
	SessionID string
	// AuthTime is when the person last proved something; in a service token it is IssuedAt.
	AuthTime time.Time
	// Epoch is the user's epoch at sign-in, in milliseconds; see package session.
	Epoch int64
	// Methods are the ways the person proved who they are (RFC 8176 names where one exists).
	Methods []string
	// AAL is the authenticator assurance level that the methods reach: 0 where none is claimed (a code by e-mail), 1 or 2.
	AAL int
	// Extra holds the host's own claims.
	Extra map[string]any

	// Issuer, Audience, IssuedAt and ExpiresAt are registered claims (RFC 7519 section 4.1).
	Issuer, Audience    string
	IssuedAt, ExpiresAt time.Time
}

// Clone answers a copy that shares nothing with p. Inside Extra that holds for what JSON is made of, which is all that a
// verified token has there; values of other types are shared.
func (p *TokenPayload) Clone() *TokenPayload {
	c := *p
	c.Methods = slices.Clone(p.Methods)
	c.Extra = maps.Clone(p.Extra)
	for name, v := range c.Extra {
		c.Extra[name] = cloneJSON(v)
	}
	return &c
}

func cloneJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := maps.Clone(v)
		for name, member := range c {
			c[name] = cloneJSON(member)
		}
		return c
	case []any:
		c := slices.Clone(v)
		for i, element := range c {
			c[i] = cloneJSON(element)
		}
		return c
	default:
		return v
	}
}

// HasMethod reports whether the person proved themselves with the method, as named in amr.
func (p *TokenPayload) HasMethod(method string) bool { return slices.Contains(p.Methods, method) }

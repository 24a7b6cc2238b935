package apikey

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/clientip"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/session"
)

// Exchange swaps a secret for a service token with all scopes of its key. [ErrInvalidKey] covers every reason for which it is
// refused; rate_limited says that there were too many wrong ones for this code from this address. The right secret is never
// refused because somebody else guesses.
func (s *Service) Exchange(ctx context.Context, code, text string) (session.TokenResponse, error) {
	g, err := s.bySecret(ctx, code, text)
	if err != nil {
		return session.TokenResponse{}, err
	}
	return s.mint(ctx, g)
}

// Signed swaps an assertion (RFC 7523 section 3) for a service token with all scopes of its key. Errors are those of
// [Service.Exchange].
func (s *Service) Signed(ctx context.Context, assertion string) (session.TokenResponse, error) {
	g, err := s.byAssertion(ctx, assertion, "")
	if err != nil {
		return session.TokenResponse{}, err
	}
	return s.mint(ctx, g)
}

// grant is a proof that held.
type grant struct {
	key        Key
	method     string
	generation string
	// until is when the proof itself ends; zero: with the key.
	until  time.Time
	scopes []string
}

// bySecret does the same work for every code and text of the right form: one read, one comparison.
func (s *Service) bySecret(ctx context.Context, code, text string) (grant, error) {
	id, ok := idOf(code)
	if !ok || !wellFormed(text) {
		return grant{}, s.refuse(ctx, code, MethodSecret, Key{}, "the code or the key has not the form of one")
	}
	k, err := s.load(ctx, id)
	if err != nil {
		return grant{}, err
	}
	known, against := k.ID != "", &k
	if !known {
		against = &s.dummy
	}
	held := s.match(against, text)
	now := s.now()
	var reason string
	switch {
	case !known:
		reason = "the code is unknown"
	case held == nil:
		reason = "the key is wrong"
	case !held.Until.IsZero() && !now.Before(held.Until):
		reason = "the key was replaced"
	default:
		reason = s.usable(ctx, &k, now)
	}
	if reason != "" {
		return grant{}, s.refuse(ctx, code, MethodSecret, k, reason)
	}
	return grant{key: k, method: MethodSecret, generation: held.Generation, until: held.Until, scopes: k.Scopes}, nil
}

// load answers the key, or a zero one where there is none.
func (s *Service) load(ctx context.Context, id string) (Key, error) {
	k, err := s.keys.Load(ctx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Key{}, problem.Unavailable(err)
	}
	return k, nil
}

// usable answers why a key whose proof held is refused, or nothing.
func (s *Service) usable(ctx context.Context, k *Key, now time.Time) string {
	if reason := k.live(now); reason != "" {
		return reason
	}
	if !k.admits(audit.OriginFrom(ctx).IP) {
		return "the address is not among those allowed"
	}
	return ""
}

// refuse counts a failure and answers the one refusal. Only failures are counted, so that the right key keeps working while
// somebody guesses, from wherever; what is guessed has 256 bits. What names nobody is no guess: the limit of its address bounds it.
func (s *Service) refuse(ctx context.Context, code, method string, k Key, reason string) error {
	if _, ok := idOf(code); ok {
		ip, _ := netip.ParseAddr(audit.OriginFrom(ctx).IP)
		subject := abuse.Subject{Method: method, ID: code + "|" + clientip.Bucket(ip)}
		if err := s.opts.Guard.Admit(ctx, subject); err != nil {
			return err // the guard has recorded it
		}
	}
	s.opts.Audit.Record(ctx, audit.Event{
		Name: "apikey.use", Outcome: audit.Failure, Code: ErrInvalidKey.Code(), Reason: reason, UserID: k.OwnerID, Actor: k.ID, Method: method,
	})
	return ErrInvalidKey
}

// mint makes the token. All it says comes from the stored key and its owner.
func (s *Service) mint(ctx context.Context, g grant) (session.TokenResponse, error) {
	k := &g.key
	until := g.until
	if !k.ExpiresAt.IsZero() && (until.IsZero() || k.ExpiresAt.Before(until)) {
		until = k.ExpiresAt
	}
	answer, err := s.gate.Machine(ctx, session.Machine{
		OwnerID: k.OwnerID, TenantID: k.TenantID, KeyID: k.ID, Generation: g.generation, Method: g.method, NotAfter: until,
		Scope: boundary(g.scopes), Extra: map[string]any{"api_code": k.Code(), "scopes": list(g.scopes)},
	})
	switch {
	case errors.Is(err, session.ErrDisabled):
		return session.TokenResponse{}, s.refuse(ctx, k.Code(), g.method, *k, "the owner is gone, disabled, or in another tenant")
	case err != nil:
		return session.TokenResponse{}, err
	}
	e := audit.Event{Name: "apikey.use", Outcome: audit.Success, UserID: k.OwnerID, Actor: k.ID, Method: g.method, SessionID: k.ID}
	if err := s.used(ctx, g.key); err != nil {
		e.Fields = map[string]string{"last_used": "not written"}
	}
	s.opts.Audit.Record(ctx, e)
	return answer, nil
}

// used writes the last use, at most once a minute. Who loses against another write leaves it to that one.
func (s *Service) used(ctx context.Context, k Key) error {
	now := s.now()
	if now.Sub(k.LastUsedAt) < usedEvery {
		return nil
	}
	k.LastUsedAt = now
	k.Version++
	_, err := s.keys.Replace(ctx, k)
	return err
}

// The boundaries of what a caller may see, the widest first.
var boundaries = []string{jwt.ScopeSystem, jwt.ScopePartner, jwt.ScopeTenant}

// boundary answers the widest boundary among the scopes; none is no right at all.
func boundary(scopes []string) string {
	for _, b := range boundaries {
		if slices.Contains(scopes, b) {
			return b
		}
	}
	return ""
}

// within reports whether one boundary reaches no further than another.
func within(inner, outer string) bool {
	reach := func(b string) int {
		if i := slices.Index(boundaries, b); i >= 0 {
			return len(boundaries) - i
		}
		return 0
	}
	return reach(inner) <= reach(outer)
}

// list makes a JSON array of the scopes.
func list(scopes []string) []any {
	out := make([]any, len(scopes))
	for i, scope := range scopes {
		out[i] = scope
	}
	return out
}

// narrow answers the scopes that a request for less asks for (RFC 6749 section 3.3), and whether the key has them all.
func narrow(held []string, asked string) ([]string, bool) {
	if asked == "" {
		return held, true
	}
	var out []string
	for scope := range strings.SplitSeq(asked, " ") {
		if !slices.Contains(held, scope) {
			return nil, false
		}
		if !slices.Contains(out, scope) {
			out = append(out, scope)
		}
	}
	return out, true
}

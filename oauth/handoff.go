package oauth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"regexp"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/session"
)

// A page that cannot be told by a cookie, because the token is for the page and not for the browser, can bind the code to itself: it keeps
// a random verifier, names its S256 hash when the sign-in begins, and presents the verifier with the code (as in RFC 7636, with the
// page for the client). A code that somebody else began is then worth nothing to the page, and the page's own nothing to who reads it.

var (
	challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	// verifierForm is that of RFC 7636 section 4.1.
	verifierForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)
)

// handoff is what the code of a browser stands for.
type handoff struct {
	Token session.TokenResponse `json:"token"`
	// Binding is the hash of the cookie's value.
	Binding []byte `json:"binding,omitempty"`
	// Challenge is that of [Start].
	Challenge string `json:"challenge,omitzero"`
}

// proves reports whether the verifier is the one of the challenge. A verifier where nothing was asked for is none: the code was begun by
// somebody else than the page that presents it.
func (h *handoff) proves(verifier string) bool {
	if h.Challenge == "" {
		return verifier == ""
	}
	s256 := base64.RawURLEncoding.EncodeToString(hash(verifier))
	return subtle.ConstantTimeCompare([]byte(s256), []byte(h.Challenge)) == 1
}

// Redemption is what swaps a handoff code for its token.
type Redemption struct {
	Code string
	// Binding is the value of the handoff's cookie. Only with BindHandoff.
	Binding string
	// Verifier is that of the challenge with which the sign-in began, empty where it began without.
	Verifier string
}

// Redeem swaps the code of a browser for its token, once. A code that is wrong, used or late, with BindHandoff another browser's, or begun
// with another challenge than the verifier's, is invalid_code and spent.
func (s *Service) Redeem(ctx context.Context, r Redemption) (session.TokenResponse, error) {
	kept, found, err := take[handoff](ctx, s, aHandoff, r.Code)
	if err != nil {
		return session.TokenResponse{}, err
	}
	reason := ""
	switch {
	case !found:
		reason = "the code is unknown, used or late"
	case s.opts.BindHandoff && subtle.ConstantTimeCompare(hash(r.Binding), kept.Binding) != 1:
		reason = "the code is another browser's"
	case !kept.proves(r.Verifier):
		reason = "the code is another page's"
	}
	if reason != "" {
		s.opts.Audit.Record(ctx, audit.Event{Name: "oauth.handoff", Outcome: audit.Failure, Code: problem.ErrInvalidCode.Code(), Reason: reason})
		return session.TokenResponse{}, problem.ErrInvalidCode
	}
	return kept.Token, nil
}

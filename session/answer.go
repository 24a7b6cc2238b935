package session

import (
	"errors"
	"net/http"
	"time"

	"github.com/crafteasy/auth/internal/ctxkey"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/jwt"
)

// TokenResponse is the answer to every sign-in.
type TokenResponse struct {
	// Token is opaque to the client. In cookie mode the answer leaves it out and sets the cookie, but for machines.
	Token string `json:"token,omitzero"`
	// TokenType is user, pre_auth or service.
	TokenType jwt.TokenType `json:"token_type"`
	// Expires is RFC 3339 in UTC with whole seconds.
	Expires string `json:"expires"`
	// RequiresTwoFactor says that only the second-factor routes accept the token.
	RequiresTwoFactor bool `json:"requires_2fa"`
	// SecondFactors are what the user may use; an empty list asks to enrol one first. Present only when one is owed.
	SecondFactors *[]string `json:"second_factors,omitzero"`
}

// respond signs p. It comes before anything of the session is stored, so that a token which cannot be answered leaves nothing behind.
func (s *Service) respond(p *jwt.TokenPayload) (TokenResponse, error) {
	token, err := s.tokens.Sign(*p)
	if err != nil {
		return TokenResponse{}, problem.ErrInternal.Wrap(err)
	}
	if c := s.opts.Host.Cookie; c != nil && p.TokenType != jwt.TypeService && !c.Fits(token) {
		return TokenResponse{}, problem.ErrInternal.Wrap(errors.New("session: the token is too long for a cookie: Claims or the names of the user hold too much"))
	}
	s.issued.add(token)
	return TokenResponse{Token: token, TokenType: p.TokenType, Expires: p.ExpiresAt.UTC().Format(time.RFC3339)}, nil
}

// Write answers a sign-in: every TokenResponse goes through here. In cookie mode the token of a person goes into the cookie and not into
// the body. It panics below a route that does not say that it signs in, for that one is not guarded against other origins.
func Write(w http.ResponseWriter, r *http.Request, answer TokenResponse) error {
	if answer.TokenType == jwt.TypeService {
		return web.WriteJSON(w, http.StatusOK, answer)
	}
	if guarded, _ := r.Context().Value(ctxkey.SignsIn{}).(bool); !guarded {
		panic("session: a route that answers a session's token was mounted without SignsIn")
	}
	if host := web.HostFrom(r.Context()); host.Cookie != nil {
		ends, err := time.Parse(time.RFC3339, answer.Expires)
		if err != nil {
			return problem.ErrInternal.Wrap(err)
		}
		host.Cookie.Set(w, answer.Token, ends.Sub(host.Time()))
		answer.Token = ""
	}
	return web.WriteJSON(w, http.StatusOK, answer)
}

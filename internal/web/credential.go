package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/crafteasy/auth/internal/problem"
)

// Credential answers the token that r presents, by "X-API-Key: <token>" or "Authorization: Bearer <token>" (RFC 6750 section 2.1), and
// in cookie mode by the cookie. It is the only place that looks for one: a token in a URL or a body is not seen. The same token
// in several places is fine; two lines of one header, the cookie twice, or two different tokens, are
// [problem.ErrAmbiguousCredentials]; none is [problem.ErrAuthenticationRequired]; another scheme than Bearer is
// [problem.ErrInvalidToken]; the cookie alone, sent with an unsafe method by a page of another origin, is [problem.ErrCrossOrigin].
func (h *Host) Credential(r *http.Request) (string, error) {
	token, err := inHeaders(r)
	if h.Cookie == nil {
		return token, err
	}
	return h.Cookie.credential(r, token, err)
}

func inHeaders(r *http.Request) (string, error) {
	keys, auths := r.Header["X-Api-Key"], r.Header["Authorization"]
	if len(keys) > 1 || len(auths) > 1 {
		return "", problem.ErrAmbiguousCredentials
	}
	var key, bearer string
	if len(keys) == 1 {
		key = keys[0]
	}
	isBearer := true
	if len(auths) == 1 {
		var scheme string
		scheme, bearer, _ = strings.Cut(auths[0], " ")
		isBearer, bearer = strings.EqualFold(scheme, "Bearer"), strings.TrimLeft(bearer, " ")
	}
	switch {
	case len(keys) == 1 && len(auths) == 1 && (!isBearer || key != bearer):
		return "", problem.ErrAmbiguousCredentials
	case len(keys) == 1:
		return presented(key)
	case !isBearer:
		return "", problem.ErrInvalidToken.Wrap(errors.New("the scheme is not Bearer"))
	case len(auths) == 1:
		return presented(bearer)
	}
	return "", problem.ErrAuthenticationRequired
}

func presented(token string) (string, error) {
	if token == "" {
		return "", problem.ErrInvalidToken.Wrap(errors.New("the token is empty"))
	}
	return token, nil
}

package apikey

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/session"
)

const (
	grantType     = "client_credentials"
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// MetadataPath is where RFC 8414 section 3 puts the metadata of an authorization server.
	MetadataPath = "/.well-known/oauth-authorization-server"
)

// The refusals of RFC 6749 section 5.2. errClient becomes the one body for every client that is not let in; what the others say is safe.
var (
	errGrantType = problem.New(400, "unsupported_grant_type", "The grant type must be client_credentials.")
	errScope     = problem.New(400, "invalid_scope", "The client does not have all of the scopes.")
	errClient    = problem.New(401, "invalid_client", "The client is not authenticated.")
)

func (s *Service) tokenRoute() web.Route {
	return web.Route{Method: http.MethodPost, Pattern: "/token", Demand: web.Public, Endpoint: web.Form(s.tokenHTTP), WriteError: writeOAuthError}
}

// client is how a client says who it is.
type client struct {
	id, secret, assertion string
}

// tokenHTTP is the token endpoint for the client credentials grant (RFC 6749 section 4.4).
func (s *Service) tokenHTTP(w http.ResponseWriter, r *http.Request, form url.Values) error {
	c, err := clientOf(r, form)
	if err != nil {
		return err
	}
	if grant := form.Get("grant_type"); grant == "" {
		return invalid("grant_type", "is missing")
	} else if grant != grantType {
		return errGrantType
	}
	answer, scopes, err := s.Token(r.Context(), c.id, c.secret, c.assertion, form.Get("scope"))
	if err != nil {
		if errors.Is(err, ErrInvalidKey) {
			return errClient
		}
		return err
	}
	expires, err := time.Parse(time.RFC3339, answer.Expires)
	if err != nil {
		return problem.ErrInternal.Wrap(err)
	}
	w.Header().Set("Pragma", "no-cache")
	return web.WriteJSON(w, http.StatusOK, struct {
		Token   string `json:"access_token"`
		Type    string `json:"token_type"`
		Expires int64  `json:"expires_in"`
		Scope   string `json:"scope"`
	}{answer.Token, "Bearer", int64(expires.Sub(s.now().Truncate(time.Second)) / time.Second), strings.Join(scopes, " ")})
}

// Token swaps the credentials of a client, a secret or else an assertion, for a service token with the scopes asked for (RFC 6749
// section 4.4), all of its key where scope is empty, and answers those it got. It refuses as [Service.Exchange] does; scopes that the key
// does not have are invalid_scope.
func (s *Service) Token(ctx context.Context, id, secret, assertion, scope string) (session.TokenResponse, []string, error) {
	var g grant
	var err error
	if assertion != "" {
		g, err = s.byAssertion(ctx, assertion, id)
	} else {
		g, err = s.bySecret(ctx, id, secret)
	}
	if err != nil {
		return session.TokenResponse{}, nil, err
	}
	scopes, ok := narrow(g.key.Scopes, scope)
	if !ok {
		return session.TokenResponse{}, nil, errScope
	}
	g.scopes = scopes
	answer, err := s.mint(ctx, g)
	return answer, scopes, err
}

// clientOf reads exactly one way to authenticate (RFC 6749 section 2.3): client_secret_basic, client_secret_post or private_key_jwt.
func clientOf(r *http.Request, form url.Values) (client, error) {
	headers := r.Header.Values("Authorization")
	_, secret := form["client_secret"]
	_, assertion := form["client_assertion"]
	_, kind := form["client_assertion_type"]
	ways := 0
	for _, way := range []bool{len(headers) > 0, secret, assertion || kind} {
		if way {
			ways++
		}
	}
	id := form.Get("client_id")
	switch {
	case ways > 1 || len(headers) > 1:
		return client{}, problem.ErrInvalidRequest.WithDetail("More than one way to authenticate is used.")
	case len(headers) == 1:
		c, ok := basic(headers[0])
		if !ok {
			return client{}, errClient
		}
		if id != "" && id != c.id {
			return client{}, problem.ErrInvalidRequest.WithDetail("Two different clients are named.")
		}
		return c, nil
	case assertion || kind:
		if form.Get("client_assertion_type") != assertionType {
			return client{}, invalid("client_assertion_type", "is not "+assertionType)
		}
		if form.Get("client_assertion") == "" {
			return client{}, invalid("client_assertion", "is missing")
		}
		return client{id: id, assertion: form.Get("client_assertion")}, nil
	case id != "" && form.Get("client_secret") != "":
		return client{id: id, secret: form.Get("client_secret")}, nil
	}
	return client{}, errClient
}

// basic reads the Basic scheme, whose two parts are form-encoded first (RFC 6749 section 2.3.1).
func basic(header string) (client, bool) {
	id, secret, ok := (&http.Request{Header: http.Header{"Authorization": {header}}}).BasicAuth()
	if !ok {
		return client{}, false
	}
	id, errID := url.QueryUnescape(id)
	secret, errSecret := url.QueryUnescape(secret)
	return client{id: id, secret: secret}, errID == nil && errSecret == nil && id != "" && secret != ""
}

// writeOAuthError renders a refusal as RFC 6749 section 5.2 does. What it has no code for keeps its status.
func writeOAuthError(w http.ResponseWriter, _ *http.Request, p *problem.Error) {
	status, code := p.Status(), p.Code()
	h := w.Header()
	switch {
	case errors.Is(p, errClient):
		h.Set("WWW-Authenticate", `Basic realm="token", charset="UTF-8"`)
	case errors.Is(p, errScope), errors.Is(p, errGrantType):
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		code = "temporarily_unavailable"
	case status >= http.StatusInternalServerError:
		code = "server_error"
	default:
		code = "invalid_request"
	}
	if d := p.RetryAfter(); d > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10))
	}
	b, err := json.Marshal(map[string]string{"error": code, "error_description": p.Detail()}, json.Deterministic(true))
	if err != nil {
		b = []byte(`{"error":"server_error"}`)
	}
	web.SetHeaders(h)
	h.Set("Pragma", "no-cache")
	h.Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client is gone when this fails
}

// WellKnown are the endpoints that belong to the root of the issuer's host, none without the token endpoint.
func (s *Service) WellKnown() []web.Route {
	if !s.opts.M2M {
		return nil
	}
	at := MetadataPath
	if base, err := url.Parse(s.opts.Issuer); err == nil {
		at += base.EscapedPath() // RFC 8414 section 3.1
	}
	return []web.Route{{Method: http.MethodGet, Pattern: at, Demand: web.Public, Endpoint: web.NoBody(s.metadataHTTP)}}
}

type metadata struct {
	Issuer        string   `json:"issuer"`
	Token         string   `json:"token_endpoint"`
	Keys          string   `json:"jwks_uri"`
	GrantTypes    []string `json:"grant_types_supported"`
	ResponseTypes []string `json:"response_types_supported"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	AuthAlgs      []string `json:"token_endpoint_auth_signing_alg_values_supported"`
}

func (s *Service) metadataHTTP(w http.ResponseWriter, _ *http.Request) error {
	origin := s.opts.Issuer
	if base, err := url.Parse(origin); err == nil {
		base.Path, base.RawPath = "", ""
		origin = base.String()
	}
	at := origin + s.opts.Path
	return web.WriteJSON(w, http.StatusOK, metadata{
		Issuer: s.opts.Issuer, Token: at + "/token", Keys: at + "/jwks.json",
		GrantTypes: []string{grantType}, ResponseTypes: []string{},
		AuthMethods: []string{"client_secret_basic", "client_secret_post", "private_key_jwt"},
		AuthAlgs:    []string{algES256, algES384, algES512, algEdDSA, algRS256, algPS256},
	})
}

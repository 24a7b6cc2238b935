package auth

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/jwt"
)

// ownRoutes are the endpoints that belong to no method.
func (a *Auth) ownRoutes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Pattern: "/me", Demand: web.Any, Endpoint: web.NoBody(a.meHTTP)},
		{Method: http.MethodGet, Pattern: "/jwks.json", Demand: web.Public, Endpoint: web.NoBody(a.jwksHTTP)},
		{Method: http.MethodGet, Pattern: "/openapi.json", Demand: web.Public, Endpoint: web.NoBody(openAPIHTTP)},
	}
}

// Route is an endpoint as documents and tools see it.
type Route struct {
	// Method is the HTTP method. What answers GET answers HEAD too.
	Method string
	// Path is the path in the form of net/http, [Config.Path] included: "/auth/sessions/{id}".
	Path string
	// Demand is what the caller must present: Public, PreAuth, Enrol, User, Fresh, Any or Genuine.
	Demand string
}

// Routes answers the endpoints of [Auth.Handler], ordered by path and method. There are no others.
func (a *Auth) Routes() []Route {
	list := make([]Route, 0, len(a.routes))
	for _, rt := range a.routes {
		list = append(list, Route{Method: rt.Method, Path: a.config.Path + rt.Pattern, Demand: rt.Demand.String()})
	}
	slices.SortFunc(list, func(x, y Route) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Method, y.Method))
	})
	return list
}

// Me is the payload of a token as /auth/me shows it: times in RFC 3339, what is empty left out.
type Me struct {
	TokenID      string         `json:"token_id"`
	TokenType    jwt.TokenType  `json:"token_type"`
	UserID       string         `json:"user_id"`
	UserName     string         `json:"user_name,omitzero"`
	TenantID     string         `json:"tenant_id,omitzero"`
	PartnerID    string         `json:"partner_id,omitzero"`
	Scope        string         `json:"scope,omitzero"`
	OriginApp    string         `json:"origin_app,omitzero"`
	IsSystemUser bool           `json:"is_system_user"`
	SessionID    string         `json:"session_id,omitzero"`
	Issuer       string         `json:"issuer,omitzero"`
	Audience     string         `json:"audience,omitzero"`
	IssuedAt     string         `json:"issued_at,omitzero"`
	ExpiresAt    string         `json:"expires_at,omitzero"`
	AuthTime     string         `json:"auth_time,omitzero"`
	Methods      []string       `json:"methods,omitempty"`
	AAL          int            `json:"aal,omitzero"`
	Extra        map[string]any `json:"extra,omitempty"`
}

// Describe answers the payload in the form of /auth/me, for hosts that have such an endpoint of their own.
func Describe(p *TokenPayload) Me {
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	return Me{
		TokenID: p.TokenID, TokenType: p.TokenType, UserID: p.UserID, UserName: p.UserName, TenantID: p.TenantID, PartnerID: p.PartnerID,
		Scope: p.Scope, OriginApp: p.OriginApp, IsSystemUser: p.IsSystemUser, SessionID: p.SessionID, Issuer: p.Issuer, Audience: p.Audience,
		IssuedAt: at(p.IssuedAt), ExpiresAt: at(p.ExpiresAt), AuthTime: at(p.AuthTime), Methods: p.Methods, AAL: p.AAL, Extra: p.Extra,
	}
}

func (a *Auth) meHTTP(w http.ResponseWriter, r *http.Request) error {
	return web.WriteJSON(w, http.StatusOK, Describe(web.CallerOf(r)))
}

func (a *Auth) jwksHTTP(w http.ResponseWriter, _ *http.Request) error {
	web.SetHeaders(w.Header())
	w.Header().Set("Content-Type", "application/jwk-set+json")
	_, _ = w.Write(a.tokens.JWKS())
	return nil
}

// SessionsHandler serves the session list at /me/sessions of the host's root, as the routes below Path do at /sessions.
func (a *Auth) SessionsHandler() http.Handler {
	if a.config.Disabled {
		return a.handler
	}
	h, err := a.mount("", a.sessions.ListRoutes("/me/sessions"))
	if err != nil {
		panic("auth: " + err.Error()) // the same routes have mounted before
	}
	return h
}

package apikey

import (
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/session"
)

// Routes are the endpoints of machines, and those by which people keep their keys.
func (s *Service) Routes() []web.Route {
	routes := []web.Route{
		{Method: http.MethodPost, Pattern: "/api-key", Demand: web.Public, Endpoint: web.JSON(s.exchangeHTTP)},
		{Method: http.MethodPost, Pattern: "/api-key/signed", Demand: web.Public, Endpoint: web.JSON(s.signedHTTP)},
		{Method: http.MethodGet, Pattern: "/api-keys", Demand: web.User, Endpoint: web.NoBody(s.listHTTP)},
		{Method: http.MethodPost, Pattern: "/api-keys", Demand: web.Fresh, Endpoint: web.JSON(s.createHTTP)},
		{Method: http.MethodPost, Pattern: "/api-keys/{id}/rotate", Demand: web.Fresh, Endpoint: web.Optional(s.rotateHTTP)},
		{Method: http.MethodDelete, Pattern: "/api-keys/{id}", Demand: web.Fresh, Endpoint: web.NoBody(s.revokeHTTP)},
	}
	if s.opts.M2M {
		routes = append(routes, s.tokenRoute())
	}
	return routes
}

type exchangeRequest struct {
	Code string `json:"api_code"`
	Key  string `json:"api_key"`
}

type signedRequest struct {
	Assertion string `json:"assertion"`
}

type createRequest struct {
	Name       string           `json:"name"`
	AllowedIPs jsontext.Value   `json:"allowed_ips"`
	PublicKeys []jsontext.Value `json:"public_keys"`
	Scopes     []string         `json:"scopes"`
	NotBefore  string           `json:"not_before"`
	ExpiresAt  string           `json:"expires_at"`
}

type rotateRequest struct {
	Overlap *int64 `json:"overlap_seconds"`
}

// shown is a key as its owner sees it.
type shown struct {
	ID         string           `json:"id"`
	Code       string           `json:"api_code"`
	Secret     string           `json:"api_key,omitzero"`
	Prefix     string           `json:"prefix"`
	Name       string           `json:"name"`
	Scopes     []string         `json:"scopes"`
	AllowedIPs []string         `json:"allowed_ips,omitempty"`
	PublicKeys []jsontext.Value `json:"public_keys,omitempty"`
	CreatedAt  string           `json:"created_at"`
	NotBefore  string           `json:"not_before,omitzero"`
	ExpiresAt  string           `json:"expires_at,omitzero"`
	LastUsedAt string           `json:"last_used_at,omitzero"`
	Disabled   bool             `json:"disabled"`
}

func show(k Key, secret string) shown {
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	v := shown{
		ID: k.ID, Code: k.Code(), Secret: secret, Name: k.Name, Scopes: k.Scopes, AllowedIPs: k.AllowedIPs, Disabled: k.Disabled,
		CreatedAt: at(k.CreatedAt), NotBefore: at(k.NotBefore), ExpiresAt: at(k.ExpiresAt), LastUsedAt: at(k.LastUsedAt),
	}
	if len(k.Secrets) > 0 {
		v.Prefix = k.Secrets[0].Prefix
	}
	for _, key := range k.PublicKeys {
		v.PublicKeys = append(v.PublicKeys, jsontext.Value(key))
	}
	return v
}

func (s *Service) exchangeHTTP(w http.ResponseWriter, r *http.Request, in *exchangeRequest) error {
	if in.Code == "" {
		return invalid("api_code", "is missing")
	}
	if in.Key == "" {
		return invalid("api_key", "is missing")
	}
	answer, err := s.Exchange(r.Context(), in.Code, in.Key)
	if err != nil {
		return err
	}
	return session.Write(w, r, answer)
}

func (s *Service) signedHTTP(w http.ResponseWriter, r *http.Request, in *signedRequest) error {
	if in.Assertion == "" {
		return invalid("assertion", "is missing")
	}
	answer, err := s.Signed(r.Context(), in.Assertion)
	if err != nil {
		return err
	}
	return session.Write(w, r, answer)
}

func (s *Service) listHTTP(w http.ResponseWriter, r *http.Request) error {
	keys, err := s.List(r.Context(), web.CallerOf(r).UserID)
	if err != nil {
		return err
	}
	answer := struct {
		Keys []shown `json:"api_keys"`
	}{make([]shown, len(keys))}
	for i, k := range keys {
		answer.Keys[i] = show(k, "")
	}
	return web.WriteJSON(w, http.StatusOK, answer)
}

func (s *Service) createHTTP(w http.ResponseWriter, r *http.Request, in *createRequest) error {
	spec, err := in.spec()
	if err != nil {
		return err
	}
	made, err := s.Create(r.Context(), web.CallerOf(r).UserID, spec)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusCreated, show(made.Key, made.Secret))
}

func (in *createRequest) spec() (spec Spec, err error) {
	spec = Spec{Name: in.Name, Scopes: in.Scopes}
	if in.AllowedIPs != nil {
		// A null that stood for everywhere would be a filter that fails open.
		spec.AllowedIPs = []string{}
		if err := json.Unmarshal(in.AllowedIPs, &spec.AllowedIPs); err != nil || in.AllowedIPs.Kind() != '[' {
			return Spec{}, invalid("allowed_ips", "has the wrong type")
		}
	}
	for _, v := range in.PublicKeys {
		text := string(v) // a JWK
		if v.Kind() == '"' {
			b, err := jsontext.AppendUnquote(nil, v)
			if err != nil {
				return Spec{}, problem.ErrInvalidRequest.Wrap(err)
			}
			text = string(b)
		}
		spec.PublicKeys = append(spec.PublicKeys, text)
	}
	if spec.NotBefore, err = moment("not_before", in.NotBefore); err != nil {
		return Spec{}, err
	}
	spec.ExpiresAt, err = moment("expires_at", in.ExpiresAt)
	return spec, err
}

// moment reads a time; empty is none.
func moment(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Unix() <= 0 || t.Year() > 9999 {
		return time.Time{}, invalid(field, "is no time in the form of RFC 3339")
	}
	return t, nil
}

func (s *Service) rotateHTTP(w http.ResponseWriter, r *http.Request, in *rotateRequest) error {
	overlap := DefaultOverlap
	if in.Overlap != nil {
		if *in.Overlap < 0 || *in.Overlap > int64(LongestOverlap/time.Second) {
			return invalid("overlap_seconds", "is out of range")
		}
		overlap = time.Duration(*in.Overlap) * time.Second
	}
	made, err := s.Rotate(r.Context(), web.CallerOf(r).UserID, r.PathValue("id"), overlap)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, show(made.Key, made.Secret))
}

func (s *Service) revokeHTTP(w http.ResponseWriter, r *http.Request) error {
	if err := s.Revoke(r.Context(), web.CallerOf(r).UserID, r.PathValue("id")); err != nil {
		return err
	}
	return web.NoContent(w)
}

package webauthn

import (
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/session"
)

// Routes are the endpoints of passkeys. Assertions of the second factor are presented to those of package session.
func (s *Service) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodPost, Pattern: "/webauthn/register/options", Demand: web.Enrol, Endpoint: web.Empty(s.beginRegistrationHTTP)},
		{Method: http.MethodPost, Pattern: "/webauthn/register/verify", Demand: web.Enrol, Endpoint: web.JSON(s.registerHTTP), SignsIn: true},
		{Method: http.MethodPost, Pattern: "/webauthn/login/options", Demand: web.Public, Endpoint: web.Empty(s.beginSignInHTTP)},
		{Method: http.MethodPost, Pattern: "/webauthn/login/verify", Demand: web.Public, Endpoint: web.JSON(s.signInHTTP), SignsIn: true},
		{Method: http.MethodPost, Pattern: "/2fa/webauthn/options", Demand: web.PreAuth, Endpoint: web.Empty(s.beginSecondHTTP)},
		{Method: http.MethodGet, Pattern: "/webauthn/credentials", Demand: web.User, Endpoint: web.NoBody(s.listHTTP)},
		{Method: http.MethodPatch, Pattern: "/webauthn/credentials/{id}", Demand: web.Fresh, Endpoint: web.JSON(s.renameHTTP)},
		{Method: http.MethodDelete, Pattern: "/webauthn/credentials/{id}", Demand: web.Fresh, Endpoint: web.NoBody(s.removeHTTP)},
		{Method: http.MethodGet, Pattern: "/webauthn.js", Demand: web.Public, Endpoint: web.NoBody(scriptHTTP)},
	}
}

type registerRequest struct {
	Credential jsontext.Value `json:"credential"`
	Name       string         `json:"name"`
}

type signInRequest struct {
	Credential  jsontext.Value `json:"credential"`
	Application string         `json:"application"`
}

type nameRequest struct {
	Name string `json:"name"`
}

// view is a passkey as its owner sees it.
type view struct {
	ID             string   `json:"id"`
	Name           string   `json:"name"`
	CreatedAt      string   `json:"created_at"`
	LastUsedAt     string   `json:"last_used_at,omitzero"`
	Transports     []string `json:"transports"`
	UserVerified   bool     `json:"user_verified"`
	BackupEligible bool     `json:"backup_eligible"`
	BackedUp       bool     `json:"backed_up"`
}

type registerAnswer struct {
	view
	Signals
}

type listAnswer struct {
	Credentials []view `json:"credentials"`
	*Signals
}

func viewOf(c Credential) view {
	v := view{
		ID: base64url.EncodeToString(c.ID), Name: c.Name, CreatedAt: c.CreatedAt.UTC().Format(time.RFC3339), Transports: c.Transports,
		UserVerified: c.UserVerified, BackupEligible: c.BackupEligible, BackedUp: c.BackedUp,
	}
	if !c.LastUsedAt.IsZero() {
		v.LastUsedAt = c.LastUsedAt.UTC().Format(time.RFC3339)
	}
	return v
}

func (s *Service) beginRegistrationHTTP(w http.ResponseWriter, r *http.Request) error {
	options, err := s.BeginRegistration(r.Context(), web.CallerOf(r).UserID)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, options)
}

func (s *Service) registerHTTP(w http.ResponseWriter, r *http.Request, in *registerRequest) error {
	if err := given(in.Credential); err != nil {
		return err
	}
	if err := web.CheckText("name", in.Name); err != nil {
		return err
	}
	out, err := s.Register(r.Context(), web.CallerOf(r), in.Credential, in.Name)
	if err != nil {
		return err
	}
	if out.Token != nil {
		return session.Write(w, r, *out.Token)
	}
	return web.WriteJSON(w, http.StatusCreated, registerAnswer{viewOf(out.Credential), out.Signals})
}

// given refuses an answer that is not there at all.
func given(v jsontext.Value) error {
	if len(v) == 0 {
		return problem.ErrInvalidRequest.WithDetail("The field credential is missing.")
	}
	return nil
}

func (s *Service) beginSignInHTTP(w http.ResponseWriter, r *http.Request) error {
	options, err := s.BeginSignIn(r.Context())
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, options)
}

func (s *Service) signInHTTP(w http.ResponseWriter, r *http.Request, in *signInRequest) error {
	if err := given(in.Credential); err != nil {
		return err
	}
	if err := web.CheckText("application", in.Application); err != nil {
		return err
	}
	answer, err := s.SignIn(r.Context(), in.Credential, in.Application)
	if err != nil {
		return err
	}
	return session.Write(w, r, answer)
}

func (s *Service) beginSecondHTTP(w http.ResponseWriter, r *http.Request) error {
	options, err := s.Begin(r.Context(), web.CallerOf(r).UserID)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, options)
}

func (s *Service) listHTTP(w http.ResponseWriter, r *http.Request) error {
	list, signals, err := s.List(r.Context(), web.CallerOf(r).UserID)
	if err != nil {
		return err
	}
	views := make([]view, 0, len(list))
	for _, c := range list {
		views = append(views, viewOf(c))
	}
	return web.WriteJSON(w, http.StatusOK, listAnswer{views, signals})
}

// named reads the id of the passkey from the path.
func named(r *http.Request) ([]byte, error) {
	id, err := base64url.DecodeString(r.PathValue("id"))
	if err != nil || len(id) == 0 || len(id) > LongestID {
		return nil, problem.ErrNotFound
	}
	return id, nil
}

func (s *Service) renameHTTP(w http.ResponseWriter, r *http.Request, in *nameRequest) error {
	if in.Name == "" {
		return problem.ErrInvalidRequest.WithDetail("The field name is missing.")
	}
	if err := web.CheckText("name", in.Name); err != nil {
		return err
	}
	id, err := named(r)
	if err != nil {
		return err
	}
	c, err := s.Rename(r.Context(), web.CallerOf(r).UserID, id, in.Name)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, viewOf(c))
}

func (s *Service) removeHTTP(w http.ResponseWriter, r *http.Request) error {
	id, err := named(r)
	if err != nil {
		return err
	}
	signals, err := s.Remove(r.Context(), web.CallerOf(r), id)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, signals)
}

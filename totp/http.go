package totp

import (
	"encoding/base64"
	"net/http"
	"time"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/session"
)

// Routes are the endpoints of the authenticator app. Its codes are presented to those of package session.
func (s *Service) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Pattern: "/2fa", Demand: web.User, Endpoint: web.NoBody(s.stateHTTP)},
		{Method: http.MethodPost, Pattern: "/2fa/setup", Demand: web.Enrol, Endpoint: web.Empty(s.setupHTTP)},
		{Method: http.MethodPost, Pattern: "/2fa/enable", Demand: web.Enrol, Endpoint: web.JSON(s.enableHTTP), SignsIn: true},
		{Method: http.MethodPost, Pattern: "/2fa/disable", Demand: web.Fresh, Endpoint: web.JSON(s.disableHTTP)},
		{Method: http.MethodPost, Pattern: "/2fa/backup-codes", Demand: web.Fresh, Endpoint: web.JSON(s.codesHTTP)},
	}
}

type stateAnswer struct {
	Enabled   bool     `json:"enabled"`
	EnabledAt string   `json:"enabled_at,omitzero"`
	CodesLeft int      `json:"backup_codes_left"`
	Factors   []string `json:"second_factors"`
}

type setupAnswer struct {
	Secret string   `json:"secret"`
	URI    string   `json:"uri"`
	QR     string   `json:"qr_png"`
	Codes  []string `json:"backup_codes"`
}

type codesAnswer struct {
	Codes []string `json:"backup_codes"`
}

type codeRequest struct {
	Code string `json:"code"`
}

func (in *codeRequest) check() error {
	if in.Code == "" {
		return problem.ErrInvalidRequest.WithDetail("The field code is missing.")
	}
	return nil
}

func (s *Service) stateHTTP(w http.ResponseWriter, r *http.Request) error {
	st, err := s.State(r.Context(), web.CallerOf(r).UserID)
	if err != nil {
		return err
	}
	answer := stateAnswer{Enabled: st.Enabled, CodesLeft: st.CodesLeft, Factors: st.Factors}
	if st.Enabled {
		answer.EnabledAt = st.EnabledAt.UTC().Format(time.RFC3339)
	}
	return web.WriteJSON(w, http.StatusOK, answer)
}

func (s *Service) setupHTTP(w http.ResponseWriter, r *http.Request) error {
	made, err := s.Prepare(r.Context(), web.CallerOf(r).UserID)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, setupAnswer{
		Secret: made.Secret, URI: made.URI, QR: base64.StdEncoding.EncodeToString(made.QR), Codes: made.Codes,
	})
}

func (s *Service) enableHTTP(w http.ResponseWriter, r *http.Request, in *codeRequest) error {
	if err := in.check(); err != nil {
		return err
	}
	answer, err := s.Enable(r.Context(), web.CallerOf(r), in.Code)
	if err != nil {
		return err
	}
	if answer == nil {
		return web.NoContent(w)
	}
	return session.Write(w, r, *answer)
}

func (s *Service) disableHTTP(w http.ResponseWriter, r *http.Request, in *codeRequest) error {
	if err := in.check(); err != nil {
		return err
	}
	if err := s.Disable(r.Context(), web.CallerOf(r), in.Code); err != nil {
		return err
	}
	return web.NoContent(w)
}

func (s *Service) codesHTTP(w http.ResponseWriter, r *http.Request, in *codeRequest) error {
	if err := in.check(); err != nil {
		return err
	}
	shown, err := s.Regenerate(r.Context(), web.CallerOf(r).UserID, in.Code)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, codesAnswer{shown})
}

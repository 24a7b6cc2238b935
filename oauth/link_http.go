package oauth

import (
	"net/http"
	"time"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
)

func (s *Service) linkRoutes() []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Pattern: "/oauth2/links", Demand: web.User, Endpoint: web.NoBody(s.linksHTTP)},
		{Method: http.MethodPost, Pattern: "/oauth2/{provider}/link", Demand: web.Fresh, Endpoint: web.Optional(s.beginLinkHTTP)},
		{Method: http.MethodPost, Pattern: "/oauth2/link/confirm", Demand: web.Fresh, Endpoint: web.JSON(s.confirmHTTP)},
		{Method: http.MethodDelete, Pattern: "/oauth2/links/{id}", Demand: web.Fresh, Endpoint: web.NoBody(s.unlinkHTTP), Ahead: true},
	}
}

type linkView struct {
	ID       string `json:"id"`
	Provider string `json:"provider"`
	LinkedAt string `json:"linked_at"`
}

func (s *Service) linksHTTP(w http.ResponseWriter, r *http.Request) error {
	links, err := s.Links(r.Context(), web.CallerOf(r).UserID)
	if err != nil {
		return err
	}
	views := make([]linkView, len(links))
	for i, l := range links {
		views[i] = linkView{l.ID, l.Provider, l.LinkedAt.UTC().Format(time.RFC3339)}
	}
	return web.WriteJSON(w, http.StatusOK, map[string]any{"links": views})
}

type beginLinkRequest struct {
	ReturnTo *string `json:"return_to"`
}

// beginLinkHTTP answers where the browser goes instead of sending it there: the request holds a token, which a navigation cannot.
func (s *Service) beginLinkHTTP(w http.ResponseWriter, r *http.Request, in *beginLinkRequest) error {
	name, err := s.named(r)
	if err != nil {
		return err
	}
	var returnTo string
	if in.ReturnTo != nil {
		returnTo = *in.ReturnTo
	}
	what, err := start(name, "", returnTo, in.ReturnTo != nil)
	if err != nil {
		return err
	}
	what.UserID, what.SessionID = web.CallerOf(r).UserID, web.CallerOf(r).SessionID
	begun, err := s.Begin(r.Context(), what)
	if err != nil {
		return err
	}
	s.bindFlow(w, r, begun)
	return web.WriteJSON(w, http.StatusOK, map[string]string{"authorize_url": begun.URL})
}

type confirmRequest struct {
	Link string `json:"link"`
}

func (s *Service) confirmHTTP(w http.ResponseWriter, r *http.Request, in *confirmRequest) error {
	if in.Link == "" {
		return problem.ErrInvalidRequest.WithDetail("The field link is missing.")
	}
	if err := s.Confirm(r.Context(), web.CallerOf(r).UserID, web.CallerOf(r).SessionID, in.Link); err != nil {
		return err
	}
	return web.NoContent(w)
}

func (s *Service) unlinkHTTP(w http.ResponseWriter, r *http.Request) error {
	if err := s.Unlink(r.Context(), web.CallerOf(r).UserID, r.PathValue("id")); err != nil {
		return err
	}
	return web.NoContent(w)
}

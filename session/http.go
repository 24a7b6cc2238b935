package session

import (
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
)

// Routes are the endpoints that belong to no single method. Those of the second factor exist once a factor is registered.
func (s *Service) Routes() []web.Route {
	routes := append([]web.Route{
		{Method: http.MethodPost, Pattern: "/refresh", Demand: web.Genuine, Endpoint: web.Empty(s.refreshHTTP), SignsIn: true},
		{Method: http.MethodPost, Pattern: "/logout", Demand: web.Genuine, Endpoint: web.Empty(s.logoutHTTP)},
		{Method: http.MethodPost, Pattern: "/reauthenticate/options", Demand: web.User, Endpoint: web.Optional(s.beginStepUpHTTP)},
		{Method: http.MethodPost, Pattern: "/reauthenticate", Demand: web.User, Endpoint: web.JSON(s.stepUpHTTP), SignsIn: true},
	}, s.ListRoutes("/sessions")...)
	if len(s.second) > 0 {
		routes = append(routes, web.Route{Method: http.MethodPost, Pattern: "/2fa/verify", Demand: web.PreAuth, Endpoint: web.JSON(s.completeHTTP), SignsIn: true})
	}
	return routes
}

// ListRoutes are the session list at a path, for hosts that show it elsewhere too.
func (s *Service) ListRoutes(path string) []web.Route {
	return []web.Route{
		{Method: http.MethodGet, Pattern: path, Demand: web.User, Endpoint: web.NoBody(s.listHTTP)},
		{Method: http.MethodDelete, Pattern: path, Demand: web.User, Endpoint: web.NoBody(s.endOthersHTTP)},
		{Method: http.MethodDelete, Pattern: path + "/{id}", Demand: web.User, Endpoint: web.NoBody(s.endHTTP)},
	}
}

func (s *Service) refreshHTTP(w http.ResponseWriter, r *http.Request) error {
	answer, err := s.Refresh(r.Context(), web.CallerOf(r))
	if err != nil {
		return err
	}
	return Write(w, r, answer)
}

func (s *Service) logoutHTTP(w http.ResponseWriter, r *http.Request) error {
	if err := s.Logout(r.Context(), web.CallerOf(r)); err != nil {
		return err
	}
	web.DropCookie(w, r)
	return web.NoContent(w)
}

func (s *Service) listHTTP(w http.ResponseWriter, r *http.Request) error {
	p := web.CallerOf(r)
	list, err := s.List(r.Context(), p.UserID)
	if err != nil {
		return err
	}
	views := make([]view, 0, len(list))
	for _, sess := range list {
		views = append(views, viewOf(sess, p))
	}
	return web.WriteJSON(w, http.StatusOK, map[string]any{"sessions": views})
}

func (s *Service) endHTTP(w http.ResponseWriter, r *http.Request) error {
	p, id := web.CallerOf(r), r.PathValue("id")
	if err := s.End(r.Context(), p.UserID, id); err != nil {
		return err
	}
	if id == p.SessionID {
		web.DropCookie(w, r)
	}
	return web.NoContent(w)
}

func (s *Service) endOthersHTTP(w http.ResponseWriter, r *http.Request) error {
	p := web.CallerOf(r)
	switch q := r.URL.Query(); {
	case !q.Has("all"):
		if err := s.EndOthers(r.Context(), p); err != nil {
			return err
		}
	case len(q["all"]) == 1 && q.Get("all") == "true":
		if err := s.EndAll(r.Context(), p.UserID, ""); err != nil {
			return err
		}
		web.DropCookie(w, r)
	default:
		return problem.ErrInvalidRequest.WithDetail("The parameter all must be true, once.")
	}
	return web.NoContent(w)
}

type proofRequest struct {
	Code       string         `json:"code"`
	Credential jsontext.Value `json:"credential"`
}

func (in *proofRequest) proof() (Proof, error) {
	if (in.Code == "") == (len(in.Credential) == 0) {
		return Proof{}, problem.ErrInvalidRequest.WithDetail("Exactly one of code and credential is needed.")
	}
	return Proof{Code: in.Code, Credential: in.Credential}, nil
}

func (s *Service) completeHTTP(w http.ResponseWriter, r *http.Request, in *proofRequest) error {
	proof, err := in.proof()
	if err != nil {
		return err
	}
	answer, err := s.Complete(r.Context(), web.CallerOf(r), proof)
	if err != nil {
		return err
	}
	return Write(w, r, answer)
}

type stepUpRequest struct {
	Method string `json:"method"`
}

func (s *Service) beginStepUpHTTP(w http.ResponseWriter, r *http.Request, in *stepUpRequest) error {
	methods, key, err := s.BeginStepUp(r.Context(), web.CallerOf(r), in.Method)
	if err != nil {
		return err
	}
	answer := map[string]any{"methods": methods}
	if key != nil {
		answer["publicKey"] = key
	}
	return web.WriteJSON(w, http.StatusOK, answer)
}

func (s *Service) stepUpHTTP(w http.ResponseWriter, r *http.Request, in *proofRequest) error {
	proof, err := in.proof()
	if err != nil {
		return err
	}
	answer, err := s.StepUp(r.Context(), web.CallerOf(r), proof)
	if err != nil {
		return err
	}
	return Write(w, r, answer)
}

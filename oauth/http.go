package oauth

import (
	"net/http"
	"net/url"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/session"
)

// Routes are the endpoints of sign-in at providers.
func (s *Service) Routes() []web.Route {
	return append([]web.Route{
		{Method: http.MethodGet, Pattern: "/oauth2/{provider}/authorize", Demand: web.Public, Endpoint: web.NoBody(s.authorizeHTTP), Once: true},
		{Method: http.MethodGet, Pattern: "/oauth2/{provider}/callback", Demand: web.Public, Endpoint: web.NoBody(s.callbackHTTP), Once: true, SignsIn: true},
		{Method: http.MethodPost, Pattern: "/oauth2/handoff", Demand: web.Public, Endpoint: web.JSON(s.handoffHTTP), SignsIn: true},
		{Method: http.MethodGet, Pattern: "/oauth2/providers", Demand: web.Public, Endpoint: web.NoBody(s.providersHTTP)},
	}, s.linkRoutes()...)
}

// named answers the provider of the path: what no provider could be called is no resource.
func (s *Service) named(r *http.Request) (string, error) {
	name := r.PathValue("provider")
	if !nameForm.MatchString(name) {
		return "", problem.ErrNotFound
	}
	_, err := s.offer(name)
	return name, err
}

// one answers a query parameter that occurs at most once.
func one(q url.Values, name string) (value string, given bool, err error) {
	if len(q[name]) > 1 {
		return "", true, problem.ErrInvalidRequest.WithDetail("The parameter " + name + " is given twice.")
	}
	return q.Get(name), q.Has(name), nil
}

// start reads what somebody wants to begin.
func start(provider, app, returnTo string, returns bool) (Start, error) {
	if err := web.CheckText("application", app); err != nil {
		return Start{}, err
	}
	if returns && returnTo == "" {
		return Start{}, problem.ErrInvalidRequest.WithDetail("The parameter return_to is empty.")
	}
	return Start{Provider: provider, App: app, ReturnTo: returnTo}, nil
}

func (s *Service) authorizeHTTP(w http.ResponseWriter, r *http.Request) error {
	name, err := s.named(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	app, _, err := one(q, "application")
	if err != nil {
		return err
	}
	returnTo, returns, err := one(q, "return_to")
	if err != nil {
		return err
	}
	in, err := start(name, app, returnTo, returns)
	if err != nil {
		return err
	}
	challenge, binds, err := one(q, "handoff_challenge")
	if err != nil {
		return err
	}
	if binds && challenge == "" {
		return problem.ErrInvalidRequest.WithDetail("The parameter handoff_challenge is empty.")
	}
	in.Challenge = challenge
	begun, err := s.Begin(r.Context(), in)
	if err != nil {
		return err
	}
	s.bindFlow(w, r, begun)
	return redirect(w, http.StatusFound, begun.URL)
}

func (s *Service) callbackHTTP(w http.ResponseWriter, r *http.Request) error {
	name, err := s.named(r)
	if err != nil {
		return err
	}
	web.SetHeaders(w.Header())
	q := r.URL.Query()
	a := Answer{Provider: name, Refused: q.Has("error"), Malformed: len(q["code"]) > 1 || len(q["iss"]) > 1, Code: q.Get("code"), Issuer: q.Get("iss")}
	if len(q["state"]) == 1 && len(q.Get("state")) == handleLength {
		a.State = q.Get("state")
		a.Binding = s.binding(r, a.State)
		s.unbind(w, a.State)
	}
	out, err := s.Finish(r.Context(), a)
	if err != nil {
		return err
	}
	switch {
	case out.ReturnTo != "" && out.Link != "":
		return redirect(w, http.StatusSeeOther, onwards(out.ReturnTo, "link", out.Link))
	case out.ReturnTo != "":
		if out.Binding != "" {
			s.bind(w, out.Handoff, out.Binding, HandoffLife)
		}
		return redirect(w, http.StatusSeeOther, onwards(out.ReturnTo, "code", out.Handoff))
	case out.Link != "":
		return web.WriteJSON(w, http.StatusOK, map[string]string{"link": out.Link})
	}
	return session.Write(w, r, out.Token)
}

// redirect answers without a body, which would repeat the place.
func redirect(w http.ResponseWriter, status int, to string) error {
	web.SetHeaders(w.Header())
	w.Header().Set("Location", to)
	w.WriteHeader(status)
	return nil
}

type handoffRequest struct {
	Code     string  `json:"code"`
	Verifier *string `json:"handoff_verifier"`
}

func (s *Service) handoffHTTP(w http.ResponseWriter, r *http.Request, in *handoffRequest) error {
	if in.Code == "" {
		return problem.ErrInvalidRequest.WithDetail("The field code is missing.")
	}
	what := Redemption{Code: in.Code}
	if in.Verifier != nil {
		if what.Verifier = *in.Verifier; !verifierForm.MatchString(what.Verifier) {
			return problem.ErrInvalidRequest.WithDetail("The field handoff_verifier is not 43 to 128 letters, digits and -._~ of ASCII.")
		}
	}
	if s.opts.BindHandoff {
		what.Binding = s.binding(r, in.Code)
		s.unbind(w, in.Code)
	}
	token, err := s.Redeem(r.Context(), what)
	if err != nil {
		return err
	}
	return session.Write(w, r, token)
}

type offerView struct {
	Name string `json:"name"`
}

func (s *Service) providersHTTP(w http.ResponseWriter, _ *http.Request) error {
	views := []offerView{}
	for _, name := range s.Names() {
		views = append(views, offerView{name})
	}
	return web.WriteJSON(w, http.StatusOK, map[string]any{"providers": views})
}

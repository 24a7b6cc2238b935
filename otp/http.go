package otp

import (
	"net/http"
	"strings"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// Routes are the endpoints of sign-in by code and of the change of an address, for the channels that are on.
func (s *Service) Routes() []web.Route {
	var routes []web.Route
	if s.opts.Email {
		routes = append(routes, web.Route{Method: http.MethodPost, Pattern: "/login/email", Demand: web.Public, Endpoint: web.JSON(s.emailHTTP)})
	}
	if s.opts.SMS {
		routes = append(routes, web.Route{Method: http.MethodPost, Pattern: "/login/sms", Demand: web.Public, Endpoint: web.JSON(s.smsHTTP)})
	}
	if len(routes) > 0 {
		routes = append(
			routes,
			web.Route{Method: http.MethodPost, Pattern: "/login/verify", Demand: web.Public, Endpoint: web.JSON(s.verifyHTTP)},
			web.Route{Method: http.MethodPost, Pattern: "/me/identifiers", Demand: web.Fresh, Endpoint: web.JSON(s.changeHTTP)},
			web.Route{Method: http.MethodPost, Pattern: "/me/identifiers/verify", Demand: web.Fresh, Endpoint: web.JSON(s.confirmHTTP)},
		)
	}
	return routes
}

type emailRequest struct {
	Email        string `json:"email"`
	Application  string `json:"application"`
	CaptchaToken string `json:"captcha_token"`
}

type smsRequest struct {
	Phone        string `json:"phone"`
	Application  string `json:"application"`
	CaptchaToken string `json:"captcha_token"`
}

type verifyRequest struct {
	Target      string `json:"target"`
	Code        string `json:"code"`
	Application string `json:"application"`
	Challenge   string `json:"challenge"`
}

// sent is the one answer to "send me a code".
type sent struct {
	Message   string `json:"message"`
	Method    string `json:"method"`
	Challenge string `json:"challenge"`
}

func (s *Service) emailHTTP(w http.ResponseWriter, r *http.Request, in *emailRequest) error {
	to, err := user.ParseEmail(in.Email)
	if err != nil {
		return err
	}
	return s.sendHTTP(w, r, to, in.Application, "email")
}

func (s *Service) smsHTTP(w http.ResponseWriter, r *http.Request, in *smsRequest) error {
	to, err := s.opts.ParsePhone(in.Phone)
	if err != nil {
		return err
	}
	return s.sendHTTP(w, r, to, in.Application, "sms")
}

func (s *Service) sendHTTP(w http.ResponseWriter, r *http.Request, to user.Identifier, app, method string) error {
	if err := web.CheckText("application", app); err != nil {
		return err
	}
	challenge, err := s.Send(r.Context(), Request{Purpose: Login, To: to, App: app})
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, sent{"Verification code sent", method, challenge})
}

func (s *Service) verifyHTTP(w http.ResponseWriter, r *http.Request, in *verifyRequest) error {
	to, err := s.parseTarget(in.Target)
	if err != nil {
		return err
	}
	if in.Code == "" {
		return problem.ErrInvalidRequest.WithDetail("The field code is missing.")
	}
	if err := web.CheckText("application", in.Application); err != nil {
		return err
	}
	answer, err := s.SignIn(r.Context(), Answer{To: to, Code: in.Code, Challenge: in.Challenge, App: in.Application})
	if err != nil {
		return err
	}
	return session.Write(w, answer)
}

// parseTarget reads an address or a number: only an address holds an at sign.
func (s *Service) parseTarget(target string) (user.Identifier, error) {
	parse := s.opts.ParsePhone
	if strings.Contains(target, "@") {
		parse = user.ParseEmail
	}
	to, err := parse(target)
	if err != nil {
		return user.Identifier{}, problem.ErrInvalidRequest.WithDetail("The field target is neither an address nor a number.").Wrap(err)
	}
	return to, nil
}

package otp

import (
	"context"
	"net/http"
	"strings"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// Routes are the endpoints of sign-in by code and of the change of an address, each for the channels that are on for it.
func (s *Service) Routes() []web.Route {
	var routes []web.Route
	if s.opts.Email {
		routes = append(routes, web.Route{
			Method: http.MethodPost, Pattern: "/login/email", Demand: web.Public, Endpoint: web.Looking(s.checkEmail, s.lookEmail, s.emailHTTP),
		})
	}
	if s.opts.SMS {
		routes = append(routes, web.Route{
			Method: http.MethodPost, Pattern: "/login/sms", Demand: web.Public, Endpoint: web.Looking(s.checkSMS, s.lookSMS, s.smsHTTP),
		})
	}
	if len(routes) > 0 {
		routes = append(routes, web.Route{
			Method: http.MethodPost, Pattern: "/login/verify", Demand: web.Public, Endpoint: web.Looking(s.checkVerify, s.lookVerify, s.verifyHTTP), SignsIn: true,
		})
	}
	if s.opts.ChangeEmail || s.opts.ChangeSMS {
		routes = append(
			routes,
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

	to   user.Identifier
	from abuse.Standing
}

type smsRequest struct {
	Phone        string `json:"phone"`
	Application  string `json:"application"`
	CaptchaToken string `json:"captcha_token"`

	to   user.Identifier
	from abuse.Standing
}

type verifyRequest struct {
	Target      string `json:"target"`
	Code        string `json:"code"`
	Application string `json:"application"`
	Challenge   string `json:"challenge"`

	to   user.Identifier
	held *held
}

// sent is the one answer to "send me a code".
type sent struct {
	Message   string `json:"message"`
	Method    string `json:"method"`
	Challenge string `json:"challenge"`
}

func (s *Service) checkEmail(in *emailRequest) (err error) {
	if in.to, err = user.ParseEmail(in.Email); err != nil {
		return err
	}
	if err := web.CheckText("application", in.Application); err != nil {
		return err
	}
	return s.opts.Guard.CheckAddress(in.to)
}

func (s *Service) lookEmail(ctx context.Context, in *emailRequest) (err error) {
	in.from, err = s.opts.Guard.Standing(ctx)
	return err
}

func (s *Service) emailHTTP(w http.ResponseWriter, r *http.Request, in *emailRequest) error {
	return s.sendHTTP(w, r, Request{To: in.to, App: in.Application, Captcha: in.CaptchaToken, from: in.from}, "email")
}

func (s *Service) checkSMS(in *smsRequest) (err error) {
	if in.to, err = s.opts.ParsePhone(in.Phone); err != nil {
		return err
	}
	return web.CheckText("application", in.Application)
}

func (s *Service) lookSMS(ctx context.Context, in *smsRequest) (err error) {
	in.from, err = s.opts.Guard.Standing(ctx)
	return err
}

func (s *Service) smsHTTP(w http.ResponseWriter, r *http.Request, in *smsRequest) error {
	return s.sendHTTP(w, r, Request{To: in.to, App: in.Application, Captcha: in.CaptchaToken, from: in.from}, "sms")
}

func (s *Service) sendHTTP(w http.ResponseWriter, r *http.Request, q Request, method string) error {
	q.Purpose = Login
	challenge, err := s.Send(r.Context(), q)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, sent{"Verification code sent", method, challenge})
}

func (s *Service) checkVerify(in *verifyRequest) (err error) {
	if in.to, err = s.parseTarget(in.Target); err != nil {
		return err
	}
	if in.Code == "" {
		return problem.ErrInvalidRequest.WithDetail("The field code is missing.")
	}
	return web.CheckText("application", in.Application)
}

// lookVerify reads the challenge that the request names. Without one the address that guesses is judged first.
func (s *Service) lookVerify(ctx context.Context, in *verifyRequest) (err error) {
	if in.Challenge != "" && len(in.Challenge) <= maxHandle {
		in.held, err = s.look(ctx, "c:"+in.Challenge)
	}
	return err
}

func (s *Service) verifyHTTP(w http.ResponseWriter, r *http.Request, in *verifyRequest) error {
	answer, err := s.SignIn(r.Context(), Answer{To: in.to, Code: in.Code, Challenge: in.Challenge, App: in.Application, held: in.held})
	if err != nil {
		return err
	}
	return session.Write(w, r, answer)
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

package otp

import (
	"net/http"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/user"
)

type changeRequest struct {
	Email string `json:"email"`
	Phone string `json:"phone"`
}

type confirmRequest struct {
	Code      string `json:"code"`
	Challenge string `json:"challenge"`
}

func (s *Service) changeHTTP(w http.ResponseWriter, r *http.Request, in *changeRequest) error {
	to, method, err := s.wish(in)
	if err != nil {
		return err
	}
	challenge, err := s.BeginChange(r.Context(), web.CallerOf(r).UserID, to)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, sent{"Verification code sent", method, challenge})
}

// wish reads the one address that the request names, on a channel that is on.
func (s *Service) wish(in *changeRequest) (to user.Identifier, method string, err error) {
	switch {
	case (in.Email == "") == (in.Phone == ""):
		err = problem.ErrInvalidRequest.WithDetail("Exactly one of email and phone is needed.")
	case in.Email != "" && s.opts.ChangeEmail:
		method = "email"
		to, err = user.ParseEmail(in.Email)
	case in.Phone != "" && s.opts.ChangeSMS:
		method = "sms"
		to, err = s.opts.ParsePhone(in.Phone)
	default:
		err = problem.ErrInvalidRequest.WithDetail("Addresses of this kind are not used here.")
	}
	return to, method, err
}

func (s *Service) confirmHTTP(w http.ResponseWriter, r *http.Request, in *confirmRequest) error {
	switch {
	case in.Code == "":
		return problem.ErrInvalidRequest.WithDetail("The field code is missing.")
	case in.Challenge == "":
		return problem.ErrInvalidRequest.WithDetail("The field challenge is missing.")
	}
	if err := s.ConfirmChange(r.Context(), web.CallerOf(r).UserID, in.Challenge, in.Code); err != nil {
		return err
	}
	return web.NoContent(w)
}

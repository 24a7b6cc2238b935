package oauth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/session"
)

// Start is what somebody asks for who goes to a provider.
type Start struct {
	Provider string
	// App is the application signed in to.
	App string
	// ReturnTo is where the browser goes in the end; empty answers JSON.
	ReturnTo string
	// Challenge is the S256 hash of a verifier without which the handoff code is worth nothing, 43 characters of base64url; empty asks for
	// none. Only with ReturnTo.
	Challenge string
	// UserID and SessionID are those of somebody who is signed in and links an identity; empty signs in.
	UserID, SessionID string
}

// Flow is a sign-in that has begun.
type Flow struct {
	// URL is where the browser goes.
	URL string
	// State names the flow; Binding is the secret of the cookie that binds it to the browser.
	State, Binding string
}

// flow is the one record of state, nonce and verifier.
type flow struct {
	Start

	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	// Binding is the hash of the cookie's value.
	Binding []byte `json:"binding"`
}

// Begin starts a flow. [ErrUnknownProvider] says that there is no such provider; a place to return to that is not allowed is an
// invalid request.
func (s *Service) Begin(ctx context.Context, in Start) (Flow, error) {
	o, err := s.offer(in.Provider)
	if err != nil {
		return Flow{}, err
	}
	if in.ReturnTo != "" && !s.mayReturn(in.ReturnTo) {
		return Flow{}, problem.ErrInvalidRequest.WithDetail("The parameter return_to is not a place that is allowed.")
	}
	if in.Challenge != "" && (in.ReturnTo == "" || !challengeForm.MatchString(in.Challenge)) {
		return Flow{}, problem.ErrInvalidRequest.WithDetail("The parameter handoff_challenge is no S256 hash in base64url, or return_to is missing.")
	}
	begun := Flow{State: secret.Handle(32), Binding: secret.Handle(32)}
	rec := flow{Start: in, Nonce: secret.Handle(32), Verifier: secret.Handle(32), Binding: hash(begun.Binding)}
	begun.URL, err = o.Provider.AuthURL(ctx, Request{
		State: begun.State, Nonce: rec.Nonce, Verifier: rec.Verifier, RedirectURI: o.RedirectURI,
	})
	if errors.Is(err, ErrRefused) {
		// The provider is wrong, not the caller: nothing can be begun with it.
		err = problem.Unavailable(errors.New(reasonOf(err)))
	}
	if err != nil {
		return Flow{}, outage(err)
	}
	return begun, keepUnder(ctx, s, aFlow, begun.State, rec, FlowLife)
}

func hash(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

// Answer is what a browser brings back.
type Answer struct {
	Provider string
	State    string
	// Binding is the value of the flow's cookie.
	Binding string
	// Code and Issuer are the provider's. Refused says that it answered an error instead, Malformed that it named something twice.
	Code, Issuer       string
	Refused, Malformed bool
}

// Outcome is how a flow ended.
type Outcome struct {
	// Token is the answer to a sign-in without a place to return to.
	Token session.TokenResponse
	// ReturnTo is where the browser goes, with Handoff or Link.
	ReturnTo string
	// Handoff is good for the token, once, and with BindHandoff only together with Binding.
	Handoff, Binding string
	// Link is the handle of a link that waits for its confirmation.
	Link string
}

// Finish ends a flow: it spends the state whatever comes of it, has the provider say who signed in, and signs them in.
//
// [ErrInvalidState] covers every flow that is not this browser's own, live and first answer; [ErrRefused] every answer of the
// provider that does not prove an identity; [ErrLinkRequired] a new identity whose address an account has.
func (s *Service) Finish(ctx context.Context, a Answer) (Outcome, error) {
	o, err := s.offer(a.Provider)
	if err != nil {
		return Outcome{}, err
	}
	rec, found, err := take[flow](ctx, s, aFlow, a.State)
	switch {
	case err != nil:
		return Outcome{}, err
	case !found:
		return Outcome{}, s.refuse(ctx, a.Provider, "", ErrInvalidState, "the state is unknown, used or late")
	case rec.Provider != a.Provider:
		return Outcome{}, s.refuse(ctx, a.Provider, "", ErrInvalidState, "the state is another provider's")
	case subtle.ConstantTimeCompare(hash(a.Binding), rec.Binding) != 1:
		return Outcome{}, s.refuse(ctx, a.Provider, "", ErrInvalidState, "the state is another browser's")
	case a.Refused:
		return Outcome{}, s.refuse(ctx, a.Provider, "", ErrRefused, "the provider answered an error")
	case a.Malformed || a.Code == "" || len(a.Code) > maxCode:
		return Outcome{}, s.refuse(ctx, a.Provider, "", problem.ErrInvalidRequest.WithDetail("The provider's answer is not one."),
			"the answer holds not exactly one code")
	}
	info, err := o.Provider.Exchange(ctx, Response{
		Code: a.Code, Issuer: a.Issuer, Nonce: rec.Nonce, Verifier: rec.Verifier, RedirectURI: o.RedirectURI,
	})
	if err == nil && (info.Provider != a.Provider || info.Issuer == "" || !isSubject(info.Subject)) {
		err = Refuse("the provider names no identity")
	}
	if errors.Is(err, ErrRefused) {
		return Outcome{}, s.refuse(ctx, a.Provider, "", ErrRefused, reasonOf(err))
	}
	if err != nil {
		return Outcome{}, outage(err)
	}
	if rec.UserID != "" {
		return s.offerLink(ctx, rec, info)
	}
	return s.signIn(ctx, o, rec, info)
}

// maxCode bounds what is sent on to a provider.
const maxCode = 4096

// signIn finds or makes the account of an identity and signs it in.
func (s *Service) signIn(ctx context.Context, o Offer, rec flow, info UserInfo) (out Outcome, err error) {
	u, err := s.account(ctx, o, rec, info)
	if err != nil {
		return Outcome{}, err
	}
	token, err := s.gate.SignIn(ctx, u, session.Factor{Method: Method(info.Provider), At: s.opts.Now()}, rec.App)
	if errors.Is(err, session.ErrDisabled) {
		return Outcome{}, ErrRefused
	}
	if err != nil {
		return Outcome{}, err
	}
	if rec.ReturnTo == "" {
		return Outcome{Token: token}, nil
	}
	out.ReturnTo = rec.ReturnTo
	kept := handoff{Token: token, Challenge: rec.Challenge}
	if s.opts.BindHandoff {
		out.Binding = secret.Handle(32)
		kept.Binding = hash(out.Binding)
	}
	out.Handoff, err = keep(ctx, s, aHandoff, kept, HandoffLife)
	return out, err
}

// refuse records a refusal and answers it.
func (s *Service) refuse(ctx context.Context, provider, userID string, refusal *problem.Error, reason string) error {
	s.opts.Audit.Record(ctx, audit.Event{
		Name: "oauth.sign_in", Outcome: audit.Failure, Code: refusal.Code(), Reason: reason, UserID: userID, Method: Method(provider),
	})
	return refusal
}

package oauth

import (
	"context"
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/crafteasy/auth/internal/problem"
)

// The refusals of this package.
var (
	// ErrUnknownProvider says that no provider of this name is configured.
	ErrUnknownProvider = problem.New(400, "unknown_provider", "There is no such provider.")
	// ErrInvalidState covers a state or handle that is unknown, used, late, of another browser, provider or user.
	ErrInvalidState = problem.New(400, "invalid_state", "The sign-in was not begun here, or is over; begin again.")
	// ErrRefused covers everything that a provider refused or that its answer does not prove. It never repeats what the provider said.
	ErrRefused = problem.New(401, "provider_refused", "The provider did not confirm who you are.")
	// ErrLinkRequired says that an account has the address and its owner must confirm the link. The member "link" is the handle.
	ErrLinkRequired = problem.New(409, "link_required", "An account has this address: sign in to it, then confirm the link.")
)

// Provider is where people sign in. Its methods are safe for concurrent use.
//
// A refusal is [ErrRefused] with a cause, made by [Refuse]; a provider that does not answer is any other error.
type Provider interface {
	// Name is what the provider is called in paths and in amr: 1 to 32 of a-z, 0-9, - and _.
	Name() string
	// AuthURL answers where the browser is sent.
	AuthURL(ctx context.Context, r Request) (string, error)
	// Exchange spends the code of an answer and says who signed in. It checks everything that r names.
	Exchange(ctx context.Context, r Response) (UserInfo, error)
}

// Request is one sign-in as it begins.
type Request struct {
	// State comes back with the browser, Nonce inside the ID token.
	State, Nonce string
	// Verifier is that of PKCE (RFC 7636), 43 characters of 256 random bits; the provider is sent its S256 challenge.
	Verifier string
	// RedirectURI is where the browser is sent back to, as configured.
	RedirectURI string
}

// Response is what the browser brought back.
type Response struct {
	// Code is to be spent once.
	Code string
	// Issuer is the parameter iss (RFC 9207), empty where there was none.
	Issuer string
	// Nonce, Verifier and RedirectURI are those of the [Request].
	Nonce, Verifier, RedirectURI string
}

// UserInfo is who signed in, as the provider says.
type UserInfo struct {
	// Provider, Issuer and Subject are the identity.
	Provider, Issuer, Subject string
	// Email is the address, as the provider spells it. EmailVerified is true only where the provider said so with a real true.
	Email         string
	EmailVerified bool
	// Authoritative says that the provider runs the mailboxes of this address, so that nobody else could have it verified.
	Authoritative bool
	// Name and Picture are for people.
	Name, Picture string
	// Raw is the JSON object that the rest was read from. It holds no token.
	Raw jsontext.Value
}

// Refuse makes an [ErrRefused]. The reason reaches events: it is the provider implementation's own text, never the provider's.
func Refuse(reason string) error { return ErrRefused.Wrap(errors.New(reason)) }

// reasonOf is what a refusal may tell an event.
func reasonOf(err error) string {
	if p, ok := problem.As(err); ok && p.Unwrap() != nil && errors.Is(p, ErrRefused) {
		return p.Unwrap().Error()
	}
	return "the provider's answer does not hold"
}

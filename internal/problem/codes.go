package problem

import "time"

// UnavailableRetryAfter is the wait that a 503 suggests.
const UnavailableRetryAfter = 5 * time.Second

// The refusals that more than one package gives. A package that alone gives one declares it itself.
var (
	ErrInvalidRequest         = New(400, "invalid_request", "The request is not valid.")
	ErrAmbiguousCredentials   = New(400, "ambiguous_credentials", "The request presents more than one credential.")
	ErrAuthenticationRequired = New(401, "authentication_required", "This resource needs a token.")
	// ErrInvalidToken covers every reason for which a token is refused: telling them apart would tell a forger how far he got.
	ErrInvalidToken = New(401, "invalid_token", "The token is not valid.")
	// ErrInvalidCode covers a wrong, late, used and never-issued code alike: telling them apart would tell an attacker which
	// accounts have a code waiting.
	ErrInvalidCode              = New(401, "invalid_code", "The code is not valid.")
	ErrInvalidCredentials       = New(401, "invalid_credentials", "The credentials are not valid.")
	ErrSecondFactorRequired     = New(403, "second_factor_required", "The second factor is still owed.")
	ErrEnrolmentRequired        = New(403, "enrolment_required", "A second factor must be enrolled first.")
	ErrSignUpClosed             = New(403, "sign_up_closed", "New accounts are not being accepted.")
	ErrReauthenticationRequired = New(403, "reauthentication_required", "Prove your identity again first.")
	ErrInsufficientScope        = New(403, "insufficient_scope", "The token does not reach this far.")
	ErrWrongTokenType           = New(403, "wrong_token_type", "This kind of token is not accepted here.")
	ErrCrossOrigin              = New(403, "cross_origin", "A page of another origin may not ask for this.")
	ErrNotFound                 = New(404, "not_found", "There is no such resource.")
	ErrMethodNotAllowed         = New(405, "method_not_allowed", "This method is not allowed here.")
	ErrAlreadyRegistered        = New(409, "already_registered", "It is registered already.")
	ErrLastFactor               = New(409, "last_factor", "This is the last way to sign in; add another one first.")
	ErrRequestTooLarge          = New(413, "request_too_large", "The request is too large.")
	ErrUnsupportedMediaType     = New(415, "unsupported_media_type", "The body must be application/json.")
	ErrRateLimited              = New(429, "rate_limited", "Too many requests; wait and try again.")
	ErrInternal                 = New(500, "internal_error", "Something went wrong; the request id names it in the log.")
	ErrUnavailable              = New(503, "unavailable", "A service this request depends on does not answer; try again shortly.").
					WithRetryAfter(UnavailableRetryAfter)
)

// Unavailable answers [ErrUnavailable] with the failure of a store, a sender or a provider as its cause.
func Unavailable(cause error) *Error { return ErrUnavailable.Wrap(cause) }

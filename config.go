package auth

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/user"
)

// Secret is the configured secret. It cannot print itself; Reveal is the one way out.
type Secret = secret.Secret

// NewSecret makes a random secret of 32 bytes. One that is not kept ends every token and code with the process.
func NewSecret() Secret { return secret.New() }

// ParseSecret reads a secret of at least 32 bytes from standard or URL base64.
func ParseSecret(s string) (Secret, error) { return secret.Parse(s) }

// Problem is a refusal: what [Config.ErrorWriter] gets, and what errors.As finds in the errors of [Auth.Authenticate], of jwt.Remote and
// of the verbs of [Auth]. It is immutable. Its methods:
//
//   - Code is the stable name of the refusal, such as "invalid_token": branch on it. docs/errors.md lists them.
//   - Status is the HTTP status, Detail a sentence for people.
//   - Members are further members of the document, such as "link", by name; the map must not be changed.
//   - RetryAfter is how long to wait, or 0 where waiting does not help.
//   - Error is code and sentence, which may be shown; Unwrap is the cause, which is for the log alone.
type Problem = problem.Error //nolint:errname // it is what RFC 9457 calls it

// Profile is a set of defaults.
type Profile string

// The profiles.
const (
	// ProfileDefault is the recommended one: codes by mail and SMS, tokens of 30 minutes, sessions of 30 days.
	ProfileDefault Profile = ""
	// ProfileStrict is for what needs NIST AAL2 or more: no sign-in by mail or SMS, tokens of 15 minutes, sessions of 12 hours, and codes
	// only with the handle of their challenge. A change of address is still proven by a code to the new one: notices go there.
	ProfileStrict Profile = "strict"
)

// Config is all there is to set. Issuer, Keys, Secret and a way to sign in are required; the zero value of everything else is the
// recommended one. [New] copies it, so that nothing changes while serving. Its functions are called concurrently.
type Config struct {
	// Issuer is the base URL of the service, without a slash at its end: "https://example.com". http is for localhost and loopback
	// only. It names the tokens and is the origin of every link; nothing of a request ever is.
	Issuer string
	// Audience names who the tokens are for. Services with the same Issuer, Keys, Secret and Audience take each other's tokens, so
	// namespaces that are different tenants must not share one. Default: Issuer, and Issuer/Namespace where there is one.
	Audience string
	// Keys sign and verify tokens (ES512). See [jwt.GenerateKeys] and [jwt.ParseKeys].
	Keys *jwt.Keys
	// Secret keys everything that is not a signature. PreviousSecrets are still accepted, for rotation: name the new one there first, on
	// all instances, then make it Secret and keep the old one there. The old one may go when every token of its time has expired and
	// everybody who has an authenticator app has used it since; who has not needs a recovery code then.
	Secret          Secret
	PreviousSecrets []Secret

	// Store keeps what lasts, and what expires unless KV is set. Default: memory, which refuses tokens issued before its start.
	Store store.Store
	// KV keeps what expires. Default: Store's.
	KV kv.Store
	// Users is the host's own user table. Each call has 1.8 seconds, as have those to a Store, a KV and functions of the host's own, unless
	// they are [store.Punctual]. Default: Store's.
	Users user.Store
	// InsecureMemoryStore allows Users with the memory store: a restart then drops everybody's second factors and sessions
	// while the accounts stay. For tests only.
	InsecureMemoryStore bool
	// Namespace separates sets of identifiers on one store. Default: one set.
	Namespace string

	// CookieMode gives the token of a person to the browser in a cookie that no script can read, and leaves it out of the answer. It is for
	// hosts that serve pages; docs/cookies.md says when. Machines and headers work as without it. Default: off, the token is in
	// the answer and no cookie is looked at.
	CookieMode bool
	// Path is the mount point of Handler. Default: "/auth".
	Path string
	// AppName is the service's name in messages. Default: the host name of Issuer.
	AppName string

	// Email sends mail and turns sign-in by mail on; SMS does so for text messages.
	Email sender.Email
	SMS   sender.SMS
	// SMSCountries are the countries whose numbers are sent to, by ISO 3166 code: "SE", "NO". Required with SMS; "*" serves all.
	SMSCountries []string
	// ParsePhone reads the spelling of a number. Default: [user.ParsePhone], strict E.164.
	ParsePhone user.PhoneParser
	// Renderer writes the messages. Default: English.
	Renderer sender.Renderer
	// Templates replace single texts of the default renderer, Languages do so for single languages, by BCP 47 tags such as "sv" and "pt-BR".
	// What a language leaves out comes from Templates, and then in English.
	Templates sender.Templates
	Languages map[string]sender.Templates
	// Language answers the language of a message about the user (empty for a stranger), whose request had accept as its Accept-Language;
	// that may be somebody else's, so set it where you know what your users prefer. It runs beside the request. Default: the one
	// of Languages that fits accept best.
	Language func(ctx context.Context, userID, accept string) string

	// SignUp creates an account for whoever proves an unknown address. Default: closed.
	SignUp bool
	// Profile sets defaults. Default: ProfileDefault.
	Profile Profile
	// TokenLife is how long a token lives, at most 1 hour; it is the idle time-out too. Default: 30 minutes, strict 15.
	TokenLife time.Duration
	// SessionLife is the absolute life of a session, at most 30 days. Default: 30 days, strict 12 hours.
	SessionLife time.Duration
	// MaxSessions is how many a user may have; the oldest ends. Sign-ins at the same time may exceed it until the next one. Default: 20.
	MaxSessions int
	// RevocationLag lets RequireAuth answer from memory instead of asking the store about every request: what another instance ends,
	// a logout or EndSessions, is refused on this one when the lag is over at the latest; what this one ends, at once. The endpoints of
	// Handler ask the store all the same, and while the store cannot be followed every request does. From 100 milliseconds to 1
	// minute; it needs a Store that is a [session.Feed], as those of this library are. Default: 0, off: an end holds on the next
	// request everywhere.
	RevocationLag time.Duration
	// Leeway is how far clocks may differ, at most 2 minutes. Default: 30 seconds.
	Leeway time.Duration
	// Codes sets one-time codes.
	Codes Codes
	// Limits sets what is too much. docs/abuse.md is the whole table.
	Limits Limits
	// Captcha sets who must solve a CAPTCHA before a message is sent. Default: nobody.
	Captcha Captcha
	// Disposable sets what happens to addresses of throw-away mailboxes. Default: they are refused.
	Disposable Disposable
	// TrustedProxies are the networks whose X-Forwarded-For is believed. Default: none; the client is the peer.
	TrustedProxies []netip.Prefix

	// TOTPIssuer names the service in authenticator apps. Default: AppName.
	TOTPIssuer string
	// Passkeys sets sign-in by passkey. Default: on, for the domain of Issuer.
	Passkeys Passkeys
	// OAuth sets sign-in at providers: Google, Microsoft, GitHub, any OpenID provider. Default: none.
	OAuth OAuth
	// M2M turns the token endpoint of OAuth 2.0 client credentials on, at Path + "/token". Default: off.
	M2M bool
	// MayGrant says whether a new API key of the user may have the scopes: an error refuses it with insufficient_scope. It is not asked again
	// when the key is used. A boundary (tenant, partner, system) beyond the user's own is refused without asking. Default: everything else
	// is granted, so that a scope means no more than what the user may do anyway.
	MayGrant func(ctx context.Context, u user.User, scopes []string) error
	// RequireSecondFactor says who must have a second factor. Who has none can do nothing but enrol one. Default: nobody must.
	RequireSecondFactor func(u user.User) bool
	// Claims answers the host's own claims of a new session, JSON values that end up in the token's "extra". It is asked once, at the sign-in
	// of a person, and its answer stays with the session; an error is a 503, and nobody is signed in. Default: none.
	Claims func(ctx context.Context, u user.User) (map[string]any, error)

	// Audit takes the events. Default: Logger.
	Audit audit.Sink
	// Observe is told of every request to an endpoint, of every token check and of every message that is sent, for metrics and spans. op
	// has few values: the method and pattern of a route below Path, "authenticate", or "send code by email" ("notice", "sms"). The
	// context it answers is the operation's, and that of its events; [audit.OriginFrom] knows the request id in the one it is given.
	// done is called at the end with the code of the refusal, for a message "message_failed" or "rate_limited", or "" for a success. The module
	// github.com/crafteasy/auth/otel is one. Default: nobody is told.
	Observe func(ctx context.Context, op string) (inner context.Context, done func(code string))
	// Logger gets the causes of failures. Default: slog.Default.
	Logger *slog.Logger
	// ErrorWriter renders refusals in the host's own envelope: those of the endpoints but for Path + "/token", and those of the guards.
	// It writes Content-Type, status and body; the headers that go with p, such as WWW-Authenticate, Retry-After, X-Request-Id and
	// Cache-Control, are set. It is called concurrently. Default: application/problem+json.
	ErrorWriter func(w http.ResponseWriter, r *http.Request, p *Problem)

	// Disabled switches authentication off for local work: every loopback caller is the anonymous user, others are refused, and there
	// are no endpoints. It cannot change while serving, and warns at every start.
	Disabled bool
	// InsecureDisableAuth must be "local development" to allow Disabled with a durable store or the host's own users.
	InsecureDisableAuth string

	// Now returns the current time. Default: time.Now.
	Now func() time.Time

	base *url.URL // Issuer, parsed
}

// Codes sets one-time codes. The zero value is the recommended setting.
type Codes struct {
	// Length is how many digits a code has, from 6 to 10. Default: 6.
	Length int
	// TTL is how long a code lives, at most 10 minutes. Default: 5 minutes.
	TTL time.Duration
	// MaxAttempts is how many guesses a code takes, at most 10. Default: 5.
	MaxAttempts int
	// RequireChallenge refuses a code without the handle that its request was answered with (ASVS 6.6.2). Default: off, strict on.
	RequireChallenge bool
}

// Limits sets what is too much. Zero fields stand for their defaults; every limit is at least 1.
type Limits struct {
	// IPPerMinute bounds the public requests of an address. Default: 60.
	IPPerMinute int
	// RecipientPerHour and RecipientPerDay bound the messages to one mailbox or number; three times as many notices may leave on a
	// day. The second is how many addresses one account may name in a day too. Defaults: 5 and 10.
	RecipientPerHour, RecipientPerDay int
	// IPFailures is how many wrong codes an address may send before it must wait. Default: 5, or a twelfth of IPPerMinute where that
	// is more: who raises the one has many people behind one address.
	IPFailures int
	// DailyEmail and DailySMS bound the messages that leave on a day (UTC). Defaults: 10000 and 1000.
	DailyEmail, DailySMS int
	// SMSPerPrefix and SMSPerCountry bound the text messages of a day to a block of 10000 numbers and to a country. Defaults: 100 and
	// 500, or a tenth and half of DailySMS where these are more; one country alone may get all.
	SMSPerPrefix, SMSPerCountry int
	// SMSBreakerAfter is how many text messages a day to a block of numbers are sent before it counts how many of the codes come
	// back: with less than a fifth, the block gets no more that day. Default: half of SMSPerPrefix.
	SMSBreakerAfter int
	// ResendWait is how long a recipient must wait for a second message, doubling with each further one within the hour. At most 1
	// hour. Default: no wait: a client that asks RecipientPerHour times in a row is answered as often, which any wait would refuse.
	ResendWait time.Duration
	// DryRun lets through what the limits on requests and messages would refuse, and logs it. Guesses are never let through.
	DryRun bool
}

package auth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/apikey"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/message"
	"github.com/crafteasy/auth/internal/outbox"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/internal/turns"
	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/middleware"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/otp"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/totp"
	"github.com/crafteasy/auth/user"
	"github.com/crafteasy/auth/webauthn"
)

// TokenPayload is what a verified token says of its caller.
type TokenPayload = jwt.TokenPayload

// Auth is a complete sign-in stack. Make one with [New]; it is safe for concurrent use and cannot be changed. Values on
// several machines with the same configuration and store are one service.
type Auth struct {
	config   Config
	host     *web.Host
	recorder *audit.Recorder
	messages *message.Renderer
	outbox   *outbox.Outbox
	turns    *turns.Turns
	open     turns.Open
	tokens   *jwt.Service
	users    user.Store
	kv       kv.Store
	ring     *secret.Ring // for the uses of this namespace
	guard    *abuse.Guard
	sessions *session.Service
	codes    *otp.Service
	totp     *totp.Service
	oauth    *oauth.Service
	apiKeys  *apikey.Service
	passkeys *webauthn.Service
	routes   []web.Route
	handler  http.Handler
}

// New checks the configuration and wires everything. The error names the field that is wrong and never its value.
//
// It starts the workers that send messages and, with [Config.RevocationLag], the goroutine that keeps the mirror of what was ended;
// [Auth.Close] ends both.
func New(c Config) (*Auth, error) { return build(c) }

// build is New with further steps before the registries close.
func build(c Config, further ...func(*Auth) error) (*Auth, error) {
	if err := c.resolve(); err != nil {
		return nil, err
	}
	c.bound()
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Audit == nil {
		c.Audit = audit.NewSlog(c.Logger)
	}
	a := &Auth{config: c, recorder: audit.NewRecorder(c.Audit, c.Now)}
	if err := a.wire(further); err != nil {
		return nil, err
	}
	return a, nil
}

// Handler serves the endpoints below [Config.Path]. Mount it at Path + "/".
func (a *Auth) Handler() http.Handler { return a.handler }

// RequireAuth lets only requests through that present a live user or service token; [FromContext] then answers who it is.
func (a *Auth) RequireAuth(next http.Handler) http.Handler { return middleware.RequireAuth(a)(next) }

// OptionalAuth lets requests through that present a live token, or nothing at all. A token that does not hold is refused.
func (a *Auth) OptionalAuth(next http.Handler) http.Handler { return middleware.OptionalAuth(a)(next) }

// FromContext answers the payload of the caller's verified token, and whether there is one. It is a copy.
func FromContext(ctx context.Context) (*TokenPayload, bool) { return jwt.FromContext(ctx) }

// Authenticate answers the payload of a live user or service token, for callers that come by another way than HTTP
// ([middleware.Authenticator]). The payload must not be changed. A refusal is a [*Problem] with the code invalid_token, for a pre_auth token
// second_factor_required or enrolment_required, and unavailable where the store does not answer.
func (a *Auth) Authenticate(ctx context.Context, token string) (*TokenPayload, error) {
	if a.config.Disabled {
		return nil, errDisabled
	}
	p, err := a.sessions.Authenticate(ctx, token)
	if err != nil {
		a.sessions.RecordRefusal(ctx, err)
	}
	return p, err
}

// WebCaller is how package middleware learns who calls. It is for that package alone.
func (a *Auth) WebCaller(ctx context.Context, token string) (*web.Caller, error) {
	return a.sessions.Caller(ctx, token)
}

// WebHost is how package middleware learns what the configuration says about requests. It is for that package alone.
func (a *Auth) WebHost() *web.Host { return a.host }

// Close waits for the requests that have begun to change something, refuses new messages, sends those that were accepted, and stops the
// workers and the mirror. When ctx ends first, the rest is given up and the error says so. Call it after the server has stopped taking
// requests: a server does not wait for those whose client has left it by HTTP/2, nor for those behind [http.TimeoutHandler]. Again is fine.
func (a *Auth) Close(ctx context.Context) error {
	if a.outbox == nil {
		return nil
	}
	return errors.Join(a.open.Wait(ctx), a.sessions.Close(ctx), a.outbox.Close(ctx))
}

var errDisabled = errors.New("auth: authentication is disabled")

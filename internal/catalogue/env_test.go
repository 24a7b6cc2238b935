package catalogue

import (
	"context"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/middleware"
	"github.com/crafteasy/auth/user"
)

const issuer = "https://auth.example"

// env is a service of one or two instances over real HTTP, with a program behind it that counts who gets in.
type env struct {
	*authtest.Server

	t     *testing.T
	forge *forge.Forge
	urls  []string
	turn  atomic.Uint32
	// app is how often a protected handler ran.
	app atomic.Int64
	// sms says that everybody is known by a telephone number instead of the address that the test names.
	sms bool
	// phone is the app that was set up last, hardware and held are the passkey that was registered last.
	phone    phoneApp
	hardware *authtest.Authenticator
	held     *authtest.Passkey
	// wall says that expiry in the back end follows the machine's clock and not the test's.
	wall bool
	// guest, if set, makes the context of each request that comes.
	guest atomic.Pointer[func(context.Context) context.Context]
}

// each runs f on every back end with one and with two instances that share it; with two alone where the test server is slow.
func each(t *testing.T, c auth.Config, f func(t *testing.T, e *env)) {
	t.Helper()
	for _, b := range backends {
		for _, n := range []int{1, 2} {
			if n == 1 && b.slow {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d", b.name, n), func(t *testing.T) { f(t, open(t, b, n, c)) })
		}
	}
}

// eachChannel is [each] by mail, and by text message in memory and on Redis.
func eachChannel(t *testing.T, c auth.Config, f func(t *testing.T, e *env)) {
	t.Helper()
	each(t, c, f)
	for _, b := range backends {
		if b.slow {
			continue
		}
		t.Run(b.name+"/sms", func(t *testing.T) {
			e := open(t, b, 1, c)
			e.sms = true
			f(t, e)
		})
	}
}

// to is where somebody gets messages whom the test names by an address.
func (e *env) to(email string) user.Identifier {
	if !e.sms {
		return user.Identifier{Kind: user.Email, Value: email}
	}
	return user.Identifier{Kind: user.Phone, Value: fmt.Sprintf("+46701%06d", crc32.ChecksumIEEE([]byte(email))%1_000_000)}
}

// alone runs f on one instance in memory, for what no back end and no second instance has a part in.
func alone(t *testing.T, c auth.Config) *env {
	t.Helper()
	return open(t, backends[0], 1, c)
}

func open(t *testing.T, b backend, instances int, c auth.Config) *env {
	t.Helper()
	c.Issuer = issuer
	b.open(t, &c)
	e := &env{t: t, wall: b.wall}
	e.start(c, instances)
	return e
}

// start makes the instances.
func (e *env) start(c auth.Config, instances int) {
	t := e.t
	t.Helper()
	e.Server = authtest.New(t, c)
	text, err := e.Config.Keys.PrivatePEM()
	if err != nil {
		t.Fatal(err)
	}
	e.forge = forge.New(t, text, e.Config.Secret, issuer)
	for i := range instances {
		s := e.Server
		if i > 0 {
			s = e.Twin()
		}
		host := e.host(s.Auth)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if guest := e.guest.Load(); guest != nil {
				r = r.WithContext((*guest)(r.Context()))
			}
			host.ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		e.urls = append(e.urls, server.URL)
	}
}

// reopen makes the instances anew with a changed configuration: same keys, secret, store, clock, inbox and events.
func (e *env) reopen(change func(c *auth.Config)) {
	e.t.Helper()
	before, n := e.Server, len(e.urls)
	c := before.Config
	c.Logger = nil // each server shows its own log
	change(&c)
	e.urls = nil
	e.start(c, n)
	e.Clock, e.Inbox, e.Events = before.Clock, before.Inbox, before.Events
}

// beside makes another service on the same store, with the same keys, secret and clock, whose events and messages are its own.
func (e *env) beside(change func(c *auth.Config)) *env {
	e.t.Helper()
	c := e.Config
	c.Logger, c.Audit, c.Email, c.SMS = nil, nil, nil, nil
	change(&c)
	other := &env{t: e.t, wall: e.wall}
	other.start(c, len(e.urls))
	other.Clock = e.Clock
	return other
}

// host is a program as a service author writes it.
func (e *env) host(a *auth.Auth) http.Handler {
	let := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.app.Add(1)
		who, ok := auth.FromContext(r.Context())
		if !ok {
			fmt.Fprint(w, "nobody")
			return
		}
		fmt.Fprint(w, who.UserID)
	})
	mux := http.NewServeMux()
	handler := a.Handler()
	if e.Config.ErrorWriter == nil { // the host's own envelope is not described
		handler = wire.watch(a)
	}
	mux.Handle("/auth/", handler)
	mux.Handle("/me/sessions", a.SessionsHandler())
	mux.Handle("/me/sessions/", a.SessionsHandler())
	mux.Handle("/app", a.RequireAuth(let))
	mux.Handle("/open", a.OptionalAuth(let))
	mux.Handle("/user", a.RequireAuth(middleware.RequireType(jwt.TypeUser)(let)))
	mux.Handle("/partner", a.RequireAuth(middleware.RequireScope(jwt.ScopePartner)(let)))
	mux.Handle("/fresh", a.RequireAuth(middleware.RequireFresh(10*time.Minute)(let)))
	mux.Handle("/passkey", a.RequireAuth(middleware.RequireMethod("webauthn")(let)))
	return mux
}

// guarded are the paths of the program that ask for a caller.
var guarded = []string{"/app", "/open", "/user", "/partner", "/fresh", "/passkey"}

const (
	ada = "ada@example.com"
	bob = "bob@example.com"
)

// account is the id of the account with the address, which it makes when there is none.
func (e *env) account(email string) string {
	e.t.Helper()
	id := e.to(email)
	u, err := e.Config.Store.Users().Find(e.t.Context(), id)
	if err != nil {
		u, err = e.Config.Store.Users().Create(e.t.Context(), user.NewUser{Identifier: id})
	}
	if err != nil {
		e.t.Fatal(err)
	}
	return u.ID
}

// handle asks for a code to the address and answers the handle of its challenge.
func (e *env) handle(email string) string {
	e.t.Helper()
	path, field := e.channel()
	a := e.post(path, fmt.Sprintf(`{%q:%q}`, field, e.to(email).Value))
	if a.status != http.StatusOK {
		e.t.Fatalf("login answers %d %s", a.status, a.body)
	}
	return a.text("challenge")
}

// channel is the route that sends codes, with the field that says where to.
func (e *env) channel() (path, field string) {
	if e.sms {
		return "/auth/login/sms", "phone"
	}
	return "/auth/login/email", "email"
}

// code asks for a code to the address and answers the handle of its challenge and the code.
func (e *env) code(email string) (handle, code string) {
	e.t.Helper()
	handle = e.handle(email)
	return handle, e.Inbox.Code(e.t, e.to(email).Value)
}

// verify presents a code.
func (e *env) verify(email, handle, code string) answer {
	e.t.Helper()
	target := e.to(email).Value
	body := fmt.Sprintf(`{"target":%q,"code":%q,"challenge":%q}`, target, code, handle)
	if handle == "" {
		body = fmt.Sprintf(`{"target":%q,"code":%q}`, target, code)
	}
	return e.post("/auth/login/verify", body)
}

// login signs the account with the address in over HTTP, making it when there is none.
func (e *env) login(email string) string {
	e.t.Helper()
	e.account(email)
	handle, code := e.code(email)
	a := e.verify(email, handle, code)
	if a.status != http.StatusOK || a.token() == "" {
		e.t.Fatalf("sign-in answers %d %s; the log says %s", a.status, a.body, e.Logs())
	}
	return a.token()
}

// wrong is a code that is not the given one.
func wrong(code string) string {
	last := (code[len(code)-1]-'0'+1)%10 + '0'
	return code[:len(code)-1] + string(last)
}

// claims are those of a genuine token of the kind for the account, which the store does not refuse.
func (e *env) claims(kind, userID string) forge.Object {
	e.t.Helper()
	now := e.Clock.Now()
	epoch, err := e.Config.Store.Sessions().Epoch(e.t.Context(), userID, now.UnixMilli())
	if err != nil {
		e.t.Fatal(err)
	}
	return e.forge.Claims(kind, now).
		With("sub", forge.Quote(userID)).
		With("jti", forge.Quote(authtestID())).
		With("epoch", strconv.FormatInt(epoch, 10))
}

// mint is a genuine token with these claims.
func (e *env) mint(kind string, claims forge.Object) string {
	return e.forge.Token(e.forge.Header(kind), claims)
}

// service is the token of a machine of the account.
func (e *env) service(userID string) string {
	return e.mint("service", e.claims("service", userID).With("is_system_user", "true").With("sid", `"key-1"`).With("amr", `["api_key"]`))
}

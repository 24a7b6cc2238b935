package auth_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/user"
)

// factors are what a person has enrolled, and whether the host's policy demands a second factor.
type factors struct{ app, passkey, must bool }

func (f factors) String() string {
	return fmt.Sprintf("app %v, passkey %v, must %v", f.app, f.passkey, f.must)
}

func everySet() []factors {
	var all []factors
	for i := range 8 {
		if testutil.Race && i != 3 && i != 4 {
			continue // the curve is slow under the race detector, and the sets do not race with one another
		}
		all = append(all, factors{i&1 > 0, i&2 > 0, i&4 > 0})
	}
	return all
}

// world is a service with every method on, and a provider.
type world struct {
	t      *testing.T
	a      *auth.Auth
	store  *memstore.Store
	clock  *authtest.Clock
	inbox  *authtest.Inbox
	idp    *authtest.Provider
	device *authtest.Authenticator
	other  *person
	// cookies says that tokens come and go in the cookie.
	cookies bool
	// base is when each person's story begins: the provider in this process lives by the machine's clock, which the world's must not
	// run away from.
	base time.Time
}

// person is somebody with everything that an attacker could know but a fresh second factor: a token from before the enrolment, a code
// and a recovery code that are spent, an API key.
type person struct {
	id, email string
	// who they are at the provider.
	who              authtest.Person
	secret           string
	recovery         []string
	passkey          *authtest.Passkey
	before, full     string
	apiCode, apiKey  string
	spent, spentCode string
}

const must = "must"

func newWorld(t *testing.T, further ...func(*auth.Auth) error) *world {
	t.Helper()
	return newWorldIn(t, false, further...)
}

// newWorldIn is newWorld in header or in cookie mode.
func newWorldIn(t *testing.T, cookies bool, further ...func(*auth.Auth) error) *world {
	t.Helper()
	w := &world{t: t, clock: authtest.NewClock(time.Now()), inbox: authtest.NewInbox(), device: &authtest.Authenticator{}, cookies: cookies}
	w.store = memstore.New(&memstore.Options{Now: w.clock.Now})
	w.idp = authtest.StartProvider(t, "https://auth.example/auth/oauth2/demo/callback")
	plenty := 1 << 20
	var err error
	w.a, err = auth.Build(auth.Config{
		Issuer: "https://auth.example", Keys: keys(t), Secret: auth.NewSecret(), SignUp: true, Now: w.clock.Now, Store: w.store, CookieMode: cookies,
		Email: w.inbox, SMS: w.inbox, SMSCountries: []string{"*"}, Audit: &authtest.Events{},
		Limits:              auth.Limits{IPPerMinute: plenty, RecipientPerHour: plenty, RecipientPerDay: plenty},
		RequireSecondFactor: func(u user.User) bool { return u.TenantID == must },
		OAuth: auth.OAuth{InsecureLoopback: true, Providers: map[string]oauth.ProviderConfig{
			"demo": {ClientID: w.idp.ClientID, ClientSecret: oauth.ClientSecret(w.idp.ClientSecret), Issuer: w.idp.Issuer},
		}},
	}, further...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.a.Close(context.WithoutCancel(t.Context())) })
	w.base = w.clock.Now()
	w.other = w.person(factors{app: true})
	w.base = w.clock.Now()
	return w
}

// person makes somebody with these factors. The policy reaches them afterwards, so that every way of enrolling is open to the test.
func (w *world) person(f factors) *person {
	w.t.Helper()
	w.clock.Set(w.base)
	p := &person{email: strings.ToLower(rand.Text()) + "@example.com"}
	p.who = authtest.Person{Email: p.email}
	p.before = w.oauth(p, "").str("token") // the account begins at the provider, which links it
	u, err := w.store.Users().Find(w.t.Context(), user.Identifier{Kind: user.Email, Value: p.email})
	if err != nil {
		w.t.Fatal(err)
	}
	p.id = u.ID
	p.full = w.login(p)
	key := w.must(http.MethodPost, "/auth/api-keys", p.full, `{"name":"key"}`, http.StatusCreated)
	p.apiCode, p.apiKey = key.str("api_code"), key.str("api_key")
	if f.passkey {
		options := w.must(http.MethodPost, "/auth/webauthn/register/options", p.full, "{}", http.StatusOK)
		credential, k := w.device.Register(options.Body.Bytes())
		p.passkey = k
		w.must(http.MethodPost, "/auth/webauthn/register/verify", p.full, fmt.Sprintf(`{"credential":%s}`, credential), http.StatusCreated)
	}
	if f.app {
		made := w.must(http.MethodPost, "/auth/2fa/setup", p.full, "", http.StatusOK)
		p.secret = made.str("secret")
		_ = json.Unmarshal(made.member("backup_codes"), &p.recovery)
		w.must(http.MethodPost, "/auth/2fa/enable", p.full, code(w.code(p)), http.StatusNoContent)
		p.spent, p.spentCode = w.code(p), p.recovery[0]
		w.clock.Advance(30 * time.Second)
		w.must(http.MethodPost, "/auth/2fa/verify", w.login(p), code(p.spentCode), http.StatusOK)
		p.full = w.must(http.MethodPost, "/auth/2fa/verify", w.login(p), code(w.code(p)), http.StatusOK).str("token")
		w.clock.Advance(30 * time.Second)
	}
	if f.must {
		u.TenantID = must
		if err := w.store.PutUser(w.t.Context(), u); err != nil {
			w.t.Fatal(err)
		}
	}
	return p
}

// login is what a code by mail yields: a pre_auth token for who owes more.
func (w *world) login(p *person) string {
	w.t.Helper()
	return w.must(http.MethodPost, "/auth/login/verify", "", w.firstFactor(p), http.StatusOK).str("token")
}

// firstFactor is a body for /login/verify that is right.
func (w *world) firstFactor(p *person) string {
	w.t.Helper()
	sent := w.must(http.MethodPost, "/auth/login/email", "", fmt.Sprintf(`{"email":%q}`, p.email), http.StatusOK)
	return fmt.Sprintf(`{"target":%q,"code":%q,"challenge":%q}`, p.email, w.inbox.Code(w.t, p.email), sent.str("challenge"))
}

// code is what the person's app shows.
func (w *world) code(p *person) string {
	w.t.Helper()
	c, err := totp.GenerateCode(p.secret, w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func code(c string) string { return fmt.Sprintf(`{"code":%q}`, c) }

// reply is an answer that a test reads members of.
type reply struct{ *httptest.ResponseRecorder }

func (r reply) member(name string) json.RawMessage {
	var doc map[string]json.RawMessage
	_ = json.Unmarshal(r.Body.Bytes(), &doc)
	return doc[name]
}

func (r reply) str(name string) (s string) {
	_ = json.Unmarshal(r.member(name), &s)
	for _, c := range r.Result().Cookies() {
		if name == "token" && c.Name == sessionCookie {
			s = c.Value
		}
	}
	return s
}

func request(ctx context.Context, method, path, token, body string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("X-Api-Key", token)
	}
	return r
}

func (w *world) serve(r *http.Request) reply {
	rec := httptest.NewRecorder()
	w.a.Handler().ServeHTTP(rec, w.presented(r))
	for _, v := range w.misplaced(rec) {
		w.t.Errorf("%s %s: %s", r.Method, r.URL.Path, v)
	}
	return reply{rec}
}

func (w *world) must(method, path, token, body string, status int) reply {
	w.t.Helper()
	a := w.serve(request(w.t.Context(), method, path, token, body))
	if a.Code != status {
		w.t.Fatalf("%s %s answers %d %s", method, path, a.Code, a.Body)
	}
	return a
}

// callback is the person's way back from the provider, with the browser's cookie.
func (w *world) callback(p *person, query string) *http.Request {
	w.t.Helper()
	begun := w.must(http.MethodGet, "/auth/oauth2/demo/authorize"+query, "", "", http.StatusFound)
	back := w.idp.Approve(w.t, begun.Header().Get("Location"), p.who)
	r := request(w.t.Context(), http.MethodGet, back.RequestURI(), "", "")
	carry(r, begun)
	return r
}

// carry takes the cookies of an answer along, as a browser does.
func carry(r *http.Request, a reply) {
	for _, c := range a.Result().Cookies() {
		r.AddCookie(c)
	}
}

// oauth signs the person in at the provider.
func (w *world) oauth(p *person, query string) reply { return w.serve(w.callback(p, query)) }

// owing says for each person whether a second factor is owed at this moment.
func (w *world) owing(people ...*person) map[string]bool {
	w.t.Helper()
	owes := map[string]bool{}
	for _, p := range people {
		names, err := w.a.Gate().SecondFactors(w.t.Context(), p.id)
		if err != nil {
			w.t.Fatal(err)
		}
		u, err := w.store.Users().ByID(w.t.Context(), p.id)
		if err != nil {
			w.t.Fatal(err)
		}
		owes[p.id] = len(names) > 0 || u.TenantID == must
	}
	return owes
}

// sessions are the ids of the live sessions of a user.
func (w *world) sessions(id string) []string {
	w.t.Helper()
	list, err := w.a.Gate().List(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	ids := make([]string, 0, len(list))
	for _, s := range list {
		ids = append(ids, s.ID)
	}
	slices.Sort(ids)
	return ids
}

// userPayload is a payload as a careless author fills it.
func userPayload(w *world, id string) auth.TokenPayload {
	now := w.clock.Now()
	return auth.TokenPayload{
		TokenID: rand.Text(), TokenType: jwt.TypeUser, UserID: id, SessionID: rand.Text(), Issuer: "https://auth.example", Audience: "https://auth.example",
		IssuedAt: now, ExpiresAt: now.Add(time.Minute), AuthTime: now, Epoch: now.UnixMilli(), Methods: []string{"magic_link"},
	}
}

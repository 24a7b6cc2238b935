package regress

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/middleware"
	"github.com/crafteasy/auth/store/redisstore"
	"github.com/crafteasy/auth/user"
)

const (
	issuer = "https://auth.example"
	ada    = "ada@example.com"
	eve    = "eve@example.com" // the attacker
	number = "+46701234567"
	step   = 30 * time.Second
)

// world is a service with a program behind it, on one instance or two.
type world struct {
	*authtest.Server

	t         *testing.T
	idp       *authtest.Provider
	instances []http.Handler
	turn      atomic.Uint32
}

// open makes a service in memory.
func open(t *testing.T, c auth.Config) *world {
	t.Helper()
	c.Issuer = issuer
	return start(t, c, 1)
}

// shared runs f on two instances that share memory, and on two that share Redis: for incidents of what is distributed.
func shared(t *testing.T, c auth.Config, f func(t *testing.T, w *world)) {
	t.Helper()
	c.Issuer = issuer
	t.Run("memory", func(t *testing.T) { f(t, start(t, c, 2)) })
	t.Run("redis", func(t *testing.T) {
		rdb := redis.NewClient(&redis.Options{Addr: testutil.RedisServer(t)})
		t.Cleanup(func() { _ = rdb.Close() })
		c := c
		c.Store = redisstore.New(rdb, &redisstore.Options{Prefix: rand.Text()})
		f(t, start(t, c, 2))
	})
}

func start(t *testing.T, c auth.Config, instances int) *world {
	t.Helper()
	w := &world{Server: authtest.New(t, c), t: t}
	for i := range instances {
		s := w.Server
		if i > 0 {
			s = w.Twin()
		}
		w.instances = append(w.instances, program(s.Auth))
	}
	return w
}

// namespace is another set of people on the same store, with the same keys, clock and inbox.
func (w *world) namespace(name string) *world {
	w.t.Helper()
	c := w.Config
	c.Namespace, c.Audience, c.SignUp = name, "", true
	other := start(w.t, c, 1)
	other.Clock, other.Inbox = w.Clock, w.Inbox
	return other
}

// program is what a service author writes.
func program(a *auth.Auth) http.Handler {
	who := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := auth.FromContext(r.Context())
		fmt.Fprint(w, p.UserID)
	})
	mux := http.NewServeMux()
	mux.Handle("/auth/", a.Handler())
	mux.Handle("/app", a.RequireAuth(who))
	mux.Handle("/fresh", a.RequireAuth(middleware.RequireFresh(10*time.Minute)(who)))
	return mux
}

// answer is a response.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

func (a answer) text(name string) string {
	var doc map[string]any
	_ = json.Unmarshal([]byte(a.body), &doc)
	s, _ := doc[name].(string)
	return s
}

// want fails unless the answer has this status and code.
func (a answer) want(status int, code string) answer {
	a.t.Helper()
	if a.status != status || code != "" && a.text("code") != code {
		a.t.Fatalf("answers %d %s, want %d %s", a.status, a.body, status, code)
	}
	return a
}

// refused fails when the answer is a success, or brings anything that could be a credential.
func (a answer) refused() answer {
	a.t.Helper()
	if a.status < 400 || a.status >= 500 || strings.Contains(a.body, `"token"`) {
		a.t.Fatalf("answers %d %s, want a refusal", a.status, a.body)
	}
	return a
}

type option func(r *http.Request)

func with(name, value string) option { return func(r *http.Request) { r.Header.Add(name, value) } }

func key(token string) option { return with("X-API-Key", token) }

func from(address string) option { return func(r *http.Request) { r.RemoteAddr = address + ":1234" } }

// do sends a request to the instance whose turn it is.
func (w *world) do(method, path, body string, options ...option) answer {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, o := range options {
		o(r)
	}
	rec := httptest.NewRecorder()
	w.instances[int(w.turn.Add(1))%len(w.instances)].ServeHTTP(rec, r)
	return answer{w.t, rec.Code, rec.Header(), rec.Body.String()}
}

func (w *world) post(path, body string, options ...option) answer {
	w.t.Helper()
	return w.do(http.MethodPost, path, body, options...)
}

func (w *world) get(path string, options ...option) answer {
	w.t.Helper()
	return w.do(http.MethodGet, path, "", options...)
}

// live reports whether the program lets the token in, and as whom.
func (w *world) live(token string) bool {
	w.t.Helper()
	return w.get("/app", key(token)).status == http.StatusOK
}

// account is the id of the account with the address, which is made when there is none.
func (w *world) account(email string) string {
	w.t.Helper()
	id := user.Identifier{Kind: user.Email, Value: email}
	u, err := w.Config.Store.Users().Find(w.t.Context(), id)
	if err != nil {
		u, err = w.Config.Store.Users().Create(w.t.Context(), user.NewUser{Identifier: id})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return u.ID
}

// holds reports whether an account has the address.
func (w *world) holds(email string) bool {
	_, err := w.Config.Store.Users().Find(w.t.Context(), user.Identifier{Kind: user.Email, Value: email})
	return err == nil
}

// code asks for a code, and answers its handle and the code.
func (w *world) code(email string) (handle, code string) {
	w.t.Helper()
	handle = w.post("/auth/login/email", fmt.Sprintf(`{"email":%q}`, email)).want(http.StatusOK, "").text("challenge")
	return handle, w.Inbox.Code(w.t, email)
}

func (w *world) verify(email, handle, code string, options ...option) answer {
	w.t.Helper()
	body := fmt.Sprintf(`{"target":%q,"code":%q,"challenge":%q}`, email, code, handle)
	if handle == "" {
		body = fmt.Sprintf(`{"target":%q,"code":%q}`, email, code)
	}
	return w.post("/auth/login/verify", body, options...)
}

// signIn signs the account in by mail, and answers its token: a pre_auth token where a second factor is owed.
func (w *world) signIn(email string) string {
	w.t.Helper()
	w.account(email)
	handle, code := w.code(email)
	return w.verify(email, handle, code).want(http.StatusOK, "").text("token")
}

// phone is an authenticator app with its recovery codes.
type phone struct {
	secret string
	codes  []string
}

// now is what the app shows, some steps from now.
func (w *world) now(p phone, steps int) string {
	w.t.Helper()
	code, err := totp.GenerateCode(p.secret, w.Clock.Now().Add(time.Duration(steps)*step))
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

// present sends a code to a route.
func (w *world) present(path, token, code string, options ...option) answer {
	w.t.Helper()
	return w.post(path, fmt.Sprintf(`{"code":%q}`, code), append(options, key(token))...)
}

// enrol signs the account in, enrols an app, and waits for its next code.
func (w *world) enrol(email string) (token string, p phone) {
	w.t.Helper()
	token = w.signIn(email)
	a := w.post("/auth/2fa/setup", "", key(token)).want(http.StatusOK, "")
	var doc struct {
		Secret string   `json:"secret"`
		Codes  []string `json:"backup_codes"`
	}
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		w.t.Fatal(err)
	}
	p = phone{doc.Secret, doc.Codes}
	w.present("/auth/2fa/enable", token, w.now(p, 0)).want(http.StatusNoContent, "")
	w.Clock.Advance(step)
	return token, p
}

// twice signs the account in by both factors, and waits for the next code.
func (w *world) twice(email string, p phone) string {
	w.t.Helper()
	token := w.present("/auth/2fa/verify", w.signIn(email), w.now(p, 0)).want(http.StatusOK, "").text("token")
	w.Clock.Advance(step)
	return token
}

// race runs act many times at once, and answers how many succeeded.
func (w *world) race(act func(i int) answer) (won int) {
	w.t.Helper()
	const racers = 50
	var mu sync.Mutex
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range racers {
		all.Go(func() {
			<-begin
			a := act(i)
			mu.Lock()
			defer mu.Unlock()
			if a.status < 300 {
				won++
			} else if a.status >= 500 && a.status != http.StatusServiceUnavailable { // a crowd may be told to come again
				w.t.Errorf("answers %d %s", a.status, a.body)
			}
		})
	}
	close(begin)
	all.Wait()
	return won
}

// once fails unless exactly one of many at once succeeds.
func (w *world) once(act func(i int) answer) {
	w.t.Helper()
	if won := w.race(act); won != 1 {
		w.t.Errorf("%d of 50 succeeded, want 1", won)
	}
}

// wrong is a code that is not the given one.
func wrong(code string) string {
	return code[:len(code)-1] + string((code[len(code)-1]-'0'+1)%10+'0')
}

// claimsOf reads a token without checking it, as an attacker does.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no token", token)
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(b, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// list answers a member of every object in a list of the caller's.
func (w *world) list(path, list, member, token string) (values []string) {
	w.t.Helper()
	var doc map[string][]map[string]any
	a := w.get(path, key(token)).want(http.StatusOK, "")
	_ = json.Unmarshal([]byte(a.body), &doc) // other members are no lists
	for _, o := range doc[list] {
		s, _ := o[member].(string)
		values = append(values, s)
	}
	return values
}

func (w *world) passkeyIDs(token string) []string {
	w.t.Helper()
	var doc struct{ Credentials []struct{ ID string } }
	a := w.get("/auth/webauthn/credentials", key(token)).want(http.StatusOK, "")
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil || len(doc.Credentials) == 0 {
		w.t.Fatalf("%v in %s", err, a.body)
	}
	ids := make([]string, len(doc.Credentials))
	for i, c := range doc.Credentials {
		ids[i] = c.ID
	}
	return ids
}

// stepUp answers the options of a passkey for proving again who is signed in.
func (w *world) stepUp(token string) []byte {
	w.t.Helper()
	var doc struct {
		PublicKey json.RawMessage `json:"publicKey"`
	}
	a := w.post("/auth/reauthenticate/options", `{"method":"webauthn"}`, key(token)).want(http.StatusOK, "")
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		w.t.Fatal(err)
	}
	return doc.PublicKey
}

// encodeJSON is a segment of a token.
func encodeJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and numbers
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func encodeBody(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and numbers
	}
	return string(b)
}

func escape(s string) string { return strings.ReplaceAll(url.PathEscape(s), "+", "%2B") }

func newKeys(t *testing.T) *jwt.Keys {
	t.Helper()
	k, err := jwt.GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

package catalogue

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// diary is a service whose every outlet is read, and the secrets that existed so far.
type diary struct {
	*social
	*secrets

	out outlets
	// broken makes the sender fail, panics makes the hooks of the host panic.
	broken, panics atomic.Bool
	// app is an authenticator app, keyed a machine, passkey one with its authenticator.
	phone phoneApp
}

func openDiary(t *testing.T, b backend) *diary {
	t.Helper()
	d := &diary{secrets: &secrets{}}
	inbox := authtest.NewInbox()
	send := func(ctx context.Context, m sender.Message) error {
		d.add("a code", m.Code)
		if d.broken.Load() {
			return fmt.Errorf("550 5.7.1 refused: %q to %s", m.Text, m.To)
		}
		return inbox.SendEmail(ctx, m)
	}
	d.social = openSocial(t, b, 1, func(c *auth.Config, idp *authtest.Provider) {
		d.out.listen(t, c)
		c.Email, c.SMS, c.M2M = sender.EmailFunc(send), sender.SMSFunc(send), true
		c.Claims = func(context.Context, user.User) (map[string]any, error) {
			if d.panics.Load() {
				panic("a hook of the host")
			}
			return map[string]any{"team": "blue"}, nil
		}
		d.add("a provider's client secret", idp.ClientSecret)
	})
	d.Inbox = inbox
	d.urls = []string{d.out.serve(t, d.host(d.Auth))}
	d.add("the configured secret", base64.StdEncoding.EncodeToString(d.Config.Secret.Reveal()))
	text, err := d.Config.Keys.PrivatePEM()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		t.Fatal("no key of the curve")
	}
	d.add("the private key", base64.StdEncoding.EncodeToString(block.Bytes))
	d.add("the private key's number", base64.StdEncoding.EncodeToString(private.D.Bytes())) //nolint:staticcheck // it is looked for, not computed with
	d.add("the private key's number as digits", private.D.String())                         //nolint:staticcheck // the same
	return d
}

// mail goes through a sign-in by a code with all that goes wrong, and answers the token.
func (d *diary) mail(t *testing.T, email string) string {
	t.Helper()
	d.account(email)
	handle, code := d.code(email)
	d.add("a handle", handle)
	d.add("a code", code)
	d.verify(email, handle, wrong(code))
	d.post("/auth/login/verify", `{"target":"`+email+`","code":"`+code+`","challenge":"`+handle+`"`) // cut short
	d.do(http.MethodPost, "/auth/login/verify", `{"target":"`+email+`","code":"`+code+`"}`, header("Content-Type", "text/plain"))
	a := d.verify(email, handle, code).want(t, http.StatusOK, "")
	token := a.text("token")
	d.token(a.text("token_type")+" token", token)
	d.verify(email, handle, code)
	return token
}

// sessions refreshes, reuses, steps up and signs out.
func (d *diary) sessions(t *testing.T) {
	t.Helper()
	old := d.mail(t, ada)
	next := d.successor(old)
	d.token("user token", next)
	d.add("a token id", d.get("/auth/me", next).text("token_id"))
	d.stepUpOptions(next, "")
	stepped := d.present("/auth/reauthenticate", next, d.Inbox.Code(t, ada)).text("token")
	d.token("user token", stepped)
	change := d.change(stepped, "new@example.com")
	d.add("a handle", change.text("challenge"))
	d.confirm(stepped, change.text("challenge"), d.Inbox.Code(t, "new@example.com"))
	d.Clock.Advance(session.Grace)
	d.get("/app", old)
	d.refresh(old)
	d.get("/app", stepped[:len(stepped)-3]+"AAA")
	d.do(http.MethodGet, "/auth/me?token="+stepped, "")
	d.do(http.MethodPost, "/auth/refresh", "token="+stepped, header("Content-Type", "application/x-www-form-urlencoded"))
	d.do(http.MethodPost, "/auth/logout", "", key(stepped))
	d.get("/app", stepped)
}

// factors enrols an app, signs in by it and by a recovery code, and fails at both.
func (d *diary) factors(t *testing.T) {
	t.Helper()
	token := d.mail(t, bob)
	app, _ := d.setup(token)
	d.add("an authenticator secret", app.secret)
	for _, code := range app.recovery {
		d.add("a recovery code", code)
		d.add("a recovery code without dashes", strings.ReplaceAll(code, "-", ""))
	}
	d.present("/auth/2fa/enable", token, app.code(t, d.env, 0)).want(t, http.StatusNoContent, "")
	d.Clock.Advance(step)
	for _, code := range []string{wrong(app.code(t, d.env, 0)), app.code(t, d.env, 0), app.recovery[0], app.recovery[1]} {
		d.add("an app's code", code)
		preAuth := d.mail(t, bob)
		d.token("user token", d.present("/auth/2fa/verify", preAuth, code).text("token"))
		d.present("/auth/2fa/verify", preAuth, code)
		d.get("/app", preAuth)
	}
	d.phone = app
	a, eves := &authtest.Authenticator{}, d.mail(t, eve)
	options := d.creation(eves)
	d.noteChallenge(options)
	credential, k := a.Register(options)
	d.offer(eves, credential).want(t, http.StatusCreated, "")
	options = d.request()
	d.noteChallenge(options)
	d.assert(a.Assert(options, k, authtest.WithFlags(authtest.UserPresent)))
	options = d.request()
	d.noteChallenge(options)
	d.token("user token", d.assert(a.Assert(options, k)).text("token"))
	d.assert(a.Assert(options, k))
}

func (d *diary) noteChallenge(options []byte) {
	var doc struct {
		Challenge string `json:"challenge"`
	}
	_ = json.Unmarshal(options, &doc) // an empty one is not added
	d.add("a passkey's challenge", doc.Challenge)
}

// providers signs in and links at a provider, honest and not, and notes all that goes between the two.
func (d *diary) providers(t *testing.T) {
	t.Helper()
	watch := authtest.Trick{
		Serve: func(endpoint string, _ http.ResponseWriter, r *http.Request) bool {
			if endpoint == "token" && r.ParseForm() == nil {
				d.add("a PKCE verifier", r.PostForm.Get("code_verifier"))
				if code := r.PostForm.Get("code"); len(code) > 16 { // one of the lies is a code of another length
					d.add("an authorization code", code)
				}
			}
			d.add("a provider's access token", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			return false
		},
		Token: func(_ *authtest.Provider, _ map[string]any, signed string) string {
			d.token("an ID token", signed)
			return signed
		},
		UserInfo: func(map[string]any) {}, Claims: func(c map[string]any) { delete(c, "email") }, // so that the profile is asked for
	}
	d.idp.Play(watch)
	b := d.browser(t)
	flow := func(query string, who authtest.Person) answer {
		at := b.begin("demo", query)
		u, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		d.add("a state", u.Query().Get("state"))
		d.add("a nonce", u.Query().Get("nonce"))
		for _, value := range b.cookies {
			d.add("a flow's cookie", value)
		}
		return b.back(d.idp.Approve(t, at, who))
	}
	d.token("user token", flow("", authtest.Person{Email: "carl@example.com"}).text("token"))
	to, err := url.Parse(flow("?return_to=/done", authtest.Person{Email: "carl@example.com"}).header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	handoff := to.Query().Get("code")
	d.add("a handoff code", handoff)
	d.post("/auth/oauth2/handoff", `{"code":"`+handoff+`x"}`)
	d.token("user token", d.post("/auth/oauth2/handoff", `{"code":"`+handoff+`"}`).text("token"))
	d.post("/auth/oauth2/handoff", `{"code":"`+handoff+`"}`)
	link := flow("", authtest.Person{Subject: "x", Email: ada}).text("link")
	d.add("a link handle", link)
	b.token = d.mail(t, ada)
	b.confirm(link + "x")
	b.confirm(link)
	for _, trick := range authtest.Tricks() { // each lie is told, and what is logged of it holds nothing
		if trick.Slow {
			continue
		}
		if serve := watch.Serve; trick.Serve == nil {
			trick.Serve = serve
		}
		d.idp.Play(trick)
		if a := b.do(http.MethodGet, "/auth/oauth2/demo/authorize", ""); a.status == http.StatusFound {
			b.back(d.idp.Approve(t, a.header.Get("Location"), authtest.Person{Email: "carl@example.com"}))
		}
		d.Clock.Advance(failureWait)
	}
	d.idp.Play(watch)
}

// machines makes keys and tokens for programs, and presents them rightly and wrongly.
func (d *diary) machines(t *testing.T) {
	t.Helper()
	token := d.mail(t, "gary@example.com")
	m := d.machineOf(token, "")
	d.add("an API key", m.key)
	d.add("an API key's secret", m.key[12:])
	d.token("service token", d.serviceOf(m))
	d.swap(machine{m.id, m.code, m.key[:len(m.key)-4] + "aaaa"})
	d.get("/app", m.key)
	d.do(http.MethodGet, "/app", "", header("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(m.code+":"+m.key))))
	form := header("Content-Type", "application/x-www-form-urlencoded")
	d.do(http.MethodPost, "/auth/token", "grant_type=client_credentials&client_id="+m.code+"&client_secret="+m.key+"x", form)
	d.token("service token", d.do(http.MethodPost, "/auth/token", "grant_type=client_credentials&client_id="+m.code+"&client_secret="+m.key, form).text("access_token"))
	rotated := d.post("/auth/api-keys/"+m.id+"/rotate", `{"overlap_seconds":0}`, key(token)).text("api_key")
	d.add("an API key", rotated)
	d.swap(m)
	d.revoke(token, m)
	d.swap(machine{m.id, m.code, rotated})
}

// failures goes through sign-ins while something is broken: every verb of the store, the sender, the hooks.
func (d *diary) failures(t *testing.T) {
	t.Helper()
	verbs := map[string]bool{}
	for _, c := range d.Faults.Calls() {
		verbs[c.Verb] = true
	}
	for i, verb := range slices.Sorted(maps.Keys(verbs)) {
		handle, code := d.code(ada)
		d.add("a handle", handle)
		other := d.mail(t, "dora@example.com")
		remove := d.Faults.Inject(authtest.Fault{On: verb, Do: []authtest.Effect{authtest.Refuse, authtest.FailAfter, authtest.Garbage}[i%3]})
		d.token("user token", d.verify(ada, handle, code).text("token"))
		d.get("/app", other)
		d.token("user token", d.refresh(other).text("token"))
		d.present("/auth/reauthenticate", other, code)
		d.post("/auth/login/email", `{"email":"fred@example.com"}`)
		d.browser(t).do(http.MethodGet, "/auth/oauth2/demo/authorize", "")
		d.post("/auth/webauthn/login/options", "{}")
		remove()
		d.Clock.Advance(time.Hour)
	}
	d.broken.Store(true)
	for _, body := range []string{`{"email":"fred@example.com"}`, `{"email":"hugo@example.com"}`} {
		d.add("a handle", d.post("/auth/login/email", body).text("challenge"))
	}
	d.broken.Store(false)
	handle, code := d.code(ada)
	d.add("a handle", handle)
	d.panics.Store(true)
	if a := d.verify(ada, handle, code); a.status != http.StatusInternalServerError {
		t.Errorf("a hook that panics answers %d %s", a.status, a.body)
	}
	d.panics.Store(false)
	panicking := d.out.serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a handler of the host") }))
	if r, err := client.Get(panicking + "/app?x=1"); err == nil { //nolint:noctx // it ends at once
		_ = r.Body.Close()
	}
}

// mayAppear are the kinds of secrets that an outlet is there for: a flow at a provider goes through the browser's address, and the refusal
// link_required brings the handle of the link.
var mayAppear = map[string][]string{
	"URLs":     {"a state", "a nonce", "a handoff code", "an authorization code"},
	"refusals": {"a link handle"},
}

// TestLeak_ADay lives through a day of use and of failures, at the lowest level of the log, and looks for every secret that existed in
// everything that the library told anybody but the one it was for.
func TestLeak_ADay(t *testing.T) {
	for _, b := range backends[:2] {
		t.Run(b.name, func(t *testing.T) {
			d := openDiary(t, b)
			for _, part := range []func(*testing.T){d.sessions, d.factors, d.providers, d.machines, d.failures} {
				part(t)
				d.Clock.Advance(time.Hour)
			}
			d.Drain()
			if len(d.list()) < 150 {
				t.Errorf("only %d secrets existed", len(d.list()))
			}
			for name, outlet := range d.out.named() {
				text := outlet.String()
				if text == "" && name != "the log of the process" {
					t.Errorf("%s told nothing: the hunt looked nowhere", name)
				}
				for _, hit := range d.found(text, mayAppear[name]...) {
					t.Errorf("%s holds %s", name, hit)
				}
				planted := d.list()[len(d.list())/2].value
				if len((&secrets{all: d.list()}).found(text+" "+planted)) == 0 {
					t.Errorf("a secret that was planted into %s is not found", name)
				}
			}
			kinds := map[string]int{}
			for _, k := range d.list() {
				kinds[k.kind]++
			}
			t.Log(fmt.Sprint(len(d.list()), " secrets: ", kinds))
		})
	}
}

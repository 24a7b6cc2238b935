package catalogue

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/user"
)

// failureWait is longer than a failure of a provider is remembered.
const failureWait = 6 * time.Second

// social is a service with a provider, "demo", which is open for sign-up.
type social struct {
	*env

	idp *authtest.Provider
}

func callbackOf(name string) string { return issuer + "/auth/oauth2/" + name + "/callback" }

func offered(p *authtest.Provider) oauth.ProviderConfig {
	return oauth.ProviderConfig{ClientID: p.ClientID, ClientSecret: oauth.ClientSecret(p.ClientSecret), Issuer: p.Issuer}
}

// withOther offers the same provider under a second name.
func withOther(c *auth.Config, idp *authtest.Provider) { c.OAuth.Providers["other"] = offered(idp) }

func openSocial(t *testing.T, b backend, instances int, change func(c *auth.Config, idp *authtest.Provider)) *social {
	t.Helper()
	idp := authtest.StartProvider(t, callbackOf("demo"), callbackOf("other"))
	c := auth.Config{SignUp: true, OAuth: auth.OAuth{
		Providers: map[string]oauth.ProviderConfig{"demo": offered(idp)}, InsecureLoopback: true, ReturnTo: []string{"https://app.example/done"},
	}}
	if change != nil {
		change(&c, idp)
	}
	s := &social{open(t, b, instances, c), idp}
	idp.Now = s.Clock.Now
	return s
}

// eachSocial runs f on every back end with one and with two instances, as [each] does.
func eachSocial(t *testing.T, change func(c *auth.Config, idp *authtest.Provider), f func(t *testing.T, s *social)) {
	t.Helper()
	for _, b := range backends {
		for _, n := range []int{1, 2} {
			if n == 1 && b.slow {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d", b.name, n), func(t *testing.T) { f(t, openSocial(t, b, n, change)) })
		}
	}
}

// aloneSocial is for what no back end and no second instance has a part in.
func aloneSocial(t *testing.T, change func(c *auth.Config, idp *authtest.Provider)) *social {
	t.Helper()
	return openSocial(t, backends[0], 1, change)
}

// browser keeps cookies as a browser does, and follows nothing.
type browser struct {
	s       *social
	t       *testing.T
	cookies map[string]string
	token   string
}

func (s *social) browser(t *testing.T) *browser {
	t.Helper()
	return &browser{s: s, t: t, cookies: map[string]string{}}
}

// copied is a browser with the same cookies.
func (b *browser) copied() *browser {
	c := *b
	c.cookies = maps.Clone(b.cookies)
	return &c
}

// do sends a request with what the browser holds. It is safe beside other browsers.
func (b *browser) do(method, path, body string, o ...option) answer {
	b.t.Helper()
	if body != "" {
		o = append(o, header("Content-Type", "application/json"))
	}
	if b.token != "" {
		o = append(o, key(b.token))
	}
	for name, value := range b.cookies {
		o = append(o, func(r *http.Request) { r.AddCookie(&http.Cookie{Name: name, Value: value}) })
	}
	a, err := b.s.try(method, path, body, o...)
	if err != nil {
		b.t.Error(err)
	}
	for _, c := range a.cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return a
}

// begin goes to a provider and answers where the browser is sent.
func (b *browser) begin(provider, query string, o ...option) string {
	b.t.Helper()
	return b.do(http.MethodGet, "/auth/oauth2/"+provider+"/authorize"+query, "", o...).want(b.t, http.StatusFound, "").header.Get("Location")
}

// back opens the callback.
func (b *browser) back(to *url.URL) answer {
	b.t.Helper()
	return b.do(http.MethodGet, to.RequestURI(), "")
}

// leave begins a sign-in and has the provider approve it: what is left is to open the callback.
func (b *browser) leave(who authtest.Person) *url.URL {
	b.t.Helper()
	return b.s.idp.Approve(b.t, b.begin("demo", ""), who)
}

// signIn goes through the whole flow at a provider.
func (b *browser) signIn(provider string, who authtest.Person) answer {
	b.t.Helper()
	return b.back(b.s.idp.Approve(b.t, b.begin(provider, ""), who))
}

// signsIn is signIn for who gets in, and answers the account.
func (s *social) in(t *testing.T, provider string, who authtest.Person) (userID string) {
	t.Helper()
	a := s.browser(t).signIn(provider, who).want(t, http.StatusOK, "")
	return s.get("/auth/me", a.text("token")).want(t, http.StatusOK, "").text("user_id")
}

// member is the browser of somebody who is signed in by mail.
func (s *social) member(t *testing.T, email string) (b *browser, userID string) {
	t.Helper()
	b = s.browser(t)
	b.token = s.login(email)
	return b, s.account(email)
}

// beginLink begins to link, and has the provider approve it.
func (b *browser) beginLink(who authtest.Person) *url.URL {
	b.t.Helper()
	a := b.do(http.MethodPost, "/auth/oauth2/demo/link", "{}").want(b.t, http.StatusOK, "")
	return b.s.idp.Approve(b.t, a.text("authorize_url"), who)
}

func (b *browser) confirm(link string) answer {
	b.t.Helper()
	return b.do(http.MethodPost, "/auth/oauth2/link/confirm", `{"link":`+quoted(link)+`}`)
}

// links are those of an account.
func (s *social) links(t *testing.T, userID string) []oauth.Link {
	t.Helper()
	l, err := s.Config.Store.Links().List(t.Context(), userID)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// unknown demands that no account has the address.
func (s *social) unknown(t *testing.T, email string) {
	t.Helper()
	if u, err := s.Config.Store.Users().Find(t.Context(), user.Identifier{Kind: user.Email, Value: email}); err == nil {
		t.Errorf("there is an account %s", u.ID)
	}
}

// refusesBack opens the callback and demands a refusal with everything that it means: one event, which repeats nothing of what the provider
// said, nothing created, and the state spent, so that the same answer is worth nothing in the same browser.
func (s *social) refusesBack(t *testing.T, b *browser, to *url.URL, status int, code string) {
	t.Helper()
	kept := b.copied()
	a := s.refuses(t, status, code, func() answer { return b.back(to) })
	if strings.Contains(a.body, "another") || strings.Contains(a.body, "<") || a.header.Get("Location") != "" {
		t.Errorf("the answer repeats the provider: %s", a.body)
	}
	s.idp.Play(authtest.Trick{})
	s.Clock.Advance(failureWait)
	s.refuses(t, http.StatusBadRequest, "invalid_state", func() answer { return kept.back(to) })
}

// altered is the callback with its query changed.
func altered(to *url.URL, change func(q url.Values)) *url.URL {
	next, q := *to, to.Query()
	change(q)
	next.RawQuery = q.Encode()
	return &next
}

// trick is one of [authtest.Tricks].
func trick(t *testing.T, name string) authtest.Trick {
	t.Helper()
	for _, each := range authtest.Tricks() {
		if each.Name == name {
			return each
		}
	}
	t.Fatalf("there is no trick %q", name)
	return authtest.Trick{}
}

package regress

import (
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/oauth"
)

var (
	adaThere = authtest.Person{Subject: "ada", Email: ada}
	eveThere = authtest.Person{Subject: "eve", Email: eve}
)

func callback(name string) string { return issuer + "/auth/oauth2/" + name + "/callback" }

// social makes a service with the providers "demo" and "other", which are one program with one set of people.
func social(t *testing.T, change func(c *auth.Config)) *world {
	t.Helper()
	idp := authtest.StartProvider(t, callback("demo"), callback("other"))
	described := oauth.ProviderConfig{ClientID: idp.ClientID, ClientSecret: oauth.ClientSecret(idp.ClientSecret), Issuer: idp.Issuer}
	c := auth.Config{SignUp: true, OAuth: auth.OAuth{
		Providers: map[string]oauth.ProviderConfig{"demo": described, "other": described}, InsecureLoopback: true,
		ReturnTo: []string{"https://app.example/done"},
	}}
	if change != nil {
		change(&c)
	}
	w := open(t, c)
	w.idp = idp
	return w
}

// browser keeps cookies, follows nothing, and may hold a token.
type browser struct {
	w       *world
	token   string
	cookies map[string]string
}

func (w *world) browser() *browser { return &browser{w: w, cookies: map[string]string{}} }

func (b *browser) copy() *browser { return &browser{b.w, b.token, maps.Clone(b.cookies)} }

func (b *browser) do(method, path, body string, options ...option) answer {
	b.w.t.Helper()
	o := append([]option{func(r *http.Request) {
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		if b.token != "" {
			r.Header.Set("X-Api-Key", b.token)
		}
	}}, options...)
	a := b.w.do(method, path, body, o...)
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return a
}

// begin starts a flow and answers where the provider is.
func (b *browser) begin(provider, query string) string {
	b.w.t.Helper()
	return b.do(http.MethodGet, "/auth/oauth2/"+provider+"/authorize"+query, "").want(http.StatusFound, "").header.Get("Location")
}

// back opens the callback.
func (b *browser) back(to *url.URL) answer {
	b.w.t.Helper()
	return b.do(http.MethodGet, to.RequestURI(), "")
}

// at signs somebody in at the provider.
func (b *browser) at(provider string, who authtest.Person) answer {
	b.w.t.Helper()
	return b.back(b.w.idp.Approve(b.w.t, b.begin(provider, ""), who))
}

// claims makes the provider say this of everybody, in ID tokens and profiles; nil leaves a claim out.
func (w *world) claims(change map[string]any) {
	say := func(c map[string]any) {
		for name, v := range change {
			if c[name] = v; v == nil {
				delete(c, name)
			}
		}
	}
	w.idp.Play(authtest.Trick{Claims: say, UserInfo: say})
}

// nobody fails when somebody was signed in, or an account or a link was made.
func (w *world) nobody() {
	w.t.Helper()
	for _, e := range w.Events.All() {
		if e.Name == "session.sign_in" || e.Name == "user.created" || e.Name == "oauth.linked" {
			w.t.Errorf("event %s", e.Name)
		}
	}
}

// link goes to the provider to link, and answers where it is.
func (b *browser) link() string {
	b.w.t.Helper()
	return b.do(http.MethodPost, "/auth/oauth2/demo/link", "{}").want(http.StatusOK, "").text("authorize_url")
}

func (b *browser) confirm(handle string) answer {
	b.w.t.Helper()
	return b.do(http.MethodPost, "/auth/oauth2/link/confirm", `{"link":"`+handle+`"}`)
}

// links is how many identities are linked to the account.
func (w *world) links(userID string) int {
	w.t.Helper()
	list, err := w.Config.Store.Links().List(w.t.Context(), userID)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(list)
}

// listener is a machine of the inner network that counts who connects.
func listener(t *testing.T) (at string, visits *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	visits = &atomic.Int32{}
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			visits.Add(1)
			_ = c.Close()
		}
	}()
	return l.Addr().String(), visits
}

// handleOf is a handle of some length that nobody issued.
func handleOf(n int) string { return strings.Repeat("A", n) }

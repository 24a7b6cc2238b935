package oauth_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/user"
)

// at is a service with one provider, and a browser.
type at struct {
	*authtest.Server

	idp *authtest.Provider
}

// callbackOf is where a provider sends browsers back to.
func callbackOf(name string) string { return "https://auth.example/auth/oauth2/" + name + "/callback" }

func described(p *authtest.Provider) oauth.ProviderConfig {
	return oauth.ProviderConfig{ClientID: p.ClientID, ClientSecret: oauth.ClientSecret(p.ClientSecret), Issuer: p.Issuer}
}

// serve makes a service with the provider "demo", open for sign-up; change may change its configuration.
func serve(t *testing.T, change func(c *auth.Config, idp *authtest.Provider)) at {
	t.Helper()
	idp := authtest.StartProvider(t, callbackOf("demo"), callbackOf("other"))
	c := auth.Config{SignUp: true, OAuth: auth.OAuth{
		Providers: map[string]oauth.ProviderConfig{"demo": described(idp)}, InsecureLoopback: true,
		ReturnTo: []string{"https://app.example/done"},
	}}
	if change != nil {
		change(&c, idp)
	}
	return at{authtest.New(t, c), idp}
}

// browser keeps cookies as a browser does, and follows nothing.
type browser struct {
	t       *testing.T
	h       http.Handler
	cookies map[string]*http.Cookie
	token   string
	headers http.Header
}

func (s at) browser(t *testing.T) *browser {
	t.Helper()
	return &browser{t: t, h: s.Handler(), cookies: map[string]*http.Cookie{}}
}

type answer struct {
	*httptest.ResponseRecorder

	t *testing.T
}

func (b *browser) do(method, path, body string) answer {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if b.token != "" {
		r.Header.Set("X-API-Key", b.token)
	}
	for name, values := range b.headers {
		r.Header[name] = values
	}
	for _, c := range b.cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c
		}
	}
	return answer{w, b.t}
}

// want fails unless the answer has this status and, where one is named, this code.
func (a answer) want(status int, code string) answer {
	a.t.Helper()
	if a.Code != status || code != "" && a.str("code") != code {
		a.t.Fatalf("got %d %s, want %d %s", a.Code, a.Body, status, code)
	}
	return a
}

// str answers a member of the JSON answer.
func (a answer) str(name string) string {
	var doc map[string]any
	_ = json.Unmarshal(a.Body.Bytes(), &doc)
	s, _ := doc[name].(string)
	return s
}

// begin goes to the provider and answers its URL.
func (b *browser) begin(provider, query string) string {
	b.t.Helper()
	return b.do(http.MethodGet, "/auth/oauth2/"+provider+"/authorize"+query, "").want(http.StatusFound, "").Header().Get("Location")
}

// back opens the callback.
func (b *browser) back(to *url.URL) answer {
	b.t.Helper()
	return b.do(http.MethodGet, to.RequestURI(), "")
}

// signIn goes through the whole flow at a provider.
func (b *browser) signIn(idp *authtest.Provider, provider string, who authtest.Person) answer {
	b.t.Helper()
	return b.back(idp.Approve(b.t, b.begin(provider, ""), who))
}

// me answers the user id behind a token.
func (b *browser) me(token string) string {
	b.t.Helper()
	other := &browser{t: b.t, h: b.h, token: token}
	return other.do(http.MethodGet, "/auth/me", "").want(http.StatusOK, "").str("user_id")
}

// links answers how many links the user has.
func (s at) links(t *testing.T, userID string) []oauth.Link {
	t.Helper()
	list, err := s.Config.Store.Links().List(t.Context(), userID)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// unknown fails when an account has the address.
func (s at) unknown(t *testing.T, email string) {
	t.Helper()
	if u, err := s.Config.Store.Users().Find(t.Context(), user.Identifier{Kind: user.Email, Value: email}); err == nil {
		t.Errorf("there is an account %s", u.ID)
	}
}

package oauth_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/oauth"
)

// T stands for a *testing.T in these examples.
type T struct{}

func (T) Helper()                           {}
func (T) Cleanup(func())                    {}
func (T) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// The three known providers take a client id and a secret each.
func Example() {
	keys, err := jwt.GenerateKeys()
	if err != nil {
		panic(err)
	}
	a, err := auth.New(auth.Config{
		Issuer: "https://auth.example", Keys: keys, Secret: auth.NewSecret(), SignUp: true,
		OAuth: auth.OAuth{Providers: map[string]oauth.ProviderConfig{
			"google":    {ClientID: "id", ClientSecret: "secret"},
			"microsoft": {ClientID: "id", ClientSecret: "secret", Tenants: []string{"9188040d-6c67-4c5b-b112-36a304b66dad"}},
			"github":    {ClientID: "id", ClientSecret: "secret"},
		}},
	})
	if err != nil {
		panic(err)
	}
	defer func() { _ = a.Close(context.Background()) }()

	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/auth/oauth2/github/authorize", nil))
	to, err := w.Result().Location()
	if err != nil {
		panic(err)
	}
	fmt.Println(w.Code, to.Host+to.Path)
	fmt.Println(to.Query().Get("redirect_uri"))
	fmt.Println(to.Query().Get("code_challenge_method"))
	// Output:
	// 302 github.com/login/oauth/authorize
	// https://auth.example/auth/oauth2/github/callback
	// S256
}

// Any other OpenID provider is described by its issuer. A browser goes there, comes back, and is sent on to return_to with a code that is
// good once; the page there swaps it for the token.
func ExampleProviderConfig() {
	idp := authtest.StartProvider(T{}, "https://auth.example/auth/oauth2/acme/callback") // stands for https://id.acme.example
	s := authtest.New(T{}, auth.Config{SignUp: true, OAuth: auth.OAuth{
		Providers: map[string]oauth.ProviderConfig{
			"acme": {Issuer: idp.Issuer, ClientID: idp.ClientID, ClientSecret: oauth.ClientSecret(idp.ClientSecret)},
		},
		InsecureLoopback: true, // the stand-in is on this machine
	}})
	site := httptest.NewTLSServer(s.Handler())
	defer site.Close()
	browser := site.Client()
	browser.Jar, _ = cookiejar.New(nil)
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	there, err := browser.Get(site.URL + "/auth/oauth2/acme/authorize?return_to=/welcome")
	if err != nil {
		panic(err)
	}
	defer there.Body.Close()
	back := idp.Approve(T{}, there.Header.Get("Location"), authtest.Person{Email: "ada@example.com"})
	on, err := browser.Get(site.URL + back.RequestURI())
	if err != nil {
		panic(err)
	}
	defer on.Body.Close()
	to, err := url.Parse(on.Header.Get("Location"))
	if err != nil {
		panic(err)
	}
	fmt.Println(on.StatusCode, to.Path, len(to.Query().Get("code")))

	body := strings.NewReader(`{"code":"` + to.Query().Get("code") + `"}`)
	in, err := browser.Post(site.URL+"/auth/oauth2/handoff", "application/json", body)
	if err != nil {
		panic(err)
	}
	defer in.Body.Close()
	var token struct {
		Type string `json:"token_type"`
	}
	text, _ := io.ReadAll(in.Body)
	if err := json.Unmarshal(text, &token); err != nil {
		panic(err)
	}
	fmt.Println(in.StatusCode, token.Type)
	// Output:
	// 303 /welcome 43
	// 200 user
}

// A place on another origin must be listed, byte for byte; a path of the own origin may always be returned to.
func ExampleOptions_returnTo() {
	idp := authtest.StartProvider(T{}, "https://auth.example/auth/oauth2/acme/callback")
	s := authtest.New(T{}, auth.Config{OAuth: auth.OAuth{
		Providers:        map[string]oauth.ProviderConfig{"acme": {Issuer: idp.Issuer, ClientID: idp.ClientID}},
		ReturnTo:         []string{"https://app.example/done"},
		InsecureLoopback: true,
	}})
	for _, to := range []string{"/welcome", "https://app.example/done", "https://app.example/done/", "https://evil.example", "//evil.example"} {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/auth/oauth2/acme/authorize?return_to="+url.QueryEscape(to), nil))
		fmt.Println(w.Code, to)
	}
	// Output:
	// 302 /welcome
	// 302 https://app.example/done
	// 400 https://app.example/done/
	// 400 https://evil.example
	// 400 //evil.example
}

// badge signs in whoever holds a badge: a provider that is neither known nor speaks OpenID Connect.
type badge struct{}

func (badge) Name() string { return "badge" }

func (badge) AuthURL(_ context.Context, r oauth.Request) (string, error) {
	return "https://badges.example/ask?" + url.Values{"state": {r.State}, "back": {r.RedirectURI}}.Encode(), nil
}

func (badge) Exchange(_ context.Context, r oauth.Response) (oauth.UserInfo, error) {
	if r.Code != "holder-7" { // a call to the provider
		return oauth.UserInfo{}, oauth.Refuse("nobody has this badge")
	}
	return oauth.UserInfo{Provider: "badge", Issuer: "https://badges.example", Subject: "7", Email: "ada@example.com", EmailVerified: true}, nil
}

// A provider of the host's own making answers who signed in; the flow, its state and its cookie stay the library's.
func ExampleProvider() {
	s := authtest.New(T{}, auth.Config{SignUp: true, OAuth: auth.OAuth{Own: []oauth.Provider{badge{}}}})
	for _, code := range []string{"forged", "holder-7"} {
		there := httptest.NewRecorder()
		s.Handler().ServeHTTP(there, httptest.NewRequest(http.MethodGet, "/auth/oauth2/badge/authorize", nil))
		to, err := there.Result().Location()
		if err != nil {
			panic(err)
		}
		r := httptest.NewRequest(http.MethodGet, "/auth/oauth2/badge/callback?code="+code+"&state="+to.Query().Get("state"), nil)
		for _, c := range there.Result().Cookies() {
			r.AddCookie(c)
		}
		back := httptest.NewRecorder()
		s.Handler().ServeHTTP(back, r)
		fmt.Println(back.Code, code)
	}
	// Output:
	// 401 forged
	// 200 holder-7
}

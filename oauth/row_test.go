package oauth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/oauth"
)

// TestOneMoreProviderIsARow: a provider that keeps to OpenID Connect is a row of the configuration, with no line of code of its own.
func TestOneMoreProviderIsARow(t *testing.T) {
	idp := authtest.StartProvider(t, callbackOf("acme"))
	env := map[string]string{
		"AUTH_ISSUER": "https://auth.example", "SIGN_UP": "true",
		"OAUTH2_PROVIDERS": fmt.Sprintf(`{"acme":{"client_id":%q,"client_secret":%q,"issuer":%q}}`, idp.ClientID, idp.ClientSecret, idp.Issuer),
	}
	for name, value := range env {
		t.Setenv(name, value)
	}
	pem, err := authtest.Keys().PrivatePEM()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("JWT_PRIVATE_KEY", string(pem))
	t.Setenv("AUTH_SECRET", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
	c, err := auth.ConfigFromEnv()
	if err != nil {
		t.Fatal(err)
	}
	c.OAuth.InsecureLoopback = true
	s := at{authtest.New(t, c), idp}
	b := s.browser(t)
	id := b.me(b.signIn(idp, "acme", ada).want(http.StatusOK, "").str("token"))
	if l := s.links(t, id); len(l) != 1 || l[0].Provider != "acme" || l[0].Issuer != idp.Issuer {
		t.Errorf("links %+v", l)
	}
}

// TestKnownRows: what is known of a provider is where it is, and nothing about it is asked before somebody signs in there.
func TestKnownRows(t *testing.T) {
	if got := fmt.Sprint(oauth.Known()); got != "[github gitlab google linkedin microsoft]" {
		t.Errorf("known are %s", got)
	}
	for _, name := range oauth.Known() {
		if _, err := oauth.NewProvider(name, oauth.ProviderConfig{ClientID: "c", ClientSecret: "s"}, oauth.Environment{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNoTokenOfAProviderIsKept: what a provider hands out for its own interfaces is neither stored nor answered, and there is nowhere to ask
// for it: it lives as long as the callback.
func TestNoTokenOfAProviderIsKept(t *testing.T) {
	var handed []string
	keep := kept{}
	idp := authtest.StartProvider(t, callbackOf("demo"))
	p, err := oauth.NewProvider("demo", described(idp), oauth.Environment{InsecureLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	s := at{authtest.New(t, auth.Config{SignUp: true, OAuth: auth.OAuth{Own: []oauth.Provider{spied{p, &keep}}}}), idp}
	idp.Play(authtest.Trick{
		Token: func(_ *authtest.Provider, _ map[string]any, signed string) string {
			handed = append(handed, signed)
			return signed
		},
		Claims:   func(c map[string]any) { delete(c, "email") }, // so that userinfo is asked too
		UserInfo: func(map[string]any) {},
		Serve: func(e string, _ http.ResponseWriter, r *http.Request) bool {
			if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && e == "userinfo" {
				handed = append(handed, bearer)
			}
			return false
		},
	})
	b := s.browser(t)
	in := b.back(idp.Approve(t, b.begin("demo", "?return_to=/done"), ada)).want(http.StatusSeeOther, "")
	at, err := url.Parse(in.Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	token := b.do(http.MethodPost, "/auth/oauth2/handoff", `{"code":"`+at.Query().Get("code")+`"}`).want(http.StatusOK, "")
	id := b.me(token.str("token"))
	b.token = token.str("token")
	seen := fmt.Sprintf("%+v %s %s %s %s %+v", keep.infos, token.Body, b.do(http.MethodGet, "/auth/me", "").Body, b.do(http.MethodGet, "/auth/oauth2/links", "").Body, s.Logs(), s.links(t, id))
	for _, e := range s.Events.All() {
		seen += fmt.Sprintf("%+v", e)
	}
	if len(handed) != 2 || len(keep.infos) != 1 {
		t.Fatalf("%d tokens were handed out, %d people described", len(handed), len(keep.infos))
	}
	for _, secret := range handed {
		if strings.Contains(seen, secret) {
			t.Errorf("a token is kept or told: %s", seen)
		}
	}
}

// kept is what a provider has said of people.
type kept struct{ infos []oauth.UserInfo }

// spied keeps what the provider behind it says of people.
type spied struct {
	oauth.Provider

	kept *kept
}

func (s spied) Exchange(ctx context.Context, r oauth.Response) (oauth.UserInfo, error) {
	info, err := s.Provider.Exchange(ctx, r)
	if err == nil {
		s.kept.infos = append(s.kept.infos, info)
	}
	return info, err
}

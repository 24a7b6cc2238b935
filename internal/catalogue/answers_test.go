package catalogue

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/user"
)

// TestAnswers asks for what no attack asks for, so that every answer that openapi.json describes is seen in a run of this package.
func TestAnswers(t *testing.T) {
	s := aloneSocial(t, func(c *auth.Config, _ *authtest.Provider) { c.M2M = true })
	s.SignIn(user.User{Email: ada, TenantID: "acme", PartnerID: "reseller"})
	b := s.browser(t)
	b.token = s.loginTo(ada, "shop")
	if who := s.get("/auth/me", b.token); who.text("tenant_id") != "acme" || who.text("partner_id") != "reseller" {
		t.Errorf("signed in %s", who.body)
	}
	if list := s.get("/auth/sessions", b.token).want(t, http.StatusOK, ""); !strings.Contains(list.body, `"origin_app":"shop"`) {
		t.Errorf("the sessions are %s", list.body)
	}
	t.Run("providers and links", func(t *testing.T) { s.linksOf(t, b) })
	t.Run("machines", func(t *testing.T) { s.machines(t, b.token) })
	t.Run("a passkey that was used", func(t *testing.T) {
		a := &authtest.Authenticator{}
		k := s.passkey(b.token, a)
		token := s.signsIn(t, s.assert(a.Assert(s.request(), k)), s.account(ada))
		if list := s.get("/auth/webauthn/credentials", token); !strings.Contains(list.body, `"last_used_at"`) {
			t.Errorf("the passkeys are %s", list.body)
		}
		options := s.stepUpOptions(token, "webauthn").want(t, http.StatusOK, "")
		if options.field("publicKey") == nil {
			t.Errorf("step-up by passkey begins with %s", options.body)
		}
		id := base64.RawURLEncoding.EncodeToString(k.ID)
		s.do(http.MethodPatch, "/auth/webauthn/credentials/"+id, `{"name":"Laptop"}`, key(token), header("Content-Type", "application/json")).want(t, http.StatusOK, "")
	})
}

// TestAnswers_OfForeignPages asks what the provider routes answer to another origin in cookie mode.
func TestAnswers_OfForeignPages(t *testing.T) {
	s := aloneSocial(t, func(c *auth.Config, _ *authtest.Provider) { c.CookieMode = true })
	signedIn, foreign := header("Cookie", "__Host-auth="+s.SignIn(user.User{Email: ada})), header("Sec-Fetch-Site", "cross-site")
	for _, r := range []struct{ method, path, body string }{
		{http.MethodPost, "/auth/oauth2/handoff", `{"code":"x"}`},
		{http.MethodPost, "/auth/oauth2/link/confirm", `{"link":"x"}`},
		{http.MethodDelete, "/auth/oauth2/links/x", ""},
	} {
		options := []option{signedIn, foreign}
		if r.body != "" {
			options = append(options, header("Content-Type", "application/json"))
		}
		s.do(r.method, r.path, r.body, options...).want(t, http.StatusForbidden, "cross_origin")
	}
}

// loginTo signs in to an application.
func (e *env) loginTo(email, app string) string {
	e.t.Helper()
	handle := e.post("/auth/login/email", fmt.Sprintf(`{"email":%q,"application":%q}`, email, app)).text("challenge")
	return e.verify(email, handle, e.Inbox.Code(e.t, email)).text("token")
}

// linksOf links a provider, lists it, and unlinks it.
func (s *social) linksOf(t *testing.T, b *browser) {
	t.Helper()
	s.do(http.MethodGet, "/auth/oauth2/providers", "").want(t, http.StatusOK, "")
	s.do(http.MethodGet, "/auth/oauth2/links", "").want(t, http.StatusUnauthorized, "authentication_required")
	s.do(http.MethodGet, "/auth/oauth2/providers", "", header("X-Api-Key", "a"), header("X-Api-Key", "b"))
	b.do(http.MethodPost, "/auth/oauth2/link/confirm", "{}").want(t, http.StatusBadRequest, "invalid_request")
	back := b.back(b.beginLink(authtest.Person{Email: ada}))
	b.confirm(back.text("link")).want(t, http.StatusNoContent, "")
	list := s.get("/auth/oauth2/links", b.token).want(t, http.StatusOK, "")
	links, _ := list.field("links").([]any)
	if len(links) != 1 {
		t.Fatalf("the links are %s", list.body)
	}
	id := fmt.Sprint(object(links[0])["id"])
	s.do(http.MethodDelete, "/auth/oauth2/links/"+url.PathEscape(id), "", key(b.token)).want(t, http.StatusNoContent, "")
}

// machines signs a machine in by a key that it signs with, by client credentials, and by a secret that was rotated.
func (s *social) machines(t *testing.T, token string) {
	t.Helper()
	m, assertion := s.signer(t, token)
	s.post("/auth/api-key/signed", `{"assertion":`+quoted(assertion)+`}`).want(t, http.StatusOK, "")
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {m.code}, "client_secret": {m.key}, "scope": {"reports"}}
	s.do(http.MethodPost, "/auth/token", form.Encode(), header("Content-Type", "application/x-www-form-urlencoded")).want(t, http.StatusOK, "")
	s.do(http.MethodPost, "/auth/api-keys/"+m.id+"/rotate", "", key(token)).want(t, http.StatusOK, "")
	s.get("/auth/api-keys", token).want(t, http.StatusOK, "")
}

// signer is a machine that signs with a key of its own, and what it has signed.
func (e *env) signer(t *testing.T, token string) (m machine, assertion string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	m = e.machineOf(token, `"scopes":["reports"],"public_keys":[`+quoted(string(public))+`]`)
	now := e.Clock.Now()
	assertion, err = gojwt.NewWithClaims(gojwt.SigningMethodES256, gojwt.MapClaims{
		"iss": m.code, "sub": m.code, "aud": issuer, "jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}).SignedString(private)
	if err != nil {
		t.Fatal(err)
	}
	return m, assertion
}

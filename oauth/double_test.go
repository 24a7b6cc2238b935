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

// knownAt serves a known provider at a double of it, with the claims of its documentation, and answers who signs in. The double's keys,
// code and token answer are those of OpenID Connect Core 1.0 sections 3.1.3.3 and 10; its metadata stands in documents_test.go.
func knownAt(t *testing.T, name string, c oauth.ProviderConfig, idp *authtest.Provider, put ...user.User) (at, answer) {
	t.Helper()
	idp.RedirectURIs = []string{callbackOf(name)}
	c.ClientID, c.ClientSecret = idp.ClientID, oauth.ClientSecret(idp.ClientSecret)
	s := at{authtest.New(t, auth.Config{SignUp: true, OAuth: auth.OAuth{InsecureLoopback: true, Providers: map[string]oauth.ProviderConfig{name: c}}}), idp}
	for _, u := range put {
		s.Put(u)
	}
	return s, s.browser(t).signIn(idp, name, ada)
}

// claimed replaces the claims that identify somebody.
func claimed(c map[string]any) authtest.Trick {
	return authtest.Trick{Claims: func(m map[string]any) {
		delete(m, "email")
		delete(m, "email_verified")
		for k, v := range c {
			m[k] = v
		}
	}, Metadata: func(m map[string]any) { delete(m, "userinfo_endpoint") }}
}

// silent takes iss away from the answer and from what is announced: Microsoft sends none.
func silent(t authtest.Trick) authtest.Trick {
	t.Answer = func(q url.Values) { q.Del("iss") }
	narrow := t.Metadata
	t.Metadata = func(m map[string]any) {
		narrow(m)
		delete(m, "authorization_response_iss_parameter_supported")
	}
	return t
}

// TestGoogle: an ID token with the claims of developers.google.com/identity/openid-connect/reference, "ID token (claims)": iss, azp, aud, sub,
// email, email_verified, hd, name, given_name, family_name, picture, nonce, iat, exp. The field that announces
// iss is listed there, so the double sends it.
func TestGoogle(t *testing.T) {
	full := func(change map[string]any) map[string]any {
		c := map[string]any{
			"sub": "110169484474386276334", "azp": "demo", "email": "jsmith@example.com", "email_verified": true, "hd": "example.com",
			"name": "Jan Smith", "given_name": "Jan", "family_name": "Smith", "picture": "https://lh3.example/photo.jpg",
		}
		for k, v := range change {
			if c[k] = v; v == nil {
				delete(c, k)
			}
		}
		return c
	}
	for _, c := range []struct {
		rule   string
		claims map[string]any
		has    string // an account has this address
		link   bool
		status int
	}{
		{"a new person gets an account", full(nil), "", false, http.StatusOK},
		{"an account with the address must confirm", full(nil), "jsmith@example.com", false, http.StatusConflict},
		{"Workspace is authoritative for its addresses", full(nil), "jsmith@example.com", true, http.StatusOK},
		{"gmail.com is authoritative", full(map[string]any{"hd": nil, "email": "jsmith@gmail.com"}), "jsmith@gmail.com", true, http.StatusOK},
		{"nothing else is", full(map[string]any{"hd": nil}), "jsmith@example.com", true, http.StatusConflict},
		{"an address that is not verified is none", full(map[string]any{"email_verified": false}), "jsmith@example.com", true, http.StatusUnauthorized},
		{"a string is not a verified address", full(map[string]any{"email_verified": "true"}), "jsmith@example.com", true, http.StatusUnauthorized},
	} {
		t.Run(c.rule, func(t *testing.T) {
			idp := authtest.StartProvider(t)
			idp.Play(claimed(c.claims))
			var put []user.User
			if c.has != "" {
				put = append(put, user.User{Email: c.has})
			}
			s, w := knownAt(t, "google", oauth.ProviderConfig{Issuer: idp.Issuer, LinkVerified: c.link}, idp, put...)
			if w.want(c.status, ""); c.status != http.StatusOK {
				return
			}
			l := s.links(t, s.browser(t).me(w.str("token")))
			if len(l) != 1 || l[0].Subject != "110169484474386276334" || l[0].Issuer != idp.Issuer {
				t.Errorf("links %+v", l)
			}
		})
	}
}

const (
	object  = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	foreign = "99999999-2222-3333-4444-555555555555"
)

// TestMicrosoft: ID tokens of version 2.0 with the claims of learn.microsoft.com/entra/identity-platform/id-token-claims-reference: iss, aud,
// iat, exp, nonce, sub, tid, oid, ver, name, email, preferred_username, rh, uti; and xms_edov of .../optional-claims-reference. Metadata of
// the common authority holds {tenantid} in its issuer.
func TestMicrosoft(t *testing.T) {
	yes := []string{tenant}
	for _, c := range []struct {
		rule    string
		tenants []string
		change  map[string]any
		link    bool
		has     bool
		status  int
	}{
		{"any tenant may", nil, nil, false, false, http.StatusOK},
		{"the single tenant may", yes, nil, false, false, http.StatusOK},
		{"one of the list may", []string{foreign, tenant}, nil, false, false, http.StatusOK},
		{"another tenant may not", []string{foreign, object}, nil, false, false, http.StatusUnauthorized},
		{"the issuer must be the tenant's", nil, map[string]any{"tid": foreign}, false, false, http.StatusUnauthorized},
		{"a tenant that is no id is refused", nil, map[string]any{"tid": "../x"}, false, false, http.StatusUnauthorized},
		{"no tenant is refused", nil, map[string]any{"tid": nil}, false, false, http.StatusUnauthorized},
		{"no object id is refused", nil, map[string]any{"oid": nil}, false, false, http.StatusUnauthorized},
		{"an address without xms_edov is none", nil, map[string]any{"xms_edov": nil}, false, false, http.StatusUnauthorized},
		{"email_verified does not stand in for it", nil, map[string]any{"xms_edov": nil, "email_verified": true}, false, false, http.StatusUnauthorized},
		{"xms_edov is a boolean", nil, map[string]any{"xms_edov": "1"}, false, false, http.StatusUnauthorized},
		{"an account with the address must confirm", yes, nil, false, true, http.StatusConflict},
		{"a single tenant is authoritative", yes, nil, true, true, http.StatusOK},
	} {
		t.Run(c.rule, func(t *testing.T) {
			idp := authtest.StartProvider(t)
			claims := map[string]any{
				"iss": idp.Issuer + "/" + tenant + "/v2.0", "ver": "2.0", "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "tid": tenant, "oid": object,
				"email": "adele@contoso.example", "preferred_username": "adele@contoso.example", "name": "Adele Vance", "xms_edov": true, "uti": "x", "rh": "0.",
			}
			for k, v := range c.change {
				if claims[k] = v; v == nil {
					delete(claims, k)
				}
			}
			trick := silent(claimed(claims))
			// The double's authorities lie below its issuer, as those of login.microsoftonline.com do.
			narrow := trick.Metadata
			trick.Metadata = func(m map[string]any) {
				narrow(m)
				m["issuer"] = idp.Issuer + "/{tenantid}/v2.0"
				if len(c.tenants) == 1 {
					m["issuer"] = idp.Issuer + "/" + c.tenants[0] + "/v2.0"
				}
			}
			idp.Aliases = []string{"/common/v2.0", "/" + tenant + "/v2.0"}
			idp.Play(trick)
			var put []user.User
			if c.has {
				put = append(put, user.User{Email: "adele@contoso.example"})
			}
			s, w := knownAt(t, "microsoft", oauth.ProviderConfig{Issuer: idp.Issuer, Tenants: c.tenants, LinkVerified: c.link}, idp, put...)
			if w.want(c.status, ""); c.status != http.StatusOK {
				return
			}
			l := s.links(t, s.browser(t).me(w.str("token")))
			if len(l) != 1 || l[0].Subject != tenant+":"+object || l[0].Issuer != idp.Issuer+"/"+tenant+"/v2.0" {
				t.Errorf("links %+v", l)
			}
		})
	}
}

// TestGitHub: the token answer of docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps (access_token, scope,
// token_type; an error comes with status 200), the account of docs.github.com/rest/users/users ("Get the authenticated user": login, id,
// node_id, avatar_url, type, name, email), and the addresses of docs.github.com/rest/users/emails ("List email addresses for the
// authenticated user": email, primary, verified, visibility).
func TestGitHub(t *testing.T) {
	account := `{"login":"octocat","id":583231,"node_id":"MDQ6VXNlcjU4MzIzMQ==","avatar_url":"https://a.example/u/583231","type":"User","name":"The Octocat","email":null}`
	address := func(email string, primary, verified any) map[string]any {
		return map[string]any{"email": email, "primary": primary, "verified": verified, "visibility": "public"}
	}
	for _, c := range []struct {
		rule, user, token string
		emails            []map[string]any
		status            int
		email             string
	}{
		{"the primary address", account, "", []map[string]any{address("old@example.com", false, true), address("octocat@example.com", true, true)}, 200, "octocat@example.com"},
		{"a primary address that is not verified is none", account, "", []map[string]any{address("old@example.com", false, true), address("octocat@example.com", true, false)}, 401, ""},
		{"verified is a boolean", account, "", []map[string]any{address("octocat@example.com", true, "true")}, 401, ""},
		{"no address", account, "", []map[string]any{}, 401, ""},
		{"no id", `{"login":"octocat"}`, "", nil, 401, ""},
		{"an error with status 200", account, `{"error":"bad_verification_code","error_description":"The code passed is incorrect or expired."}`, nil, 401, ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			var challenge string
			mux := http.NewServeMux()
			mux.HandleFunc("POST /login/oauth/access_token", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if c.token != "" {
					_, _ = w.Write([]byte(c.token))
					return
				}
				if r.FormValue("client_id") != "id" || r.FormValue("client_secret") != "secret" || r.FormValue("code") != "code" || len(r.FormValue("code_verifier")) != 43 {
					t.Errorf("sent %v", r.Form)
				}
				_, _ = w.Write([]byte(`{"access_token":"gho_16C7e42F292c6912E7710c838347Ae178B4a","scope":"read:user,user:email","token_type":"bearer"}`))
			})
			api := func(v string) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					if r.Header.Get("Authorization") != "Bearer gho_16C7e42F292c6912E7710c838347Ae178B4a" {
						t.Errorf("asked with %q", r.Header.Get("Authorization"))
					}
					w.Header().Set("Content-Type", "application/json")
					_, _ = w.Write([]byte(v))
				}
			}
			list, err := json.Marshal(c.emails)
			if err != nil {
				t.Fatal(err)
			}
			mux.HandleFunc("GET /api/v3/user", api(c.user))
			mux.HandleFunc("GET /api/v3/user/emails", api(string(list)))
			hub := httptest.NewServer(mux)
			t.Cleanup(hub.Close)
			s := at{Server: authtest.New(t, auth.Config{SignUp: true, OAuth: auth.OAuth{InsecureLoopback: true, Providers: map[string]oauth.ProviderConfig{
				"github": {ClientID: "id", ClientSecret: "secret", Issuer: hub.URL},
			}}})}
			b := s.browser(t)
			u, err := url.Parse(b.begin("github", ""))
			if err != nil {
				t.Fatal(err)
			}
			q := u.Query()
			if challenge = q.Get("code_challenge"); len(challenge) != 43 || q.Get("scope") != "read:user user:email" || !strings.HasPrefix(u.String(), hub.URL+"/login/oauth/authorize?") {
				t.Errorf("sent to %s", u)
			}
			back, _ := url.Parse(callbackOf("github") + "?code=code&state=" + q.Get("state"))
			w := b.back(back).want(c.status, "")
			if c.status != http.StatusOK {
				return
			}
			l := s.links(t, b.me(w.str("token")))
			if len(l) != 1 || l[0].Subject != "583231" || l[0].Email != c.email || l[0].Issuer != hub.URL {
				t.Errorf("links %+v", l)
			}
		})
	}
}

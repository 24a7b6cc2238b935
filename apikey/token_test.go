package apikey_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/internal/testutil"
)

const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// TestToken takes each way to authenticate.
func TestToken(t *testing.T) {
	e := open(t)
	s := signers()["ES384"]
	c := e.create(`"scopes":["tenant","a:read","a:write"],` + s.registration(t))
	grant := url.Values{"grant_type": {"client_credentials"}}
	with := func(more ...string) url.Values {
		v := url.Values{"grant_type": {"client_credentials"}}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	for rule, a := range map[string]answer{
		"client_secret_basic": e.form(grant, basic(c.code, c.key)), "client_secret_post": e.form(with("client_id", c.code, "client_secret", c.key)),
		"private_key_jwt":                e.form(with("client_assertion_type", jwtBearer, "client_assertion", s.sign(t, s.alg, nil, e.claims(c.code)))),
		"private_key_jwt with client_id": e.form(with("client_id", c.code, "client_assertion_type", jwtBearer, "client_assertion", s.sign(t, s.alg, nil, e.claims(c.code)))),
		"basic with the same client_id":  e.form(with("client_id", c.code), basic(c.code, c.key)),
		"an empty scope":                 e.form(with("scope", ""), basic(c.code, c.key)),
	} {
		if a.status != http.StatusOK || a.text("token_type") != "Bearer" || a.json("expires_in") != 1800.0 || a.text("scope") != "tenant a:read a:write" ||
			a.header.Get("Cache-Control") != "no-store" || !e.live(a.text("access_token")) {
			t.Errorf("%s: got %d %v %s", rule, a.status, a.header, a.body)
		}
	}
	a := e.form(with("scope", "a:read"), basic(c.code, c.key))
	me := e.send(http.MethodGet, "/auth/me", "", as(a.text("access_token")))
	extra, _ := me.json("extra").(map[string]any)
	if scopes, _ := json.Marshal(extra["scopes"]); a.text("scope") != "a:read" || string(scopes) != `["a:read"]` || me.json("scope") != nil {
		t.Errorf("a request for less: got %s and %s", a.body, me.body)
	}
}

// TestTokenRefuses answers as RFC 6749 section 5.2 says, whatever is wrong.
func TestTokenRefuses(t *testing.T) {
	e := open(t, func(c *auth.Config) { c.Limits.IPPerMinute = 1000 })
	s := signers()["ES256"]
	c := e.create(`"scopes":["a:read"],` + s.registration(t))
	none := e.create("")
	form := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Add(pairs[i], pairs[i+1])
		}
		return v
	}
	const cc = "client_credentials"
	assertion := func() string { return s.sign(t, s.alg, nil, e.claims(c.code)) }
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Add(name, value) }
	}
	wrong := c.key[:20] + "aaaa" + c.key[24:]
	for i, tt := range []struct {
		rule   string
		a      func(at func(*http.Request)) answer
		status int
		code   string
	}{
		{"no grant type", func(at func(*http.Request)) answer { return e.form(form("x", "y"), basic(c.code, c.key), at) }, 400, "invalid_request"},
		{"another grant type", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", "password"), basic(c.code, c.key), at)
		}, 400, "unsupported_grant_type"},
		{"a grant type twice", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc, "grant_type", cc), basic(c.code, c.key), at)
		}, 400, "invalid_request"},
		{"no client", func(at func(*http.Request)) answer { return e.form(form("grant_type", cc), at) }, 401, "invalid_client"},
		{"a client without a secret", func(at func(*http.Request)) answer { return e.form(form("grant_type", cc, "client_id", c.code), at) }, 401, "invalid_client"},
		{"a wrong secret by Basic", func(at func(*http.Request)) answer { return e.form(form("grant_type", cc), basic(c.code, wrong), at) }, 401, "invalid_client"},
		{"a wrong secret in the body", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc, "client_id", c.code, "client_secret", wrong), at)
		}, 401, "invalid_client"},
		{"an unknown client", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc), basic("ac_aaaaaaaaaaaaaaaa", c.key), at)
		}, 401, "invalid_client"},
		{"another client's secret", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc), basic(none.code, c.key), at)
		}, 401, "invalid_client"},
		{"Bearer", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc), header("Authorization", "Bearer "+e.token), at)
		}, 401, "invalid_client"},
		{"a broken Basic", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc), header("Authorization", "Basic !"), at)
		}, 401, "invalid_client"},
		{"Basic with bad escapes", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc), func(r *http.Request) { r.SetBasicAuth("%zz", "x") }, at)
		}, 401, "invalid_client"},
		{"two Authorization lines", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc), basic(c.code, c.key), header("Authorization", "Basic eDp5"), at)
		}, 400, "invalid_request"},
		{"Basic and a secret in the body", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc, "client_id", c.code, "client_secret", c.key), basic(c.code, c.key), at)
		}, 400, "invalid_request"},
		{"Basic and an assertion", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc, "client_assertion_type", jwtBearer, "client_assertion", assertion()), basic(c.code, c.key), at)
		}, 400, "invalid_request"},
		{"a secret and an assertion", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc, "client_id", c.code, "client_secret", c.key, "client_assertion_type", jwtBearer, "client_assertion", assertion()), at)
		}, 400, "invalid_request"},
		{"Basic and another client_id", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc, "client_id", none.code), basic(c.code, c.key), at)
		}, 400, "invalid_request"},
		{"another type of assertion", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc, "client_assertion_type", "saml", "client_assertion", assertion()), at)
		}, 400, "invalid_request"},
		{"an assertion without a type", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc, "client_assertion", assertion()), at)
		}, 400, "invalid_request"},
		{"an assertion of another client", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc, "client_id", none.code, "client_assertion_type", jwtBearer, "client_assertion", assertion()), at)
		}, 401, "invalid_client"},
		{"a scope beyond the key's", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc, "scope", "a:read system"), basic(c.code, c.key), at)
		}, 400, "invalid_scope"},
		{"a scope of a key without any", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc, "scope", "a:read"), basic(none.code, none.key), at)
		}, 400, "invalid_scope"},
		{"two blanks", func(at func(*http.Request)) answer {
			return e.form(form("grant_type", cc, "scope", "a:read  a:read"), basic(c.code, c.key), at)
		}, 400, "invalid_scope"},
		{"JSON", func(at func(*http.Request)) answer { return e.send("POST", "/auth/token", `{}`, at) }, 415, "invalid_request"},
		{"too much", func(at func(*http.Request)) answer { return e.form(form("x", strings.Repeat("x", 70_000)), at) }, 413, "invalid_request"},
	} {
		a := tt.a(from(netip(i)))
		if a.status != tt.status || a.text("error") != tt.code || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: got %d %v %s, want %d %s", tt.rule, a.status, a.header, a.body, tt.status, tt.code)
		}
		if basic := strings.HasPrefix(a.header.Get("Www-Authenticate"), "Basic "); basic != (a.status == http.StatusUnauthorized) {
			t.Errorf("%s: WWW-Authenticate %q", tt.rule, a.header.Get("Www-Authenticate"))
		}
		if strings.Contains(a.body, c.key) {
			t.Errorf("%s: the key comes back", tt.rule)
		}
	}
	// The limit of the address answers in the same form.
	limited := answer{}
	for i := 0; i <= 1000 && limited.status != http.StatusTooManyRequests; i++ {
		limited = e.form(form("grant_type", cc), from("2001:db8:ffff::1"))
	}
	if limited.status != http.StatusTooManyRequests || limited.text("error") != "temporarily_unavailable" || limited.header.Get("Retry-After") == "" {
		t.Errorf("too many: got %d %v %s", limited.status, limited.header, limited.body)
	}
}

// netip is an address of its own for each i.
func netip(i int) string {
	const hex = "0123456789abcdef"
	return "2001:db8:" + string(hex[i/16+1]) + string(hex[i%16]) + "::1"
}

// TestM2MIsOff serves neither endpoint unless it is asked for.
func TestM2MIsOff(t *testing.T) {
	e := open(t, func(c *auth.Config) { c.M2M = false })
	if a := e.form(url.Values{"grant_type": {"client_credentials"}}); a.status != http.StatusNotFound {
		t.Errorf("/token: got %d", a.status)
	}
	w := httptest.NewRecorder()
	e.WellKnown().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/.well-known/oauth-authorization-server", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("metadata: got %d", w.Code)
	}
}

// TestClients gets and uses tokens with clients that share no code with this library: x/oauth2 and oauth4webapi.
func TestClients(t *testing.T) {
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	e := open(t, func(c *auth.Config) { c.Issuer, c.Now = server.URL, time.Now })
	mux := http.NewServeMux()
	mux.Handle("/auth/", e.Handler())
	mux.Handle("/.well-known/", e.WellKnown())
	handler = mux
	c := e.create(`"scopes":["a:read","a:write"]`)

	// What the metadata says is where the clients go.
	res, err := server.Client().Get(server.URL + "/.well-known/oauth-authorization-server")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var meta struct {
		Issuer   string   `json:"issuer"`
		Endpoint string   `json:"token_endpoint"`
		Keys     string   `json:"jwks_uri"`
		Methods  []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := json.NewDecoder(res.Body).Decode(&meta); err != nil || meta.Issuer != server.URL || len(meta.Methods) != 3 {
		t.Fatalf("metadata: %v %+v", err, meta)
	}
	if res, err := server.Client().Get(meta.Keys); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("jwks_uri: %v", err)
	}

	for name, style := range map[string]oauth2.AuthStyle{"header": oauth2.AuthStyleInHeader, "body": oauth2.AuthStyleInParams, "auto": oauth2.AuthStyleAutoDetect} {
		config := clientcredentials.Config{ClientID: c.code, ClientSecret: c.key, TokenURL: meta.Endpoint, Scopes: []string{"a:read"}, AuthStyle: style}
		res, err := config.Client(t.Context()).Get(server.URL + "/auth/me")
		if err != nil {
			t.Fatalf("x/oauth2 with the secret in the %s: %v", name, err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("x/oauth2 with the secret in the %s: the token gets %d", name, res.StatusCode)
		}
	}
	config := clientcredentials.Config{ClientID: c.code, ClientSecret: rand.Text(), TokenURL: meta.Endpoint, AuthStyle: oauth2.AuthStyleInHeader}
	var refused *oauth2.RetrieveError
	if _, err := config.Token(t.Context()); !errors.As(err, &refused) || refused.ErrorCode != "invalid_client" {
		t.Errorf("x/oauth2 with a wrong secret: %v", err)
	}

	for _, tt := range []struct {
		secret, scope string
		ok            bool
		want          string
	}{{c.key, "a:read", true, ""}, {c.key, "", true, ""}, {c.key, "system", false, "invalid_scope"}, {"wrong", "", false, "OAUTH_WWW_AUTHENTICATE_CHALLENGE"}} {
		verdicts := testutil.NodePeer(t, "client-credentials.mjs", map[string]string{
			"token_endpoint": meta.Endpoint, "issuer": server.URL, "client_id": c.code, "client_secret": tt.secret, "scope": tt.scope,
		})
		if len(verdicts) != 1 || verdicts[0].OK != tt.ok {
			t.Errorf("oauth4webapi: got %v", verdicts)
			continue
		}
		if tt.ok && !e.live(verdicts[0].Detail) {
			t.Error("oauth4webapi: the token is not taken")
		}
		if !tt.ok && verdicts[0].Detail != tt.want {
			t.Errorf("oauth4webapi is told %q, want %q", verdicts[0].Detail, tt.want)
		}
	}
}

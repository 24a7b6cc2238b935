package apikey_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/user"
)

const issuer = "https://auth.example"

// env is a whole service whose client is at an address that tests choose.
type env struct {
	*authtest.Server

	t     testing.TB
	owner user.User
	token string // the owner's, fresh
}

func open(t testing.TB, change ...func(*auth.Config)) *env {
	t.Helper()
	c := auth.Config{Issuer: issuer, M2M: true}
	for _, f := range change {
		f(&c)
	}
	e := &env{Server: authtest.New(t, c), t: t}
	e.owner = e.Put(user.User{Email: "ada@example.com", TenantID: "acme", PartnerID: "partners", Scope: jwt.ScopePartner})
	e.token = e.SignIn(e.owner)
	return e
}

// answer is what the service said.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) json(name string) any {
	var m map[string]any
	_ = json.Unmarshal([]byte(a.body), &m)
	return m[name]
}

func (a answer) text(name string) string { s, _ := a.json(name).(string); return s }

// request is sent from 192.0.2.1 unless change says otherwise.
func (e *env) send(method, path, body string, change ...func(*http.Request)) answer {
	e.t.Helper()
	r := httptest.NewRequestWithContext(e.t.Context(), method, path, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.1:1"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	e.Handler().ServeHTTP(w, r)
	b, _ := io.ReadAll(w.Result().Body)
	return answer{w.Code, w.Result().Header, string(b)}
}

func as(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("X-Api-Key", token) }
}

func from(ip string) func(*http.Request) {
	return func(r *http.Request) { r.RemoteAddr = net.JoinHostPort(ip, "1") }
}

func basic(id, secret string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret)) }
}

// credential is a key as its owner got it.
type credential struct{ id, code, key string }

// create makes a key of the owner; extra are further members of the request.
func (e *env) create(extra string) credential {
	e.t.Helper()
	if extra != "" {
		extra = "," + extra
	}
	a := e.send(http.MethodPost, "/auth/api-keys", `{"name":"ci"`+extra+`}`, as(e.token))
	if a.status != http.StatusCreated {
		e.t.Fatalf("create answers %d %s", a.status, a.body)
	}
	return credential{a.text("id"), a.text("api_code"), a.text("api_key")}
}

func (e *env) swap(c credential, change ...func(*http.Request)) answer {
	e.t.Helper()
	return e.send(http.MethodPost, "/auth/api-key", `{"api_code":"`+c.code+`","api_key":"`+c.key+`"}`, change...)
}

// mint demands a service token.
func (e *env) mint(c credential) string {
	e.t.Helper()
	a := e.swap(c)
	if a.status != http.StatusOK || a.text("token_type") != "service" {
		e.t.Fatalf("api-key answers %d %s", a.status, a.body)
	}
	return a.text("token")
}

// live reports whether the service takes a token.
func (e *env) live(token string) bool {
	e.t.Helper()
	return e.send(http.MethodGet, "/auth/me", "", as(token)).status == http.StatusOK
}

// form posts to the token endpoint.
func (e *env) form(values url.Values, change ...func(*http.Request)) answer {
	e.t.Helper()
	return e.send(http.MethodPost, "/auth/token", values.Encode(), append([]func(*http.Request){func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}}, change...)...)
}

// refused demands the one refusal.
func (e *env) refused(rule string, a answer) {
	e.t.Helper()
	if a.status != http.StatusUnauthorized || a.text("code") != "invalid_api_key" {
		e.t.Errorf("%s: got %d %s, want 401 invalid_api_key", rule, a.status, a.body)
	}
}

package catalogue

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"

	"github.com/crafteasy/auth"
)

// machine is an API key as its owner got it.
type machine struct{ id, code, key string }

// behindProxy makes the header of [at] count.
func behindProxy() auth.Config {
	return auth.Config{M2M: true, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}
}

// at sends the request from an address.
func at(ip string) option { return header("X-Forwarded-For", ip) }

// machineOf makes an API key; extra are further members of the request.
func (e *env) machineOf(token, extra string) machine {
	e.t.Helper()
	if extra != "" {
		extra = "," + extra
	}
	a := e.post("/auth/api-keys", `{"name":"ci"`+extra+`}`, key(token))
	if a.status != http.StatusCreated {
		e.t.Fatalf("making a key answers %d %s", a.status, a.body)
	}
	return machine{a.text("id"), a.text("api_code"), a.text("api_key")}
}

// swap presents a key.
func (e *env) swap(m machine, options ...option) answer {
	e.t.Helper()
	body, _ := json.Marshal(map[string]string{"api_code": m.code, "api_key": m.key})
	return e.post("/auth/api-key", string(body), options...)
}

// serviceOf is the token of a machine.
func (e *env) serviceOf(m machine, options ...option) string {
	e.t.Helper()
	a := e.swap(m, options...)
	if a.status != http.StatusOK || a.text("token_type") != "service" || a.field("requires_2fa") != false {
		e.t.Fatalf("a key answers %d %s; the log says %s", a.status, a.body, e.Logs())
	}
	return a.text("token")
}

// revoke ends a key.
func (e *env) revoke(token string, m machine) {
	e.t.Helper()
	if a := e.do(http.MethodDelete, "/auth/api-keys/"+m.id, "", key(token)); a.status != http.StatusNoContent {
		e.t.Fatalf("revoking a key answers %d %s", a.status, a.body)
	}
}

// someAddress is one that nobody else uses.
func someAddress() string {
	var b [5]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("2001:db8:%x:%x::1", int(b[0])<<8|int(b[1]), int(b[2])<<8|int(b[3]))
}

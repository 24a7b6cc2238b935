package catalogue

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// askNothing are the endpoints that ask no store for anything: what they serve is the same for everybody.
var askNothing = []string{"GET /auth/jwks.json", "GET /auth/openapi.json", "GET /auth/webauthn.js", "GET /auth/oauth2/providers"}

// afterthoughts are calls that come when the deed is done: the owner's address for a notice, the time of a key's last use, a lock that
// ends by itself. When they fail the answer is that of the deed.
var afterthoughts = map[string][]string{
	"POST /auth/2fa/enable":                  {"users.ByID"},
	"POST /auth/2fa/disable":                 {"users.ByID"},
	"POST /auth/2fa/backup-codes":            {"users.ByID"},
	"POST /auth/api-keys":                    {"users.ByID"},
	"POST /auth/api-keys/{id}/rotate":        {"users.ByID"},
	"DELETE /auth/api-keys/{id}":             {"users.ByID"},
	"DELETE /auth/webauthn/credentials/{id}": {"kv.Set", "kv.Delete"},
	"POST /auth/api-key":                     {"apikeys.Replace"},
	"POST /auth/api-key/signed":              {"apikeys.Replace"},
	"POST /auth/token":                       {"apikeys.Replace"},
}

// TestOutageOnEveryRoute lets all stores fail from the n-th call of a request on, for every endpoint and every n: the answer is a 503
// with Retry-After, holds no token, and no message is sent. A store that failed is asked for nothing more but to undo, and that for a
// moment only: calls after the first hang here, so that one without a bound of its own would hold the request for good. So an answer
// takes one time-out of a store and hardly more.
func TestOutageOnEveryRoute(t *testing.T) {
	e := aloneSocial(t, func(c *auth.Config, _ *authtest.Provider) { c.M2M = true })
	for _, rt := range e.Routes() {
		name := rt.Method + " " + rt.Path
		if successes[name] == nil && providerSuccesses[name] == nil && !slices.Contains(askNothing, name) {
			t.Errorf("%s: no request of this test", name)
		}
	}
	for _, name := range requestNames() {
		t.Run(name, func(t *testing.T) {
			calls, messages := undisturbed(t, name)
			if len(calls) == 0 {
				t.Fatal("it asks no store")
			}
			for effect, do := range map[string]authtest.Effect{"refuses": authtest.Refuse, "fails after it was done": authtest.FailAfter} {
				for n, c := range calls {
					t.Run(fmt.Sprintf("call %d, %s, %s", n+1, c.Verb, effect), func(t *testing.T) {
						last := !slices.ContainsFunc(calls[n:], func(c authtest.Call) bool { return !slices.Contains(afterthoughts[name], c.Verb) })
						outage{name, n, do, messages, last, c.Verb}.run(t)
					})
				}
			}
		})
	}
}

// undisturbed answers the calls of the request, and how many messages its preparation leads to.
func undisturbed(t *testing.T, name string) (calls []authtest.Call, messages int) {
	t.Helper()
	e, send := prepared(t, name)
	e.Faults.Forget()
	if a := send(); a.status >= http.StatusBadRequest {
		t.Fatalf("without an outage: %d %s", a.status, a.body)
	}
	calls = e.Faults.Calls()
	e, _ = prepared(t, name)
	e.Drain()
	return calls, len(e.Inbox.Messages())
}

// held is longer than any request takes that has bounds of its own, and less than the server lets one last.
const held = 10 * time.Second

// outage begins with a call of a request.
type outage struct {
	name     string
	n        int
	do       authtest.Effect
	messages int  // of the preparation
	last     bool // the deed is done
	verb     string
}

// stays are the calls after a deed that is taken back where they fail, unless that fails too.
var stays = map[string]string{"POST /auth/webauthn/register/verify": "sessions.State", "DELETE /auth/oauth2/links/{id}": "links.List"}

func (o outage) run(t *testing.T) {
	t.Helper()
	e, send := prepared(t, o.name)
	if o.n > 0 {
		e.Faults.Inject(authtest.Fault{Times: o.n, Do: authtest.Pause})
	}
	e.Faults.Inject(authtest.Fault{Times: 1, Do: o.do})
	end := e.Faults.Inject(authtest.Fault{Do: authtest.Hang})
	begin := time.Now()
	a := send()
	if waited := time.Since(begin); waited > held {
		t.Errorf("a store that hangs held the request for %v", waited)
	}
	end()
	if o.last {
		if a.status >= http.StatusBadRequest {
			t.Errorf("the deed was done, and the answer is %d %s", a.status, a.body)
		}
		return
	}
	wantUnavailable(t, o.name, a)
	e.Drain()
	// A passkey was added or removed, its owner told, and the new list failed; or the deed is done and cannot be taken back.
	told := strings.HasPrefix(o.verb, "passkeys.List") || stays[o.name] == o.verb
	for _, m := range e.Inbox.Messages()[o.messages:] {
		if m.Code != "" || !told {
			t.Errorf("a message was sent: %s", m.Subject)
		}
	}
}

// wantUnavailable demands a 503 with Retry-After that holds no token.
func wantUnavailable(t *testing.T, name string, a answer) {
	t.Helper()
	code := a.text("code")
	if name == "POST /auth/token" && a.text("error") == "temporarily_unavailable" { // RFC 6749 has no other way to say it
		code = "unavailable"
	}
	if a.status != http.StatusServiceUnavailable || code != "unavailable" || a.header.Get("Retry-After") == "" {
		t.Errorf("%s answers %d %s", name, a.status, a.body)
	}
	if a.text("token") != "" || a.holdsToken() {
		t.Errorf("%s: a token came out: %s", name, a.body)
	}
}

// TestOutageOfTheLocks: no session begins before the failures are taken back, and a code whose owner was turned away so is spent.
func TestOutageOfTheLocks(t *testing.T) {
	for _, do := range []authtest.Effect{authtest.Refuse, authtest.FailAfter} {
		for _, name := range []string{"POST /auth/login/verify", "POST /auth/login/verify of somebody new"} {
			e, send := prepared(t, name)
			e.Faults.Forget()
			end := e.Faults.Inject(authtest.Fault{On: "locks.Clear", Do: do})
			if a := send(); a.status != http.StatusServiceUnavailable {
				t.Errorf("%s answers %d %s", name, a.status, a.body)
			}
			end()
			if n := e.Faults.Count("sessions.Create") + e.Faults.Count("users.Create"); n != 0 {
				t.Errorf("%s: %d accounts and sessions were made", name, n)
			}
			if a := send(); a.status != http.StatusUnauthorized || a.text("code") != "invalid_code" {
				t.Errorf("%s: afterwards the code answers %d %s", name, a.status, a.body)
			}
		}
	}
}

// TestOutageAfterTheCode: what was taken before a store failed stays taken, when the store is back too.
func TestOutageAfterTheCode(t *testing.T) {
	for _, name := range []string{"POST /auth/login/verify", "POST /auth/login/verify of somebody new", "POST /auth/login/verify without a handle"} {
		t.Run(name, func(t *testing.T) {
			calls, _ := undisturbed(t, name)
			taken := slices.IndexFunc(calls, func(c authtest.Call) bool { return c.Verb == "kv.Take" })
			if taken < 0 || taken == len(calls)-1 {
				t.Fatalf("calls %v", calls)
			}
			for n := taken; n < len(calls); n++ {
				e, send := prepared(t, name)
				if n > 0 {
					e.Faults.Inject(authtest.Fault{Times: n, Do: authtest.Pause})
				}
				end := e.Faults.Inject(authtest.Fault{Do: authtest.FailAfter})
				if a := send(); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
					t.Errorf("call %d, %s: %d %s", n+1, calls[n].Verb, a.status, a.body)
				}
				end()
				if a := send(); a.status != http.StatusUnauthorized || a.text("code") != "invalid_code" {
					t.Errorf("call %d, %s: when the store is back the code answers %d %s", n+1, calls[n].Verb, a.status, a.body)
				}
			}
		})
	}
}

package catalogue

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/crafteasy/auth/authtest"
)

// request is one that succeeds, made ready but for being sent.
type request func() answer

// successes has a request that succeeds for every endpoint that asks a store for anything. What it needs is done when it is made.
var successes = map[string]func(t *testing.T, e *env) request{
	"POST /auth/login/email": func(_ *testing.T, e *env) request {
		e.account(ada)
		return func() answer { return e.post("/auth/login/email", `{"email":"ada@example.com"}`) }
	},
	"POST /auth/login/sms": func(_ *testing.T, e *env) request {
		return func() answer { return e.post("/auth/login/sms", `{"phone":"+46701234567"}`) }
	},
	"POST /auth/login/verify": func(_ *testing.T, e *env) request {
		e.account(ada)
		handle, code := e.code(ada)
		return func() answer { return e.verify(ada, handle, code) }
	},
	"POST /auth/login/verify of somebody new": func(_ *testing.T, e *env) request {
		handle, code := e.code(ada)
		return func() answer { return e.verify(ada, handle, code) }
	},
	"POST /auth/login/verify without a handle": func(_ *testing.T, e *env) request {
		e.account(ada)
		_, code := e.code(ada)
		return func() answer { return e.verify(ada, "", code) }
	},
	"GET /auth/me":                          signedIn("GET", "/auth/me", ""),
	"GET /app":                              signedIn("GET", "/app", ""),
	"GET /open":                             signedIn("GET", "/open", ""),
	"POST /auth/refresh":                    signedIn("POST", "/auth/refresh", ""),
	"POST /auth/logout":                     signedIn("POST", "/auth/logout", ""),
	"GET /auth/sessions":                    signedIn("GET", "/auth/sessions", ""),
	"DELETE /auth/sessions":                 signedIn("DELETE", "/auth/sessions", ""),
	"GET /auth/2fa":                         signedIn("GET", "/auth/2fa", ""),
	"POST /auth/2fa/setup":                  signedIn("POST", "/auth/2fa/setup", ""),
	"GET /auth/api-keys":                    signedIn("GET", "/auth/api-keys", ""),
	"POST /auth/api-keys":                   signedIn("POST", "/auth/api-keys", `{"name":"ci"}`),
	"POST /auth/me/identifiers":             signedIn("POST", "/auth/me/identifiers", `{"email":"new@example.com"}`),
	"POST /auth/reauthenticate/options":     signedIn("POST", "/auth/reauthenticate/options", ""),
	"GET /auth/webauthn/credentials":        signedIn("GET", "/auth/webauthn/credentials", ""),
	"POST /auth/webauthn/register/options":  signedIn("POST", "/auth/webauthn/register/options", "{}"),
	"POST /auth/webauthn/login/options":     signedIn("POST", "/auth/webauthn/login/options", "{}"),
	"DELETE /auth/sessions/{id}":            otherSession,
	"POST /auth/me/identifiers/verify":      newAddress,
	"POST /auth/reauthenticate":             steppedUp,
	"POST /auth/2fa/enable":                 enabling,
	"POST /auth/2fa/verify":                 withApp("/auth/2fa/verify"),
	"POST /auth/2fa/disable":                withApp("/auth/2fa/disable"),
	"POST /auth/2fa/backup-codes":           withApp("/auth/2fa/backup-codes"),
	"POST /auth/2fa/webauthn/options":       withPasskey(secondOptions),
	"POST /auth/webauthn/register/verify":   withPasskey(registering),
	"POST /auth/webauthn/login/verify":      withPasskey(asserting),
	"PATCH /auth/webauthn/credentials/{id}": withPasskey(renaming),
	"DELETE /auth/webauthn/credentials/{id}": withPasskey(func(_ *testing.T, e *env, token string, _ *authtest.Authenticator, _ *authtest.Passkey) request {
		id := e.firstOf("/auth/webauthn/credentials", token, "credentials")
		return func() answer { return e.do(http.MethodDelete, "/auth/webauthn/credentials/"+id, "", key(token)) }
	}),
	"POST /auth/api-key/signed": signedAssertion,
	"POST /auth/token":          clientCredentials,
	"POST /auth/api-key":        withMachine(func(e *env, _ string, m machine) answer { return e.swap(m) }),
	"DELETE /auth/api-keys/{id}": withMachine(func(e *env, token string, m machine) answer {
		return e.do(http.MethodDelete, "/auth/api-keys/"+m.id, "", key(token))
	}),
	"POST /auth/api-keys/{id}/rotate": withMachine(func(e *env, token string, m machine) answer {
		return e.post("/auth/api-keys/"+m.id+"/rotate", "{}", key(token))
	}),
}

// signedIn is a request of somebody who is signed in.
func signedIn(method, path, body string) func(*testing.T, *env) request {
	return func(_ *testing.T, e *env) request {
		token := e.login(ada)
		return func() answer {
			if body == "" {
				return e.do(method, path, "", key(token))
			}
			return e.do(method, path, body, key(token), header("Content-Type", "application/json"))
		}
	}
}

func withMachine(act func(e *env, token string, m machine) answer) func(*testing.T, *env) request {
	return func(_ *testing.T, e *env) request {
		token := e.login(ada)
		m := e.machineOf(token, "")
		return func() answer { return act(e, token, m) }
	}
}

// withApp presents a code of an authenticator app.
func withApp(path string) func(*testing.T, *env) request {
	return func(t *testing.T, e *env) request {
		_, app := e.enrol(ada)
		token := e.login(ada)
		if path != "/auth/2fa/verify" {
			token = e.twice(ada, app)
		}
		code := app.code(t, e, 0)
		return func() answer { return e.present(path, token, code) }
	}
}

func enabling(t *testing.T, e *env) request {
	token := e.login(ada)
	app, _ := e.setup(token)
	code := app.code(t, e, 0)
	return func() answer { return e.present("/auth/2fa/enable", token, code) }
}

func otherSession(_ *testing.T, e *env) request {
	token := e.login(ada)
	e.login(ada)
	id := e.sessions(token)[0]
	return func() answer { return e.do(http.MethodDelete, "/auth/sessions/"+id, "", key(token)) }
}

func newAddress(t *testing.T, e *env) request {
	token := e.login(ada)
	a := e.post("/auth/me/identifiers", `{"email":"new@example.com"}`, key(token))
	body := fmt.Sprintf(`{"target":"new@example.com","code":%q,"challenge":%q}`, e.Inbox.Code(t, "new@example.com"), a.text("challenge"))
	return func() answer { return e.post("/auth/me/identifiers/verify", body, key(token)) }
}

func steppedUp(t *testing.T, e *env) request {
	token := e.login(ada)
	e.do(http.MethodPost, "/auth/reauthenticate/options", "", key(token))
	body := fmt.Sprintf(`{"code":%q}`, e.Inbox.Code(t, ada))
	return func() answer { return e.post("/auth/reauthenticate", body, key(token)) }
}

// withPasskey is a request of somebody who has one.
func withPasskey(
	act func(t *testing.T, e *env, token string, a *authtest.Authenticator, k *authtest.Passkey) request,
) func(*testing.T, *env) request {
	return func(t *testing.T, e *env) request {
		token := e.login(ada)
		a := &authtest.Authenticator{}
		k := e.passkey(token, a)
		return act(t, e, token, a, k)
	}
}

func secondOptions(_ *testing.T, e *env, _ string, _ *authtest.Authenticator, _ *authtest.Passkey) request {
	preAuth := e.login(ada)
	return func() answer { return e.post("/auth/2fa/webauthn/options", "{}", key(preAuth)) }
}

func registering(_ *testing.T, e *env, token string, _ *authtest.Authenticator, _ *authtest.Passkey) request {
	credential, _ := (&authtest.Authenticator{}).Register(e.creation(token))
	return func() answer { return e.offer(token, credential) }
}

func asserting(_ *testing.T, e *env, _ string, a *authtest.Authenticator, k *authtest.Passkey) request {
	credential := a.Assert(e.request(), k)
	return func() answer { return e.assert(credential) }
}

func renaming(_ *testing.T, e *env, token string, _ *authtest.Authenticator, _ *authtest.Passkey) request {
	id := e.firstOf("/auth/webauthn/credentials", token, "credentials")
	return func() answer {
		return e.do(http.MethodPatch, "/auth/webauthn/credentials/"+id, `{"name":"new"}`, key(token), header("Content-Type", "application/json"))
	}
}

// firstOf is the id of the first of a list.
func (e *env) firstOf(path, token, member string) string {
	e.t.Helper()
	list, _ := e.get(path, token).field(member).([]any)
	if len(list) == 0 {
		e.t.Fatalf("%s lists nothing", path)
	}
	first, _ := list[0].(map[string]any)
	id, _ := first["id"].(string)
	return id
}

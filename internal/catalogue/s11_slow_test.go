package catalogue

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/crafteasy/auth"
)

// slowBody is a body that comes after something else has happened.
type slowBody struct {
	io.Reader

	meanwhile func()
}

func (b slowBody) Read(p []byte) (int, error) {
	b.meanwhile()
	return b.Reader.Read(p)
}

// trickled sends the body when the server asks for it, which it does of a caller whom it has let in, and lets something happen before.
func trickled(body string, meanwhile func()) option {
	return func(r *http.Request) {
		r.Header.Set("Expect", "100-continue")
		r.Header.Set("Content-Type", "application/json")
		r.Body = io.NopCloser(slowBody{strings.NewReader(body), sync.OnceFunc(meanwhile)})
		r.ContentLength = int64(len(body))
	}
}

// heldOpen lets a session end while a request of it waits for its body, and demands that the request is refused like one that begins later.
func (e *env) heldOpen(t *testing.T, path, body string, end func(e *env, token string)) {
	t.Helper()
	token := e.login(ada)
	e.Events.Take()
	ended := false
	a := e.do(http.MethodPost, path, "", key(token), trickled(body, func() {
		end(e, token)
		e.Events.Take()
		ended = true
	}))
	e.checkRefusal(t, a, http.StatusUnauthorized, "invalid_token")
	if events := e.Events.Take(); !ended || len(events) != 1 || events[0].Name != "token.refused" {
		t.Errorf("the session was ended: %v; events %+v", ended, events)
	}
	if a := e.get("/auth/api-keys", e.login(ada)); len(a.list("api_keys")) != 0 {
		t.Errorf("there are keys: %s", a.body)
	}
}

func byHost(e *env, _ string) {
	if err := e.EndSessions(e.t.Context(), e.account(ada)); err != nil {
		e.t.Error(err)
	}
}

func byLogout(e *env, token string) { e.logout(token) }

// TestS11_RequestHeldOpen: a thief keeps a request open by not sending its body, so that it is judged before and done after the session's
// end. It does nothing: no key, no code to an address of the thief's, no app, no passkey.
func TestS11_RequestHeldOpen(t *testing.T) {
	for name, c := range map[string]struct{ path, body string }{
		"making a key":          {"/auth/api-keys", `{"name":"thief"}`},
		"changing the address":  {"/auth/me/identifiers", `{"email":"thief@example.com"}`},
		"preparing an app":      {"/auth/2fa/setup", `{}`},
		"beginning a passkey":   {"/auth/webauthn/register/options", `{}`},
		"proving oneself again": {"/auth/reauthenticate/options", `{}`},
	} {
		t.Run(name+" after a logout", func(t *testing.T) { alone(t, auth.Config{}).heldOpen(t, c.path, c.body, byLogout) })
		t.Run(name+" after an end by the host", func(t *testing.T) { alone(t, auth.Config{}).heldOpen(t, c.path, c.body, byHost) })
	}
	t.Run("everywhere", func(t *testing.T) {
		each(t, auth.Config{}, func(t *testing.T, e *env) { e.heldOpen(t, "/auth/api-keys", `{"name":"thief"}`, byHost) })
	})
}

// TestS01_PreAuthHeldOpen: the same with a pre_auth token that is signed out while its right code waits to be sent.
func TestS01_PreAuthHeldOpen(t *testing.T) {
	e := alone(t, auth.Config{})
	_, app := e.enrol(ada)
	token := e.login(ada)
	a := e.do(http.MethodPost, "/auth/2fa/verify", "", key(token), trickled(`{"code":"`+app.code(t, e, 0)+`"}`, func() { e.logout(token) }))
	e.checkRefusal(t, a, http.StatusUnauthorized, "invalid_token")
	e.twice(ada, app) // the code was not used up
}

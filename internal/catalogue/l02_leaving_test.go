package catalogue

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/authtest"
)

// leaves posts a request whose client leaves just before the call to a back end that when names, by its number, and answers what was
// answered all the same: whoever closes one half of a connection still reads the other.
func (e *env) leaves(path, token, body string, when func(call int64) bool) (a answer, calls int64) {
	e.t.Helper()
	ctx, leave := context.WithCancel(e.t.Context())
	defer leave()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)).WithContext(ctx)
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("X-API-Key", token)
	}
	var n atomic.Int64
	defer e.Faults.Inject(authtest.Fault{Do: authtest.Pause, Before: func() {
		if when(n.Add(1)) {
			leave()
		}
	}})()
	w := httptest.NewRecorder()
	e.Handler().ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}, n.Load()
}

// happened are the events since the last look, by name and outcome.
func (e *env) happened() (names []string) {
	for _, ev := range e.Events.Take() {
		names = append(names, ev.Name+" "+string(ev.Outcome))
	}
	slices.Sort(names)
	return names
}

// TestL02_WhoLeavesDecidesNothing: a client cannot have half of a deed done by leaving in the middle of it, and so keep it from the log, or
// from the owner whose account it changes. Either it was not let in yet, and nothing happens, or all that happens to one who stays.
func TestL02_WhoLeavesDecidesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		// judged is how many calls are about the token alone.
		judged int64
		path   string
		body   func(t *testing.T, e *env, token string) string
		notice string
	}{
		"enrolling an app": {1, "/auth/2fa/enable", func(t *testing.T, e *env, token string) string {
			app, _ := e.setup(token)
			return fmt.Sprintf(`{"code":%q}`, app.code(t, e, 0))
		}, "authenticator app"},
		"changing the address": {1, "/auth/me/identifiers/verify", func(t *testing.T, e *env, token string) string {
			handle := e.change(token, "new@example.com").text("challenge")
			return fmt.Sprintf(`{"challenge":%q,"code":%q}`, handle, e.Inbox.Code(t, "new@example.com"))
		}, "address"},
		"making a key": {1, "/auth/api-keys", func(*testing.T, *env, string) string { return `{"name":"a key"}` }, ""},
		"refreshing":   {0, "/auth/refresh", func(*testing.T, *env, string) string { return "{}" }, ""},
		"signing out":  {0, "/auth/logout", func(*testing.T, *env, string) string { return "{}" }, ""},
		"a wrong code": {0, "/auth/login/verify", func(_ *testing.T, e *env, _ string) string {
			handle, code := e.code(ada)
			return fmt.Sprintf(`{"target":%q,"code":%q,"challenge":%q}`, ada, wrong(code), handle)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			do := func(leaveAt int64) (a answer, calls int64, events []string) {
				e := alone(t, auth.Config{})
				token := e.login(ada)
				body := c.body(t, e, token)
				e.Events.Take()
				a, calls = e.leaves(c.path, token, body, func(call int64) bool { return call == leaveAt })
				if events = e.happened(); c.notice != "" && a.status < http.StatusBadRequest {
					e.noticed(t, ada, c.notice)
				}
				return a, calls, events
			}
			stays, calls, want := do(0)
			if calls <= c.judged || len(want) == 0 {
				t.Fatalf("answers %d %s after %d calls, with %v", stays.status, stays.body, calls, want)
			}
			for n := range calls {
				a, _, got := do(n + 1)
				if n < c.judged {
					if a.status != http.StatusServiceUnavailable || !slices.Equal(got, []string{"request.refused " + string(audit.Fault)}) {
						t.Errorf("who leaves before they are let in is answered %d, with %v", a.status, got)
					}
					continue
				}
				if a.status != stays.status || !slices.Equal(got, want) {
					t.Errorf("who leaves before call %d is answered %d, with %v; who stays %d, with %v", n+1, a.status, got, stays.status, want)
				}
			}
		})
	}
}

// TestR05_WhoLeavesIsCounted: a wrong code counts against the address that sent it, also when its client has left before that.
func TestR05_WhoLeavesIsCounted(t *testing.T) {
	e := alone(t, auth.Config{})
	e.reopen(func(c *auth.Config) { c.SignUp, c.Limits = true, auth.Limits{IPFailures: 3} })
	asks := func(email string, want int) (challenge string) {
		t.Helper()
		a, _ := e.leaves("/auth/login/email", "", fmt.Sprintf(`{"email":%q}`, email), never)
		if a.status != want {
			t.Fatalf("%s is answered with %d %s", email, a.status, a.body)
		}
		return a.text("challenge")
	}
	for i := range 3 {
		victim := fmt.Sprintf("victim%d@example.com", i)
		body := fmt.Sprintf(`{"target":%q,"code":"no code","challenge":%q}`, victim, asks(victim, http.StatusOK))
		a, _ := e.leaves("/auth/login/verify", "", body, func(int64) bool {
			return slices.ContainsFunc(e.Events.All(), func(ev audit.Event) bool { return ev.Name == "otp.verify" })
		})
		if a.status != http.StatusUnauthorized {
			t.Fatalf("a wrong code is answered with %d %s", a.status, a.body)
		}
		e.Events.Take()
	}
	asks("next@example.com", http.StatusTooManyRequests)
}

func never(int64) bool { return false }

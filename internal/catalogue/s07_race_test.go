package catalogue

import (
	"net/http"
	"sync"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// TestRace_Refresh refreshes one token many times at once, at every instance: there is one successor, and everybody gets it.
func TestRace_Refresh(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token := e.login(ada)
		var successors sync.Map
		statuses := e.race(30, func(int) answer {
			a, err := e.try(http.MethodPost, "/auth/refresh", "", key(token))
			if err != nil {
				t.Error(err)
			}
			successors.Store(a.text("token"), true)
			return a
		})
		if statuses[http.StatusOK] != 30 || size(&successors) != 1 {
			t.Errorf("statuses %v, %d successors", statuses, size(&successors))
		}
		if ids := e.sessions(token); len(ids) != 1 {
			t.Errorf("sessions %q", ids)
		}
	})
}

// TestRace_LogoutAmongRefreshes ends a session in the middle of its refreshes, at every instance: no token of it lives, whichever came
// first.
func TestRace_LogoutAmongRefreshes(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		for name, end := range map[string]func(token string) (answer, error){
			"logout": func(token string) (answer, error) { return e.try(http.MethodPost, "/auth/logout", "", key(token)) },
			"the end of all": func(token string) (answer, error) {
				who, err := e.Authenticate(t.Context(), token)
				if err == nil {
					err = e.EndSessions(t.Context(), who.UserID)
				}
				return answer{status: http.StatusNoContent}, err
			},
		} {
			token := e.login(ada)
			var tokens sync.Map
			tokens.Store(token, true)
			e.race(16, func(i int) answer {
				if i == 7 {
					a, err := end(token)
					if err != nil || a.status != http.StatusNoContent {
						t.Errorf("%s: %d, %v", name, a.status, err)
					}
					return a
				}
				a, err := e.try(http.MethodPost, "/auth/refresh", "", key(token))
				if err != nil {
					t.Error(err)
				}
				if next := a.text("token"); next != "" {
					tokens.Store(next, true)
				}
				return a
			})
			tokens.Range(func(token, _ any) bool {
				for range e.urls { // each instance is asked
					if a := e.get("/app", token.(string)); a.status != http.StatusUnauthorized {
						t.Errorf("after %s a token answers %d %s", name, a.status, a.body)
					}
				}
				return true
			})
		}
	})
}

// TestRace_SecondFactor presents one code of an app for one pre_auth token many times at once: one session begins.
func TestRace_SecondFactor(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		_, app := e.enrol(ada)
		preAuth, code := e.login(ada), app.code(t, e, 0)
		statuses := e.race(20, func(int) answer {
			a, err := e.try(http.MethodPost, "/auth/2fa/verify", `{"code":"`+code+`"}`, key(preAuth), header("Content-Type", "application/json"))
			if err != nil {
				t.Error(err)
			}
			return a
		})
		if statuses[http.StatusOK] != 1 {
			t.Errorf("statuses %v", statuses)
		}
	})
}

// TestGarbage lets a store answer rubbish, once, for each value that a request reads of what expires: a code or challenge that cannot
// be read is refused or is a 503, and no token comes of it.
func TestGarbage(t *testing.T) {
	for _, name := range requestNames() {
		calls, _ := undisturbed(t, name)
		for n, c := range calls {
			if c.Verb != "kv.Get" && c.Verb != "kv.Take" {
				continue
			}
			e, send := prepared(t, name)
			before := 0 // of the same verb: calls of others may come in another order
			for _, earlier := range calls[:n] {
				if earlier.Verb == c.Verb {
					before++
				}
			}
			if before > 0 {
				e.Faults.Inject(authtest.Fault{On: c.Verb, Times: before, Do: authtest.Pause})
			}
			e.Faults.Inject(authtest.Fault{On: c.Verb, Times: 1, Do: authtest.Garbage})
			a := send()
			if a.status < 400 || a.status >= 500 && a.status != http.StatusServiceUnavailable || a.holdsToken() {
				t.Errorf("%s, %s of %s: %d %s", name, c.Verb, c.Key, a.status, a.body)
			}
		}
	}
}

// TestOneKeyFails breaks what belongs to one challenge: its code is a 503, and everybody else signs in.
func TestOneKeyFails(t *testing.T) {
	e := alone(t, auth.Config{SignUp: true})
	handle, code := e.code(ada)
	e.Faults.Inject(authtest.Fault{Key: handle})
	if a := e.verify(ada, handle, code); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("answers %d %s", a.status, a.body)
	}
	handle, code = e.code(bob)
	if a := e.verify(bob, handle, code); a.status != http.StatusOK {
		t.Errorf("somebody else is told %d %s", a.status, a.body)
	}
}

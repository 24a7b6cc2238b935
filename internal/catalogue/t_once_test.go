package catalogue

import (
	"net/http"
	"sync"
	"testing"

	"github.com/crafteasy/auth"
)

// atOnce sends the code with every token at once and answers how many answers were sign-ins.
func (e *env) atOnce(t *testing.T, tokens []string, code string) (signIns int) {
	t.Helper()
	answers := make([]answer, len(tokens))
	start := make(chan struct{})
	var all sync.WaitGroup
	for i, token := range tokens {
		all.Go(func() {
			<-start
			a, err := e.try(http.MethodPost, "/auth/2fa/verify", `{"code":"`+code+`"}`, key(token), header("Content-Type", "application/json"))
			if err != nil {
				t.Error(err)
			}
			answers[i] = a
		})
	}
	close(start)
	all.Wait()
	for _, a := range answers {
		switch a.status {
		case http.StatusOK:
			signIns++
		case http.StatusUnauthorized, http.StatusTooManyRequests:
			if a.text("token") != "" {
				t.Errorf("a refusal brings a token: %s", a.body)
			}
		default:
			t.Errorf("answers %d %s", a.status, a.body)
		}
	}
	return signIns
}

// TestT03_OneCodeManyRequests: 50 at once send the same right code with one pre_auth token, and with 50 of them: one session.
func TestT03_OneCodeManyRequests(t *testing.T) {
	const racers = 50
	for name, different := range map[string]bool{"one pre_auth token": false, "50 pre_auth tokens": true} {
		t.Run(name, func(t *testing.T) {
			each(t, auth.Config{}, func(t *testing.T, e *env) {
				owner, app := e.enrol(ada)
				before := len(e.sessions(owner))
				tokens := make([]string, racers)
				for i := range tokens {
					if i == 0 || different {
						tokens[i] = e.login(ada)
					} else {
						tokens[i] = tokens[0]
					}
				}
				if n := e.atOnce(t, tokens, app.code(t, e, 0)); n != 1 {
					t.Errorf("%d sign-ins with one code, want 1", n)
				}
				if n := len(e.sessions(owner)) - before; n != 1 {
					t.Errorf("%d sessions began, want 1", n)
				}
			})
		})
	}
}

// TestT03_OneRecoveryCodeManyRequests is the same for a recovery code.
func TestT03_OneRecoveryCodeManyRequests(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		owner, app := e.enrol(ada)
		before := len(e.sessions(owner))
		tokens := make([]string, 50)
		for i := range tokens {
			tokens[i] = e.login(ada)
		}
		if n := e.atOnce(t, tokens, app.recovery[3]); n != 1 {
			t.Errorf("%d sign-ins with one recovery code, want 1", n)
		}
		if n := len(e.sessions(owner)) - before; n != 1 {
			t.Errorf("%d sessions began, want 1", n)
		}
	})
}

// TestT03_ACodeIsGoodOnce presents codes again: the one that enabled, one that signed in, one of an earlier step, and with
// the clock set back.
func TestT03_ACodeIsGoodOnce(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token := e.login(ada)
		app, _ := e.setup(token)
		enabling := app.code(t, e, 0)
		if a := e.present("/auth/2fa/enable", token, enabling); a.status != http.StatusNoContent {
			t.Fatalf("enable answers %d %s", a.status, a.body)
		}
		refused := func(what, code string) {
			t.Helper()
			preAuth := e.login(ada)
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/2fa/verify", preAuth, code) })
			if t.Failed() {
				t.Fatal(what)
			}
		}
		refused("the code that enabled", enabling)
		refused("the code of the step before", app.code(t, e, -1))
		e.Clock.Advance(step)
		code := app.code(t, e, 0)
		e.twice(ada, app)
		refused("the code that signed in", code)
		e.Clock.Advance(-step)
		refused("the code that signed in, with the clock set back", code)
		e.Clock.Advance(step)
		e.twice(ada, app)
	})
}

package catalogue

import (
	"net/http"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// endMeanwhile lets the host end all sessions of the account just before the next call of a verb of the store.
func (e *env) endMeanwhile(email, verb string) {
	id := e.account(email)
	e.Faults.Inject(authtest.Fault{On: verb, Times: 1, Do: authtest.Pause, Before: func() {
		if err := e.EndSessions(e.t.Context(), id); err != nil {
			e.t.Error(err)
		}
	}})
}

// TestEndedMeanwhile_IsNotRevived: a session that the host ends while it ends the others is over, whichever request spares it (S-11).
func TestEndedMeanwhile_IsNotRevived(t *testing.T) {
	others := func(e *env, token string, _ phoneApp) answer {
		return e.do(http.MethodDelete, "/auth/sessions", "", key(token))
	}
	disable := func(e *env, token string, app phoneApp) answer {
		return e.present("/auth/2fa/disable", token, app.code(e.t, e, 0))
	}
	for name, c := range map[string]struct {
		verb string
		act  func(e *env, token string, app phoneApp) answer
	}{
		"ending the others":                    {"sessions.MoveEpoch", others},
		"disabling":                            {"sessions.MoveEpoch", disable},
		"disabling, while the code is checked": {"totp.Advance", disable},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, auth.Config{}, func(t *testing.T, e *env) {
				_, app := e.enrol(ada)
				token, other := e.twice(ada, app), e.twice(ada, app)
				e.endMeanwhile(ada, c.verb)
				a := c.act(e, token, app)
				if a.status != http.StatusUnauthorized || a.text("code") != "invalid_token" {
					t.Errorf("answers %d %s", a.status, a.body)
				}
				if e.live(token) || e.live(other) {
					t.Errorf("the own session lives: %v, the other: %v", e.live(token), e.live(other))
				}
				if !e.owes(ada) {
					t.Error("the second factor is off")
				}
				e.Clock.Advance(step)
				e.twice(ada, app)
			})
		})
	}
}

// TestEndedMeanwhile_EnrolsNothing: a thief's session that is ended while it enrols an app leaves no app behind, and gets no token.
func TestEndedMeanwhile_EnrolsNothing(t *testing.T) {
	for name, c := range map[string]auth.Config{"with a user token": {}, "with a pre_auth token": {RequireSecondFactor: everybody}} {
		t.Run(name, func(t *testing.T) {
			each(t, c, func(t *testing.T, e *env) {
				token := e.login(ada)
				app, _ := e.setup(token)
				e.endMeanwhile(ada, "sessions.MoveEpoch")
				a := e.present("/auth/2fa/enable", token, app.code(t, e, 0))
				if a.status != http.StatusUnauthorized || a.text("code") != "invalid_token" || a.text("token") != "" {
					t.Errorf("answers %d %s", a.status, a.body)
				}
				e.Clock.Advance(time.Second)
				handle, code := e.code(ada)
				if a := e.verify(ada, handle, code); a.status != http.StatusOK || len(a.list("second_factors")) != 0 {
					t.Errorf("sign-in answers %d %s", a.status, a.body)
				}
			})
		})
	}
}

// list is a member that is a list.
func (a answer) list(name string) []any {
	list, _ := a.field(name).([]any)
	return list
}

// TestEndedMeanwhile_ASignInThatSawNoFactor: whoever signs in by one factor while another session enrols is dead afterwards.
func TestEndedMeanwhile_ASignInThatSawNoFactor(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token := e.login(ada)
		app, _ := e.setup(token)
		handle, code := e.code(ada)
		// The sign-in has looked for second factors and found none when the app is enrolled.
		e.Faults.Inject(authtest.Fault{On: "sessions.Create", Times: 1, Do: authtest.Pause, Before: func() {
			if a := e.present("/auth/2fa/enable", token, app.code(t, e, 0)); a.status != http.StatusNoContent {
				t.Errorf("enable answers %d %s", a.status, a.body)
			}
		}})
		a := e.verify(ada, handle, code)
		if late := a.text("token"); late != "" && a.text("token_type") == "user" && e.live(late) {
			t.Errorf("a sign-in by one factor lives on: %s", a.body)
		}
	})
}

// TestT07_NothingIsEnrolledWithoutANotice: where the failures of the account cannot be taken back, the request is refused and no app is on
// that its owner has not been told of.
func TestT07_NothingIsEnrolledWithoutANotice(t *testing.T) {
	e := alone(t, auth.Config{})
	token := e.login(ada)
	app, _ := e.setup(token)
	heal := e.inject("locks.Clear")
	a := e.present("/auth/2fa/enable", token, app.code(t, e, 0))
	heal()
	if a.status != http.StatusServiceUnavailable {
		t.Errorf("answers %d %s", a.status, a.body)
	}
	if e.owes(ada) {
		t.Error("the app is on")
	}
}

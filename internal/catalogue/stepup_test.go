package catalogue

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// stepUpOptions asks for a step-up by a method, or by the first when it is empty.
func (e *env) stepUpOptions(token, method string) answer {
	e.t.Helper()
	if method == "" {
		return e.do(http.MethodPost, "/auth/reauthenticate/options", "", key(token))
	}
	return e.post("/auth/reauthenticate/options", fmt.Sprintf(`{"method":%q}`, method), key(token))
}

// sid is the session of a live token.
func (e *env) sid(token string) string { return e.get("/auth/me", token).text("session_id") }

// TestStepUp_ByTheSecondFactor: who has one proves that one; the token is new and fresh, the session the same.
func TestStepUp_ByTheSecondFactor(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		_, app := e.enrol(ada)
		token := e.twice(ada, app)
		e.Clock.Advance(session.Freshness + time.Second)
		e.refuses(t, http.StatusForbidden, "reauthentication_required", func() answer { return e.get("/fresh", token) })
		if a := e.stepUpOptions(token, ""); a.status != http.StatusOK || a.body != `{"methods":["totp","recovery_code"]}` {
			t.Errorf("options answer %d %s", a.status, a.body)
		}
		if a := e.stepUpOptions(token, "email_otp"); a.status != http.StatusBadRequest || a.text("code") != "invalid_request" {
			t.Errorf("a code by mail is offered to who has a second factor: %d %s", a.status, a.body)
		}
		sid := e.sid(token)
		a := e.present("/auth/reauthenticate", token, app.code(t, e, 0))
		fresh := a.text("token")
		if a.status != http.StatusOK || a.text("token_type") != "user" || fresh == token || e.sid(fresh) != sid {
			t.Fatalf("step-up answers %d %s", a.status, a.body)
		}
		if got := e.get("/fresh", fresh); got.status != http.StatusOK {
			t.Errorf("the new token is not fresh: %d %s", got.status, got.body)
		}
		if me := e.get("/auth/me", fresh); !strings.Contains(me.body, `"methods":["email_otp","totp"]`) ||
			me.text("auth_time") != e.Clock.Now().Format(time.RFC3339) {
			t.Errorf("the token says %s", me.body)
		}
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/reauthenticate", fresh, app.code(t, e, 0)) })
		if n := len(e.sessions(fresh)); n != 2 {
			t.Errorf("%d sessions, want that of the enrolment and this", n)
		}
	})
}

// TestStepUp_ByMessage: who has no second factor gets a code of its own purpose at the stored address, and the code alone answers.
func TestStepUp_ByMessage(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token := e.login(ada)
		e.Clock.Advance(session.Freshness + time.Second)
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/reauthenticate", token, "123456") })
		if a := e.stepUpOptions(token, ""); a.status != http.StatusOK || a.body != `{"methods":["email_otp"]}` {
			t.Fatalf("options answer %d %s", a.status, a.body)
		}
		code := e.Inbox.Code(t, ada)
		_, loginCode := e.code(ada)
		other := e.login(ada)
		for name, c := range map[string]struct{ token, code string }{
			"a code for sign-in":               {token, loginCode},
			"a wrong code":                     {token, wrong(code)},
			"the code in another session":      {other, code},
			"the code at the sign-in endpoint": {"", code},
		} {
			t.Run(name, func(t *testing.T) {
				e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer {
					if c.token == "" {
						return e.verify(ada, "", c.code)
					}
					return e.present("/auth/reauthenticate", c.token, c.code)
				})
			})
		}
		sid := e.sid(token)
		a := e.present("/auth/reauthenticate", token, code)
		fresh := a.text("token")
		if a.status != http.StatusOK || e.sid(fresh) != sid || e.get("/fresh", fresh).status != http.StatusOK {
			t.Fatalf("step-up answers %d %s", a.status, a.body)
		}
		if me := e.get("/auth/me", fresh); !strings.Contains(me.body, `"methods":["email_otp"]`) || strings.Contains(me.body, `"aal"`) {
			t.Errorf("the token says %s", me.body)
		}
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/reauthenticate", fresh, code) })
	})
}

// TestStepUp_OnTheWrongAccount: a code that was sent for one user is worthless for another.
func TestStepUp_OnTheWrongAccount(t *testing.T) {
	e := alone(t, auth.Config{})
	hers, his := e.login(ada), e.login(bob)
	e.stepUpOptions(hers, "")
	e.stepUpOptions(his, "")
	code := e.Inbox.Code(t, ada)
	if code == e.Inbox.Code(t, bob) {
		t.Skip("both codes are the same, by chance")
	}
	e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/reauthenticate", his, code) })
	_, app := e.enrol("carl@example.com")
	e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/reauthenticate", hers, app.code(t, e, 0)) })
}

// TestStepUp_AWaitingCodeIsNotEnoughOnceAFactorIsEnrolled: the way is judged when the proof comes, not when it began.
func TestStepUp_AWaitingCodeIsNotEnoughOnceAFactorIsEnrolled(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token := e.login(ada)
		e.stepUpOptions(token, "")
		code := e.Inbox.Code(t, ada)
		app, _ := e.setup(token)
		if a := e.present("/auth/2fa/enable", token, app.code(t, e, 0)); a.status != http.StatusNoContent {
			t.Fatalf("enable answers %d %s", a.status, a.body)
		}
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/reauthenticate", token, code) })
	})
}

// TestStepUp_TheReplacedTokenDies as in a refresh: it works for the grace, answers the same successor, and then betrays a theft.
func TestStepUp_TheReplacedTokenDies(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		_, app := e.enrol(ada)
		token := e.twice(ada, app)
		fresh := e.present("/auth/reauthenticate", token, app.code(t, e, 0)).text("token")
		if !e.live(token) || !e.live(fresh) {
			t.Error("a token is dead within the grace")
		}
		if a := e.do(http.MethodPost, "/auth/refresh", "", key(token)); a.text("token") != fresh {
			t.Errorf("within the grace, refresh answers %d %s", a.status, a.body)
		}
		e.Clock.Advance(session.Grace)
		if e.live(token) || !e.live(fresh) {
			t.Errorf("after the grace the old token lives: %v, the new one: %v", e.live(token), e.live(fresh))
		}
		if a := e.do(http.MethodPost, "/auth/refresh", "", key(token)); a.status != http.StatusUnauthorized {
			t.Errorf("refresh of the replaced token answers %d %s", a.status, a.body)
		}
		if e.live(fresh) {
			t.Error("the session outlives the reuse")
		}
	})
}

// TestStepUp_IsNotGivenAway: within the grace the replaced token goes on being what it was. Whoever stole it cannot swap it for the
// stepped-up one, after a refresh in between neither; another tab of the same browser can.
func TestStepUp_IsNotGivenAway(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		_, app := e.enrol(ada)
		token := e.twice(ada, app)
		e.Clock.Advance(session.Freshness + time.Second)
		before := e.get("/auth/me", token).text("auth_time")
		fresh := e.present("/auth/reauthenticate", token, app.code(t, e, 0)).text("token")
		steal := func() answer {
			return e.do(http.MethodPost, "/auth/refresh", "", key(token), header("User-Agent", "another browser"))
		}
		e.refuses(t, http.StatusForbidden, "reauthentication_required", steal)
		e.refuses(t, http.StatusForbidden, "reauthentication_required", func() answer { return e.get("/fresh", token) })
		if me := e.get("/auth/me", token); me.status != http.StatusOK || me.text("auth_time") != before {
			t.Errorf("the replaced token says %d %s", me.status, me.body)
		}
		if a := e.refresh(token); a.text("token") != fresh {
			t.Errorf("another tab is answered %d %s", a.status, a.body)
		}
		next := e.refresh(fresh).text("token")
		e.refuses(t, http.StatusForbidden, "reauthentication_required", steal)
		if a := e.refresh(token); a.text("token") != next {
			t.Errorf("after a refresh, another tab is answered %d %s", a.status, a.body)
		}
		if a := e.do(http.MethodPost, "/auth/refresh", "", key(fresh), header("User-Agent", "another browser")); a.text("token") != next {
			t.Errorf("the stepped-up token itself is answered %d %s", a.status, a.body)
		}
		e.Clock.Advance(session.Grace)
		e.refuses(t, http.StatusUnauthorized, "invalid_token", steal)
		if e.live(next) {
			t.Error("the session outlives the reuse")
		}
	})
}

// TestStepUp_NeverExtendsTheSession: however often somebody proves themselves, the session ends when it would have (S-06).
func TestStepUp_NeverExtendsTheSession(t *testing.T) {
	e := alone(t, auth.Config{SessionLife: time.Hour})
	_, app := e.enrol(ada)
	token := e.twice(ada, app)
	end := e.Clock.Now().Add(time.Hour - step)
	for e.Clock.Now().Before(end.Add(-10 * time.Minute)) {
		e.Clock.Advance(9 * time.Minute)
		a := e.present("/auth/reauthenticate", token, app.code(t, e, 0))
		expires, err := time.Parse(time.RFC3339, a.text("expires"))
		if a.status != http.StatusOK || err != nil || expires.After(end) {
			t.Fatalf("step-up answers %d %s, and the session ends at %v", a.status, a.body, end)
		}
		token = a.text("token")
	}
	e.Clock.Set(end.Add(31 * time.Second))
	e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.present("/auth/reauthenticate", token, app.code(t, e, 0)) })
}

// TestStepUp_Endings: a session that was ended, a user who was disabled or is gone, cannot be stepped up, even when that happens
// while the proof is checked.
func TestStepUp_Endings(t *testing.T) {
	for name, end := range map[string]func(e *env, token string){
		"logout":      func(e *env, token string) { e.do(http.MethodPost, "/auth/logout", "", key(token)) },
		"EndSessions": func(e *env, _ string) { _ = e.EndSessions(e.t.Context(), e.account(ada)) },
		"disabled":    func(e *env, _ string) { e.Put(user.User{Email: ada, Disabled: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			e := alone(t, auth.Config{})
			_, app := e.enrol(ada)
			token := e.twice(ada, app)
			e.Faults.Inject(authtest.Fault{On: "totp.Advance", Times: 1, Do: authtest.Pause, Before: func() { end(e, token) }})
			a := e.present("/auth/reauthenticate", token, app.code(t, e, 0))
			if name == "disabled" {
				// The token of a disabled user lives until its host ends the sessions; no new sign-in or refresh does.
				e.Clock.Advance(step)
				a = e.present("/auth/reauthenticate", token, app.code(t, e, 0))
			}
			if a.status != http.StatusUnauthorized || a.text("code") != "invalid_token" || a.text("token") != "" {
				t.Errorf("answers %d %s", a.status, a.body)
			}
		})
	}
}

// TestStepUp_WhoHasNoWay signs in again: nothing is offered, and nothing passes.
func TestStepUp_WhoHasNoWay(t *testing.T) {
	strict := alone(t, auth.Config{Profile: auth.ProfileStrict})
	token := strict.mint("user", strict.claims("user", strict.Put(user.User{Email: ada}).ID))
	if a := strict.stepUpOptions(token, ""); a.status != http.StatusOK || a.body != `{"methods":[]}` {
		t.Errorf("options answer %d %s", a.status, a.body)
	}
	strict.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return strict.present("/auth/reauthenticate", token, "123456") })
	if n := len(strict.Inbox.Messages()); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
}

// TestStepUp_OtherKindsOfToken: machines and people who owe a factor cannot step up (S-01, S-04).
func TestStepUp_OtherKindsOfToken(t *testing.T) {
	e := alone(t, auth.Config{})
	_, app := e.enrol(ada)
	for name, c := range map[string]struct{ token, code string }{
		"pre_auth": {e.login(ada), "second_factor_required"},
		"service":  {e.service(e.account(ada)), "wrong_token_type"},
	} {
		t.Run(name, func(t *testing.T) {
			e.refuses(t, http.StatusForbidden, c.code, func() answer { return e.present("/auth/reauthenticate", c.token, app.code(t, e, 0)) })
			e.refuses(t, http.StatusForbidden, c.code, func() answer { return e.stepUpOptions(c.token, "") })
		})
	}
}

package catalogue

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// TestStepUp_SaysWhatWasProven: after a step-up by a weaker factor the token names that one; a passkey that is hours old must not look
// fresh, nor its assurance.
func TestStepUp_SaysWhatWasProven(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token := e.login(ada)
		var device authtest.Authenticator
		k := e.passkey(token, &device)
		app, _ := e.setup(token)
		if a := e.present("/auth/2fa/enable", token, app.code(t, e, 0)); a.status != http.StatusNoContent {
			t.Fatalf("enable answers %d %s", a.status, a.body)
		}
		e.Clock.Advance(step)
		strong := e.signsIn(t, e.assert(device.Assert(e.request(), k)), e.account(ada))
		if me := e.get("/auth/me", strong); !strings.Contains(me.body, `"methods":["webauthn"]`) || me.field("aal") != float64(2) {
			t.Fatalf("the passkey says %s", me.body)
		}
		weak := e.present("/auth/reauthenticate", strong, app.code(t, e, 0)).text("token")
		if me := e.get("/auth/me", weak); !strings.Contains(me.body, `"methods":["totp"]`) || me.field("aal") != float64(1) {
			t.Errorf("after a code the token says %s", me.body)
		}
		e.refuses(t, http.StatusForbidden, "reauthentication_required", func() answer { return e.get("/passkey", weak) })
	})
}

// TestEnrolling_ProvesNothing: whoever holds a session can enrol a factor of their own making, so that the session says what it said before,
// and so does its successor: a refresh proves nothing. A step-up does.
func TestEnrolling_ProvesNothing(t *testing.T) {
	says := func(t *testing.T, e *env, what, token, methods string, aal any, at string) {
		t.Helper()
		me := e.get("/auth/me", token)
		if !strings.Contains(me.body, `"methods":`+methods) || me.field("aal") != aal || me.text("auth_time") != at {
			t.Errorf("%s says %s, want methods %s, aal %v, auth_time %s", what, me.body, methods, aal, at)
		}
	}
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token := e.login(ada)
		at := e.get("/auth/me", token).text("auth_time")
		e.Clock.Advance(step)
		app, _ := e.setup(token)
		if a := e.present("/auth/2fa/enable", token, app.code(t, e, 0)); a.status != http.StatusNoContent {
			t.Fatalf("enable answers %d %s", a.status, a.body)
		}
		says(t, e, "the session that enrolled an app", token, `["email_otp"]`, nil, at)
		token = e.refresh(token).text("token")
		says(t, e, "its successor", token, `["email_otp"]`, nil, at)
		var device authtest.Authenticator
		e.passkey(token, &device)
		token = e.refresh(token).text("token")
		says(t, e, "the successor of one that enrolled a passkey", token, `["email_otp"]`, nil, at)
		e.Clock.Advance(step)
		token = e.present("/auth/reauthenticate", token, app.code(t, e, 0)).text("token")
		at = e.Clock.Now().UTC().Format(time.RFC3339)
		says(t, e, "after a step-up it", token, `["email_otp","totp"]`, 1.0, at)
		says(t, e, "the successor of that", e.refresh(token).text("token"), `["email_otp","totp"]`, 1.0, at)
	})
}

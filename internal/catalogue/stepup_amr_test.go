package catalogue

import (
	"net/http"
	"strings"
	"testing"

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

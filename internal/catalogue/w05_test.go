package catalogue

import (
	"net/http"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// The flags of an assertion.
const (
	upuv = authtest.UserPresent | authtest.UserVerified
	up   = authtest.UserPresent
	uv   = authtest.UserVerified
)

// TestW05_Presence: who was not there, or was not verified, is refused by default.
func TestW05_Presence(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		a, token := &authtest.Authenticator{}, e.login(ada)
		k := e.passkey(token, a)
		t.Run("sign-in", func(t *testing.T) {
			e.refusesAssertions(t, a, k, []tried{
				{"user not present", authtest.WithFlags(uv)},
				{"user not verified", authtest.WithFlags(up)},
				{"neither", authtest.WithFlags(0)},
			})
		})
		t.Run("registration", func(t *testing.T) {
			e.refusesRegistrations(t, token, a, []tried{
				{"user not present, as in conditional create", authtest.WithFlags(uv | authtest.AttestedData)},
				{"user not verified", authtest.WithFlags(up | authtest.AttestedData)},
			})
		})
		t.Run("second factor", func(t *testing.T) {
			preAuth := e.preAuth(ada)
			e.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer {
				return e.second(preAuth, a.Assert(e.ceremony("/auth/2fa/webauthn/options", key(preAuth)), k, authtest.WithFlags(up)))
			})
		})
	})
}

// TestW05_WithoutVerification: where passkeys that verify nobody are allowed, one is one factor, even twice.
func TestW05_WithoutVerification(t *testing.T) {
	each(t, auth.Config{Passkeys: auth.Passkeys{AllowWithoutVerification: true}}, func(t *testing.T, e *env) {
		weak := &authtest.Authenticator{Flags: up}
		k := e.passkey(e.login(ada), weak)
		first := e.assert(weak.Assert(e.request(), k))
		preAuth := first.text("token")
		if first.status != http.StatusOK || first.text("token_type") != "pre_auth" {
			t.Fatalf("a passkey without verification answers %d %s", first.status, first.body)
		}
		answers := map[string]answer{}
		for name, flags := range map[string]byte{"the same one again": up, "that says it verifies after all": upuv} {
			answers[name] = e.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer {
				return e.second(preAuth, weak.Assert(e.ceremony("/auth/2fa/webauthn/options", key(preAuth)), k, authtest.WithFlags(flags)))
			})
		}
		same(t, answers)
		// It says from now on that it verifies its user: nobody has proven that.
		if a := e.assert(weak.Assert(e.request(), k, authtest.WithFlags(upuv))); a.text("token_type") != "pre_auth" {
			t.Errorf("verification that came later answers %d %s", a.status, a.body)
		}
		// After another factor it is the second one.
		code := e.preAuth(ada)
		token := e.signsIn(t, e.second(code, weak.Assert(e.ceremony("/auth/2fa/webauthn/options", key(code)), k)), e.account(ada))
		if aal := e.get("/auth/me", token).field("aal"); aal == 2.0 {
			t.Error("two factors without verification are AAL 2")
		}
		// One that verifies is enough by itself, and as the second factor of the weak one.
		strong := &authtest.Authenticator{}
		s := e.passkey(token, strong)
		token = e.signsIn(t, e.assert(strong.Assert(e.request(), s)), e.account(ada))
		if aal := e.get("/auth/me", token).field("aal"); aal != 2.0 {
			t.Errorf("a passkey with verification is AAL %v", aal)
		}
		preAuth = e.assert(weak.Assert(e.request(), k)).text("token")
		e.signsIn(t, e.second(preAuth, strong.Assert(e.ceremony("/auth/2fa/webauthn/options", key(preAuth)), s)), e.account(ada))
	})
}

// TestW06_BackupFlags: eligibility never changes, state does and is kept, and what cannot be is refused; so is another site's page.
func TestW06_BackupFlags(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		const be, bs = authtest.BackupEligible, authtest.BackedUp
		token := e.login(ada)
		device, synced := &authtest.Authenticator{}, &authtest.Authenticator{Flags: upuv | be}
		k, s := e.passkey(token, device), e.passkey(token, synced)
		framed := []tried{
			{"crossOrigin", authtest.Set(map[string]any{"crossOrigin": true})},
			{"topOrigin", authtest.Set(map[string]any{"topOrigin": "https://other.example"})},
			{"topOrigin of our own", authtest.Set(map[string]any{"topOrigin": "https://auth.example"})},
			{"both", authtest.Set(map[string]any{"crossOrigin": true, "topOrigin": "https://auth.example"})},
			{"another type", authtest.Set(map[string]any{"type": "payment.get"})},
		}
		t.Run("a device", func(t *testing.T) {
			e.refusesAssertions(t, device, k, append(framed, []tried{
				{"backed up and not eligible", authtest.WithFlags(upuv | bs)},
				{"eligible unlike the record", authtest.WithFlags(upuv | be)},
				{"eligible and backed up unlike the record", authtest.WithFlags(upuv | be | bs)},
				{"create", authtest.Set(map[string]any{"type": "webauthn.create"})},
			}...))
		})
		t.Run("a synced one", func(t *testing.T) {
			e.refusesAssertions(t, synced, s, []tried{
				{"not eligible unlike the record", authtest.WithFlags(upuv)},
				{"not eligible and backed up", authtest.WithFlags(upuv | bs)},
			})
		})
		t.Run("registration", func(t *testing.T) {
			e.refusesRegistrations(t, token, device, append(framed,
				tried{"backed up and not eligible", authtest.WithFlags(upuv | authtest.AttestedData | bs)},
				tried{"get", authtest.Set(map[string]any{"type": "webauthn.get"})}))
		})
		for _, state := range []bool{true, false, true} {
			flags := byte(upuv | be)
			if state {
				flags |= bs
			}
			e.signsIn(t, e.assert(synced.Assert(e.request(), s, authtest.WithFlags(flags))), e.account(ada))
			if c, err := e.passkeys().Load(t.Context(), s.ID); err != nil || c.BackedUp != state || !c.BackupEligible {
				t.Errorf("the record says %+v %v after backup state %v", c, err, state)
			}
		}
	})
}

// TestW07_Counter: a counter that does not move forward is refused with an event, and nothing is stored of the use.
func TestW07_Counter(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		a := &authtest.Authenticator{Counting: true}
		k := e.passkey(e.login(ada), a)
		k.Counter = 10
		e.signsIn(t, e.assert(a.Assert(e.request(), k)), e.account(ada))
		before := e.kept(k)
		for _, n := range []uint32{0, 1, 9, 10} {
			e.Events.Take()
			got := e.assert(a.Assert(e.request(), k, func(x *authtest.Answer) { x.Counter = n }))
			e.checkRefusal(t, got, http.StatusUnauthorized, "invalid_credentials")
			var alarms int
			for _, ev := range e.Events.Take() {
				if ev.Name == "webauthn.counter_regressed" && ev.UserID == e.account(ada) {
					alarms++
				}
			}
			if alarms != 1 {
				t.Errorf("counter %d: %d alarms, want 1", n, alarms)
			}
			if after := e.kept(k); after != before {
				t.Errorf("counter %d: the record is %s, and was %s", n, after, before)
			}
		}
		e.signsIn(t, e.assert(a.Assert(e.request(), k, func(x *authtest.Answer) { x.Counter = 11 })), e.account(ada))
		e.signsIn(t, e.assert(a.Assert(e.request(), k, func(x *authtest.Answer) { x.Counter = 1<<32 - 1 })), e.account(ada))
	})
}

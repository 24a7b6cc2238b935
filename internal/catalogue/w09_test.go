package catalogue

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// TestW09_WhosePasskey: the account comes from the passkey, and everything that says otherwise is refused like a bad signature.
func TestW09_WhosePasskey(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		a := &authtest.Authenticator{}
		adas, bobs := e.login(ada), e.login(bob)
		k, b := e.passkey(adas, a), e.passkey(bobs, a)
		handle := func(text any) func(*authtest.Answer) {
			return func(n *authtest.Answer) {
				n.JSON = func(_, response map[string]any) { response["userHandle"] = text }
			}
		}
		e.refusesAssertions(t, a, k, []tried{
			{"a bad signature", func(n *authtest.Answer) { n.Sign = func([]byte) []byte { return []byte{0x30, 0x06, 2, 1, 1, 2, 1, 1} } }},
			{"an empty signature", func(n *authtest.Answer) { n.Sign = func([]byte) []byte { return nil } }},
			{"no user handle", func(n *authtest.Answer) { n.Handle = nil }},
			{"an empty user handle", handle("")},
			{"a user handle that is not base64url", handle("*!*")},
			{"a user handle in base64", handle(base64.StdEncoding.EncodeToString(k.Handle) + "=")},
			{"the user handle of another", func(n *authtest.Answer) { n.Handle = b.Handle }},
			{"a user handle of nobody", func(n *authtest.Answer) { n.Handle = make([]byte, 32) }},
			{"the passkey of another with our signature", as(b.ID)},
			{"a passkey of nobody", as(make([]byte, 32))},
			{"signed by another's key", func(n *authtest.Answer) {
				n.Sign = func(data []byte) []byte {
					var sig []byte
					_ = a.Assert([]byte(`{}`), b, func(m *authtest.Answer) { sig = m.Sign(data) })
					return sig
				}
			}},
		})
		bad := e.assert(a.Assert(e.request(), k, func(n *authtest.Answer) { n.Sign = func([]byte) []byte { return []byte{1} } }))

		t.Run("as ada with bob's passkey", func(t *testing.T) {
			preAuth := e.preAuth(ada)
			for name, forge := range map[string]func(*authtest.Answer){"with his handle": func(*authtest.Answer) {}, "without a handle": func(n *authtest.Answer) { n.Handle = nil }} {
				options := e.ceremony("/auth/2fa/webauthn/options", key(preAuth))
				got := e.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer { return e.second(preAuth, a.Assert(options, b, forge)) })
				same(t, map[string]answer{"a bad signature": bad, name: got})
			}
		})
		t.Run("not in allowCredentials", func(t *testing.T) {
			preAuth := e.preAuth(ada)
			options := e.ceremony("/auth/2fa/webauthn/options", key(preAuth))
			later := e.passkey(e.login2(ada, a, k), a)
			got := e.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer { return e.second(preAuth, a.Assert(options, later)) })
			same(t, map[string]answer{"a bad signature": bad, "not allowed": got})
		})
		t.Run("removed meanwhile", func(t *testing.T) {
			token := e.login2(ada, a, k)
			meanwhile := e.request()
			e.Clock.Advance(time.Second)
			if got := e.remove(token, base64.RawURLEncoding.EncodeToString(k.ID)); got.status != http.StatusOK {
				t.Fatalf("the removal answers %d %s", got.status, got.body)
			}
			got := e.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer { return e.assert(a.Assert(meanwhile, k)) })
			same(t, map[string]answer{"a bad signature": bad, "a passkey that was removed meanwhile": got})
			e.signals(t, a, k, bad)
		})
	})
}

// signals demands that a removed passkey is refused like a bad signature to everybody but who holds its key: who does is told that it is
// gone, and the rest of the answer is the same.
func (e *env) signals(t *testing.T, a *authtest.Authenticator, k *authtest.Passkey, bad answer) {
	t.Helper()
	answers := map[string]answer{"a bad signature": bad}
	for name, forge := range map[string]func(*authtest.Answer){
		"with a bad signature":     func(n *authtest.Answer) { n.Sign = func([]byte) []byte { return []byte{1} } },
		"with another handle":      func(n *authtest.Answer) { n.Handle = make([]byte, 32) },
		"without verification":     authtest.WithFlags(authtest.UserPresent),
		"on another origin":        authtest.Set(map[string]any{"origin": "https://other.example"}),
		"on another relying party": func(n *authtest.Answer) { n.RPID = "other.example" },
	} {
		answers[name] = e.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer { return e.assert(a.Assert(e.request(), k, forge)) })
	}
	same(t, answers)
	got := e.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer { return e.assert(a.Assert(e.request(), k)) })
	want := fmt.Sprintf(`,"signalUnknownCredential":{"rpId":"auth.example","credentialId":%q}`, base64.RawURLEncoding.EncodeToString(k.ID))
	if plain := strings.Replace(got.masked(), want, "", 1); plain == got.masked() || plain != bad.masked() {
		t.Errorf("the holder of the key is told %s, and a bad signature %s", got.body, bad.body)
	}
}

// TestW09_Reset: passkeys that the host has reset are told to be gone, those of an account that is erased leave nothing to tell from.
func TestW09_Reset(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		a := &authtest.Authenticator{}
		adas, bobs := e.login(ada), e.login(bob)
		k, b := e.passkey(adas, a), e.passkey(bobs, a)
		app, _ := e.setup(adas)
		if got := e.present("/auth/2fa/enable", adas, app.code(t, e, 0)); got.status != http.StatusNoContent {
			t.Fatalf("enable answers %d %s", got.status, got.body)
		}
		bad := e.assert(a.Assert(e.request(), k, func(n *authtest.Answer) { n.Sign = func([]byte) []byte { return []byte{1} } }))
		e.Clock.Advance(time.Second)
		if err := e.ResetSecondFactor(t.Context(), e.account(ada), "lost"); err != nil {
			t.Fatal(err)
		}
		if err := e.Forget(t.Context(), e.account(bob)); err != nil {
			t.Fatal(err)
		}
		e.Clock.Advance(time.Second)
		if e.owes(ada) || e.live(adas) {
			t.Error("after the reset a second factor is owed, or a session lives")
		}
		e.noticed(t, ada, "was reset")
		e.signals(t, a, k, bad)
		got := e.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer { return e.assert(a.Assert(e.request(), b)) })
		same(t, map[string]answer{"a bad signature": bad, "the passkey of an erased account": got})
		token := e.login(ada)
		if ids, _ := e.list(token); len(ids) != 0 {
			t.Errorf("%d passkeys are left", len(ids))
		}
		e.signsIn(t, e.assert(a.Assert(e.request(), e.passkey(token, a))), e.account(ada))
	})
}

// login2 signs in with a code and a passkey, and so is fresh.
func (e *env) login2(email string, a *authtest.Authenticator, k *authtest.Passkey) string {
	e.t.Helper()
	preAuth := e.preAuth(email)
	got := e.second(preAuth, a.Assert(e.ceremony("/auth/2fa/webauthn/options", key(preAuth)), k))
	if got.status != http.StatusOK || got.text("token_type") != "user" {
		e.t.Fatalf("the second factor answers %d %s", got.status, got.body)
	}
	return got.text("token")
}

// TestW09_Disabled: a disabled account is refused like a bad signature.
func TestW09_Disabled(t *testing.T) {
	e := alone(t, auth.Config{})
	a := &authtest.Authenticator{}
	k := e.passkey(e.login(ada), a)
	u, err := e.Config.Store.Users().ByID(t.Context(), e.account(ada))
	if err != nil {
		t.Fatal(err)
	}
	u.Disabled = true
	e.Put(u)
	bad := e.assert(a.Assert(e.request(), k, func(n *authtest.Answer) { n.Sign = func([]byte) []byte { return []byte{1} } }))
	got := e.assert(a.Assert(e.request(), k))
	e.checkRefusal(t, got, http.StatusUnauthorized, "invalid_credentials")
	same(t, map[string]answer{"a bad signature": bad, "a disabled account": got})
}

// TestW09_DisabledRegistersNothing: a token of a user whom the host has disabled, and not signed out, begins and ends no registration.
func TestW09_DisabledRegistersNothing(t *testing.T) {
	e := alone(t, auth.Config{})
	a, token := &authtest.Authenticator{}, e.login(ada)
	credential, _ := a.Register(e.creation(token))
	u, err := e.Config.Store.Users().ByID(t.Context(), e.account(ada))
	if err != nil {
		t.Fatal(err)
	}
	u.Disabled = true
	e.Put(u)
	e.checkRefusal(t, e.offer(token, credential), http.StatusUnauthorized, "invalid_token")
	e.checkRefusal(t, e.post("/auth/webauthn/register/options", "{}", key(token)), http.StatusUnauthorized, "invalid_token")
	if n := e.Faults.Count("passkeys.Add"); n != 0 {
		t.Errorf("%d passkeys were added", n)
	}
}

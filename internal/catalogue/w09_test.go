package catalogue

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"

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
			options, forged := e.request(), e.request()
			if got := e.do(http.MethodDelete, "/auth/webauthn/credentials/"+base64.RawURLEncoding.EncodeToString(k.ID), "", key(token)); got.status != http.StatusOK {
				t.Fatalf("the removal answers %d %s", got.status, got.body)
			}
			got := e.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer {
				return e.assert(a.Assert(forged, k, func(n *authtest.Answer) { n.Sign = func([]byte) []byte { return []byte{1} } }))
			})
			same(t, map[string]answer{"a bad signature": bad, "a removed passkey, forged": got})
			// Who holds the key is told, and the rest of the answer is the same.
			got = e.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer { return e.assert(a.Assert(options, k)) })
			want := fmt.Sprintf(`map[credentialId:%s rpId:auth.example]`, base64.RawURLEncoding.EncodeToString(k.ID))
			if signal := fmt.Sprint(got.field("signalUnknownCredential")); signal != want {
				t.Errorf("the signal is %s, want %s", signal, want)
			}
			if got.text("detail") != bad.text("detail") {
				t.Errorf("the detail %q is not %q", got.text("detail"), bad.text("detail"))
			}
		})
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

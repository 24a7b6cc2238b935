package catalogue

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/webauthn"
)

// ceremony asks for the options of a ceremony.
func (e *env) ceremony(path string, o ...option) []byte {
	e.t.Helper()
	a := e.post(path, "{}", o...)
	if a.status != http.StatusOK {
		e.t.Fatalf("%s answers %d %s", path, a.status, a.body)
	}
	return []byte(a.body)
}

func (e *env) creation(token string) []byte {
	return e.ceremony("/auth/webauthn/register/options", key(token))
}
func (e *env) request() []byte { return e.ceremony("/auth/webauthn/login/options") }

// offer presents a new passkey.
func (e *env) offer(token string, credential []byte) answer {
	e.t.Helper()
	return e.post("/auth/webauthn/register/verify", fmt.Sprintf(`{"credential":%s}`, credential), key(token))
}

// assert presents an assertion for a sign-in.
func (e *env) assert(credential []byte) answer {
	e.t.Helper()
	return e.post("/auth/webauthn/login/verify", fmt.Sprintf(`{"credential":%s}`, credential))
}

// second presents an assertion as the second factor.
func (e *env) second(token string, credential []byte) answer {
	e.t.Helper()
	return e.post("/auth/2fa/verify", fmt.Sprintf(`{"credential":%s}`, credential), key(token))
}

// passkey registers a passkey for the caller.
func (e *env) passkey(token string, a *authtest.Authenticator, forge ...func(*authtest.Answer)) *authtest.Passkey {
	e.t.Helper()
	credential, k := a.Register(e.creation(token), forge...)
	if got := e.offer(token, credential); got.status != http.StatusCreated {
		e.t.Fatalf("the registration answers %d %s", got.status, got.body)
	}
	e.hardware, e.held = a, k
	return k
}

// passkeys is the view of the back end.
func (e *env) passkeys() webauthn.Store {
	return e.Config.Store.Passkeys()
}

// kept is what the store holds of a passkey, in every field.
func (e *env) kept(k *authtest.Passkey) string {
	e.t.Helper()
	c, err := e.passkeys().Load(e.t.Context(), k.ID)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%+v", c)
}

// signsIn demands that an assertion begins a session of the account.
func (e *env) signsIn(t *testing.T, a answer, userID string) string {
	t.Helper()
	token := a.text("token")
	if a.status != http.StatusOK || a.text("token_type") != "user" || a.field("requires_2fa") != false {
		t.Fatalf("the sign-in answers %d %s", a.status, a.body)
	}
	if who := e.get("/app", token); who.body != userID {
		t.Fatalf("signed in %s, want %s", who.body, userID)
	}
	return token
}

// tried is one forgery of an assertion or a registration.
type tried struct {
	name  string
	forge func(*authtest.Answer)
}

// refusesAssertions presents each forgery to a sign-in: one body for all, nothing stored, and the challenge gone.
func (e *env) refusesAssertions(t *testing.T, a *authtest.Authenticator, k *authtest.Passkey, all []tried) {
	t.Helper()
	before, answers := e.kept(k), map[string]answer{}
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			options := e.request()
			answers[c.name] = e.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer { return e.assert(a.Assert(options, k, c.forge)) })
			if after := e.kept(k); after != before {
				t.Errorf("the record is %s, and was %s", after, before)
			}
			if again := e.assert(a.Assert(options, k)); again.status != http.StatusUnauthorized {
				t.Errorf("the challenge is good again: %d %s", again.status, again.body)
			}
		})
	}
	same(t, answers)
	if got := e.assert(a.Assert(e.request(), k)); got.status != http.StatusOK {
		t.Errorf("afterwards the passkey answers %d %s", got.status, got.body)
	}
}

// refusesRegistrations presents each forgery to a registration.
func (e *env) refusesRegistrations(t *testing.T, token string, a *authtest.Authenticator, all []tried) {
	t.Helper()
	answers := map[string]answer{}
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			options := e.creation(token)
			credential, k := a.Register(options, c.forge)
			answers[c.name] = e.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer { return e.offer(token, credential) })
			if got := e.kept(k); got != "webauthn: not found" {
				t.Errorf("the store holds %s", got)
			}
			honest, _ := a.Register(options)
			if again := e.offer(token, honest); again.status != http.StatusUnauthorized {
				t.Errorf("the challenge is good again: %d %s", again.status, again.body)
			}
		})
	}
	same(t, answers)
}

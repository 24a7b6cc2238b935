package catalogue

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/totp"
)

// sealed is what the store keeps of the account's secret.
func (e *env) sealed(t *testing.T, email string) totp.Enrolment {
	t.Helper()
	kept, err := e.Config.Store.TOTP().Load(t.Context(), e.account(email))
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// TestT07_SecretIsRotated: whoever proves anything after a rotation is moved to the new secret and needs the old one no longer. Everybody
// else does, and fails closed without it; recovery codes depend on neither.
func TestT07_SecretIsRotated(t *testing.T) {
	const carl = "carl@example.com"
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		old := e.Config.Secret
		_, adas := e.enrol(ada)
		_, bobs := e.enrol(bob)
		_, carls := e.enrol(carl)
		before := map[string]totp.Enrolment{ada: e.sealed(t, ada), bob: e.sealed(t, bob), carl: e.sealed(t, carl)}
		e.reopen(func(c *auth.Config) { c.Secret, c.PreviousSecrets = auth.NewSecret(), []auth.Secret{old} })

		preAuth := e.login(ada)
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/2fa/verify", preAuth, wrong(adas.code(t, e, 0))) })
		if got := e.sealed(t, ada); !bytes.Equal(got.Secret, before[ada].Secret) {
			t.Error("a wrong code moves the secret")
		}
		e.twice(ada, adas)
		if a := e.present("/auth/2fa/verify", e.login(carl), carls.recovery[0]); a.status != http.StatusOK {
			t.Fatalf("a recovery code answers %d %s", a.status, a.body)
		}
		for email, moved := range map[string]bool{ada: true, bob: false, carl: true} {
			got, was := e.sealed(t, email), before[email]
			if bytes.Equal(got.Secret, was.Secret) == moved || got.ID != was.ID || !got.EnabledAt.Equal(was.EnabledAt) {
				t.Errorf("%s: the record is %+v, and was %+v", email, got, was)
			}
		}
		again := e.sealed(t, ada)
		e.twice(ada, adas)
		if got := e.sealed(t, ada); !bytes.Equal(got.Secret, again.Secret) {
			t.Error("a secret that is where it belongs is moved")
		}

		e.reopen(func(c *auth.Config) { c.PreviousSecrets = nil })
		e.twice(ada, adas)
		e.twice(carl, carls)
		preAuth = e.login(bob)
		e.refuses(t, http.StatusServiceUnavailable, "unavailable", func() answer { return e.present("/auth/2fa/verify", preAuth, bobs.code(t, e, 0)) })
		if a := e.present("/auth/2fa/verify", preAuth, bobs.recovery[0]); a.status != http.StatusOK {
			t.Errorf("without the old secret a recovery code answers %d %s", a.status, a.body)
		}
	})
}

// TestT07_ASecretThatCannotBeMoved costs nobody the sign-in, and one that was moved or replaced meanwhile stays.
func TestT07_ASecretThatCannotBeMoved(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		old := e.Config.Secret
		_, app := e.enrol(ada)
		before := e.sealed(t, ada)
		e.reopen(func(c *auth.Config) { c.Secret, c.PreviousSecrets = auth.NewSecret(), []auth.Secret{old} })
		remove := e.inject("totp.Reseal")
		e.twice(ada, app)
		remove()
		if got := e.sealed(t, ada); !bytes.Equal(got.Secret, before.Secret) {
			t.Error("the secret was moved")
		}
		// Another instance is faster, between the look at the record and the move.
		e.Faults.Inject(authtest.Fault{On: "totp.Reseal", Times: 1, Do: authtest.Pause, Before: func() {
			if _, err := e.Config.Store.TOTP().Reseal(t.Context(), before.UserID, before.ID, before.Secret, []byte("theirs")); err != nil {
				t.Error(err)
			}
		}})
		e.twice(ada, app)
		if got := e.sealed(t, ada); string(got.Secret) != "theirs" {
			t.Errorf("the record is %+v", got)
		}
	})
}

package catalogue

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/session"
)

// TestT07_BadInput: each is refused with its code, and the active factor stays as it is, byte for byte.
func TestT07_BadInput(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		_, app := e.enrol(ada)
		stale := e.twice(ada, app)
		e.Clock.Advance(session.Freshness)
		token := e.twice(ada, app)
		bobs := e.login(bob)
		setup, _ := e.setup(bobs)
		old := setup.code(t, e, -2)
		used := app.code(t, e, -1)
		e.Clock.Advance(step)
		kept := e.sealed(t, ada)
		for _, c := range []struct {
			name string
			act  func() answer
			want int
			code string
		}{
			{"setup twice", func() answer { _, a := e.setup(token); return a }, 409, "already_enabled"},
			{"enable while one is active", func() answer { return e.present("/auth/2fa/enable", token, app.code(t, e, 0)) }, 409, "already_enabled"},
			{"enable with a stale code", func() answer { return e.present("/auth/2fa/enable", bobs, old) }, 401, "invalid_code"},
			{"disable with a spent code", func() answer { return e.present("/auth/2fa/disable", token, used) }, 401, "invalid_code"},
			{"setup by a stale session", func() answer { _, a := e.setup(stale); return a }, 403, "reauthentication_required"},
			{"enable by a stale session", func() answer { return e.present("/auth/2fa/enable", stale, app.code(t, e, 0)) }, 403, "reauthentication_required"},
		} {
			t.Run(c.name, func(t *testing.T) {
				e.refuses(t, c.want, c.code, c.act)
				if got := e.sealed(t, ada); !bytes.Equal(got.Secret, kept.Secret) || got.ID != kept.ID || got.Step != kept.Step || len(got.Codes) != 10 {
					t.Errorf("the factor is %+v, and was %+v", got, kept)
				}
			})
		}
		if a := e.present("/auth/2fa/enable", bobs, setup.code(t, e, 0)); a.status != http.StatusNoContent {
			t.Fatalf("the code of the setup answers %d %s", a.status, a.body)
		}
		e.Clock.Advance(step)
		t.Run("verify with another user's code", func(t *testing.T) {
			for _, code := range []string{setup.code(t, e, 0), setup.recovery[0]} {
				preAuth := e.login(ada)
				e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/2fa/verify", preAuth, code) })
			}
			e.twice(bob, setup) // they are not spent
		})
		e.twice(ada, app)
	})
}

// TestT07_Expiry: a pre_auth token is good for five minutes.
func TestT07_Expiry(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		_, app := e.enrol(ada)
		e.Clock.Advance(step)
		last, late := e.login(ada), e.login(ada)
		e.Clock.Advance(session.PreAuthLife - step)
		if a := e.present("/auth/2fa/verify", last, app.code(t, e, 0)); a.status != http.StatusOK {
			t.Errorf("within its time it answers %d %s", a.status, a.body)
		}
		e.Clock.Advance(2 * step) // leeway included
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.present("/auth/2fa/verify", late, app.code(t, e, 0)) })
	})
}

// TestT03_ARestart: what was used before it is used after it.
func TestT03_ARestart(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		_, app := e.enrol(ada)
		code := app.code(t, e, 0)
		e.twice(ada, app)
		if a := e.present("/auth/2fa/verify", e.login(ada), app.recovery[0]); a.status != http.StatusOK {
			t.Fatalf("a recovery code answers %d %s", a.status, a.body)
		}
		e.Clock.Advance(-step) // the code is in its window again
		e.reopen(func(*auth.Config) {})
		preAuth := e.login(ada)
		for _, again := range []string{code, app.recovery[0]} {
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/2fa/verify", preAuth, again) })
		}
		e.Clock.Advance(2 * step)
		e.twice(ada, app)
	})
}

// TestGuesses_PasskeysCountToo: wrong codes and wrong assertions spend the one budget of the account.
func TestGuesses_PasskeysCountToo(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token := e.login(ada)
		a := &authtest.Authenticator{}
		k := e.passkey(token, a)
		app, _ := e.setup(token)
		if got := e.present("/auth/2fa/enable", token, app.code(t, e, 0)); got.status != http.StatusNoContent {
			t.Fatalf("enable answers %d %s", got.status, got.body)
		}
		forged := func(preAuth string) answer {
			options := e.ceremony("/auth/2fa/webauthn/options", key(preAuth))
			return e.second(preAuth, a.Assert(options, k, func(n *authtest.Answer) { n.Sign = func([]byte) []byte { return []byte{1} } }))
		}
		for range 2 {
			preAuth := e.login(ada)
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/2fa/verify", preAuth, "000000") })
			e.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer { return forged(preAuth) })
		}
		preAuth := e.login(ada)
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/2fa/verify", preAuth, app.recovery[0]+"A") })
		preAuth = e.login(ada)
		e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return forged(preAuth) })
		e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.present("/auth/2fa/verify", preAuth, app.recovery[0]) })
		// The first factor that is both is no guess at a second one.
		e.signsIn(t, e.assert(a.Assert(e.request(), k)), e.account(ada))
		e.Clock.Advance(step)
		preAuth = e.login(ada)
		e.signsIn(t, e.second(preAuth, a.Assert(e.ceremony("/auth/2fa/webauthn/options", key(preAuth)), k)), e.account(ada))
	})
}

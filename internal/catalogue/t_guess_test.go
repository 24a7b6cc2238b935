package catalogue

import (
	"net/http"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/session"
)

// TestGuesses_FiveVoidThePreAuthToken: the fifth wrong guess voids it, on every route that takes one.
func TestGuesses_FiveVoidThePreAuthToken(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		_, app := e.enrol(ada)
		preAuth := e.login(ada)
		for range session.Guesses {
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/2fa/verify", preAuth, wrong(app.code(t, e, 0))) })
		}
		e.Clock.Advance(step)
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.present("/auth/2fa/verify", preAuth, app.code(t, e, 0)) })
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.do(http.MethodPost, "/auth/2fa/setup", "", key(preAuth)) })
		e.twice(ada, app)
	})
}

// TestGuesses_OneBudgetForTheAccount: guesses add up over pre_auth tokens, codes of every kind, and routes; a new sign-in, another
// instance and a success by the first factor do not clear them (the class of CVE-2026-128332).
func TestGuesses_OneBudgetForTheAccount(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token, app := e.enrol(ada)
		for _, guess := range []struct{ path, token, code string }{
			{"/auth/2fa/verify", e.login(ada), "000000"},
			{"/auth/2fa/verify", e.login(ada), "AAAAAA-AAAAAA-AAAAAA-AAAAAA"},
			{"/auth/2fa/disable", token, "000000"},
			{"/auth/2fa/backup-codes", token, "not a code at all"},
			{"/auth/reauthenticate", token, "000000"},
		} {
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present(guess.path, guess.token, guess.code) })
		}
		late := e.login(ada)
		for path, token := range map[string]string{
			"/auth/2fa/verify": late, "/auth/2fa/disable": token, "/auth/2fa/backup-codes": token, "/auth/reauthenticate": token,
		} {
			a := e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.present(path, token, app.code(t, e, 0)) })
			if a.header.Get("Retry-After") != "30" {
				t.Errorf("%s: Retry-After %q", path, a.header.Get("Retry-After"))
			}
		}
		_, his := e.enrol(bob)
		e.twice(bob, his) // another account is not slowed down
		e.Clock.Advance(step)
		e.twice(ada, app)
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/2fa/disable", token, "000000") })
	})
}

// TestGuesses_TheHundredthDisables: after 100 consecutive failures nothing is compared any more, however long one waits, until
// the host has bound the factor anew (NIST SP 800-63B-4 section 3.2.2).
func TestGuesses_TheHundredthDisables(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		_, app := e.enrol(ada)
		for i := range 100 {
			e.Clock.Advance(time.Hour)
			if a := e.present("/auth/2fa/verify", e.login(ada), "000000"); a.status != http.StatusUnauthorized {
				t.Fatalf("guess %d answers %d %s", i+1, a.status, a.body)
			}
		}
		for _, wait := range []time.Duration{time.Hour, 24 * time.Hour, 400 * 24 * time.Hour} {
			e.Clock.Advance(wait)
			late := e.login(ada)
			e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.present("/auth/2fa/verify", late, app.code(t, e, 0)) })
			e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.present("/auth/2fa/verify", late, app.recovery[0]) })
		}
		if err := e.ResetSecondFactor(t.Context(), e.account(ada), "proofed"); err != nil {
			t.Fatal(err)
		}
		_, app = e.enrol(ada)
		e.twice(ada, app)
	})
}

// TestGuesses_AtSetup: codes of a pending setup are guesses too, and five wrong ones leave the factor off.
func TestGuesses_AtSetup(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token := e.login(ada)
		app, _ := e.setup(token)
		for range 5 {
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/2fa/enable", token, wrong(app.code(t, e, 0))) })
		}
		e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.present("/auth/2fa/enable", token, app.code(t, e, 0)) })
		if e.owes(ada) {
			t.Error("the second factor is on")
		}
		e.Clock.Advance(step)
		if a := e.present("/auth/2fa/enable", token, app.code(t, e, 0)); a.status != http.StatusNoContent {
			t.Errorf("after the wait, enable answers %d %s", a.status, a.body)
		}
	})
}

// TestGuesses_CountedBeforeCompared: where a guess cannot be counted, nothing is compared.
func TestGuesses_CountedBeforeCompared(t *testing.T) {
	e := alone(t, auth.Config{})
	token, app := e.enrol(ada)
	preAuth := e.login(ada)
	for _, fault := range []string{"locks.Lock", "locks.Swap"} {
		for path, token := range map[string]string{"/auth/2fa/verify": preAuth, "/auth/2fa/disable": token, "/auth/reauthenticate": token} {
			remove := e.inject(fault)
			e.Faults.Forget()
			e.refuses(t, http.StatusServiceUnavailable, "unavailable", func() answer { return e.present(path, token, app.code(t, e, 0)) })
			if n := e.Faults.Count("totp.Advance"); n != 0 {
				t.Errorf("%s with a broken %s compared a code", path, fault)
			}
			remove()
		}
	}
	e.twice(ada, app)
}

// TestSecondFactor_AStoreThatFails is a refusal, never a pass: 503, and the sign-in does not become one without a second factor.
func TestSecondFactor_AStoreThatFails(t *testing.T) {
	e := alone(t, auth.Config{})
	_, app := e.enrol(ada)
	preAuth := e.login(ada)
	for _, fault := range []string{"totp.Load", "totp.Advance", "kv.Take"} {
		remove := e.inject(fault)
		e.refuses(t, http.StatusServiceUnavailable, "unavailable", func() answer { return e.present("/auth/2fa/verify", preAuth, app.code(t, e, 0)) })
		remove()
	}
	handle, code := e.code(ada)
	remove := e.inject("totp.Load")
	e.refuses(t, http.StatusServiceUnavailable, "unavailable", func() answer { return e.verify(ada, handle, code) })
	remove()
	e.Clock.Advance(step)
	e.twice(ada, app)
}

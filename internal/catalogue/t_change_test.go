package catalogue

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/session"
)

// changes are the routes that weaken or replace a second factor.
var changes = []string{"/auth/2fa/disable", "/auth/2fa/backup-codes"}

// TestT08_ChangeIsRefused tries to switch the factor off and to replace the recovery codes with everything but a fresh proof.
func TestT08_ChangeIsRefused(t *testing.T) {
	for _, path := range changes {
		t.Run(path, func(t *testing.T) {
			each(t, auth.Config{}, func(t *testing.T, e *env) {
				_, app := e.enrol(ada)
				stale := e.twice(ada, app)
				e.Clock.Advance(session.Freshness)
				token := e.twice(ada, app)
				used := app.code(t, e, -1)
				preAuth := e.login(ada)
				if a := e.present("/auth/2fa/verify", e.login(ada), app.recovery[0]); a.status != http.StatusOK {
					t.Fatalf("the recovery code answers %d %s", a.status, a.body)
				}
				_, other := e.enrol(bob)
				for _, c := range badChanges(t, e, app, other, stale, token, preAuth, used) {
					t.Run(c.name, func(t *testing.T) {
						e.refuses(t, c.status, c.refusal, func() answer {
							if c.token == "" {
								return e.post(path, `{"code":"`+c.code+`"}`)
							}
							return e.present(path, c.token, c.code)
						})
						if !e.owes(ada) {
							t.Error("the second factor is off")
						}
						if a := e.get("/auth/2fa", token); a.field("backup_codes_left") != float64(9) {
							t.Errorf("the recovery codes changed: %s", a.body)
						}
					})
				}
			})
		})
	}
}

// badChange is a request that changes nothing.
type badChange struct {
	name, token, code string
	status            int
	refusal           string
}

func badChanges(t *testing.T, e *env, app, other phoneApp, stale, token, preAuth, used string) []badChange {
	t.Helper()
	return []badChange{
		{"a stale session", stale, app.code(t, e, 0), 403, "reauthentication_required"},
		{"a pre_auth token", preAuth, app.code(t, e, 0), 403, "second_factor_required"},
		{"a machine", e.service(e.account(ada)), app.code(t, e, 0), 403, "wrong_token_type"},
		{"nothing", "", app.code(t, e, 0), 401, "authentication_required"},
		{"the session token alone", token, "", 400, "invalid_request"},
		{"a wrong code", token, wrong(app.code(t, e, 0)), 401, "invalid_code"},
		{"a used code", token, used, 401, "invalid_code"},
		{"a spent recovery code", token, app.recovery[0], 401, "invalid_code"},
		{"another user's recovery code", token, other.recovery[1], 401, "invalid_code"},
	}
}

// TestT08_Disable: with a fresh proof the factor is off, other sessions are over, the owner is told, and it is one event.
func TestT08_Disable(t *testing.T) {
	for name, pick := range map[string]func(*testing.T, *env, phoneApp) string{
		"by the app":         func(t *testing.T, e *env, p phoneApp) string { t.Helper(); return p.code(t, e, 0) },
		"by a recovery code": func(_ *testing.T, _ *env, p phoneApp) string { return p.recovery[7] },
		"in another spelling": func(_ *testing.T, _ *env, p phoneApp) string {
			return " " + strings.ToLower(strings.ReplaceAll(p.recovery[7], "-", " - ")) + "\t"
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, auth.Config{}, func(t *testing.T, e *env) {
				_, app := e.enrol(ada)
				other, token := e.twice(ada, app), e.twice(ada, app)
				preAuth := e.login(ada)
				e.Events.Take()
				if a := e.present("/auth/2fa/disable", token, pick(t, e, app)); a.status != http.StatusNoContent || a.body != "" {
					t.Fatalf("answers %d %s", a.status, a.body)
				}
				if n := len(e.Events.Named("totp.disable")); n != 1 {
					t.Errorf("%d events", n)
				}
				if e.owes(ada) || e.live(other) || !e.live(token) {
					t.Errorf("still owed: %v, the other session lives: %v, the own: %v", e.owes(ada), e.live(other), e.live(token))
				}
				e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.present("/auth/2fa/verify", preAuth, app.code(t, e, 1)) })
				e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/2fa/disable", token, app.code(t, e, 1)) })
				e.noticed(t, ada, "authenticator app was removed")
				e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer {
					return e.present("/auth/2fa/enable", token, app.code(t, e, 1)) // the setup of the removed app was used up
				})
				again, _ := e.setup(token)
				if a := e.present("/auth/2fa/enable", token, again.code(t, e, 0)); a.status != http.StatusNoContent {
					t.Errorf("enrolling anew answers %d %s", a.status, a.body)
				}
			})
		})
	}
}

// TestT08_Regenerate: with a fresh proof there is a new set, and nothing of the old one works.
func TestT08_Regenerate(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token, app := e.enrol(ada)
		a := e.present("/auth/2fa/backup-codes", token, app.code(t, e, 0))
		var fresh []string
		list, _ := a.field("backup_codes").([]any)
		for _, c := range list {
			text, _ := c.(string)
			fresh = append(fresh, text)
		}
		if a.status != http.StatusOK || len(fresh) != 10 || slices.ContainsFunc(fresh, func(c string) bool { return slices.Contains(app.recovery, c) }) {
			t.Fatalf("answers %d %s", a.status, a.body)
		}
		if n := len(e.Events.Named("totp.recovery_codes")); n != 1 {
			t.Errorf("%d events", n)
		}
		e.noticed(t, ada, "New recovery codes")
		preAuth := e.login(ada)
		for _, old := range app.recovery[:2] {
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/2fa/verify", preAuth, old) })
		}
		if a := e.present("/auth/2fa/verify", preAuth, fresh[9]); a.status != http.StatusOK {
			t.Errorf("a new code answers %d %s", a.status, a.body)
		}
		e.Clock.Advance(step)
		e.twice(ada, app)
	})
}

// TestT08_Reset is the host's verb for whoever has lost everything: all second factors are gone, sessions and setups over, the
// guesses begin anew.
func TestT08_Reset(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token, _ := e.enrol(ada)
		preAuth := e.login(ada)
		for range session.Guesses {
			e.present("/auth/2fa/verify", e.login(ada), "000000")
		}
		id := e.account(ada)
		e.Events.Take()
		if err := e.ResetSecondFactor(t.Context(), id, "Phone lost; passport seen."); err != nil {
			t.Fatal(err)
		}
		events := e.Events.Named("user.second_factors_reset")
		if len(events) != 1 || events[0].UserID != id || events[0].Actor != "host" || events[0].Fields["reason"] != "Phone lost; passport seen." {
			t.Errorf("events %+v", events)
		}
		for name, dead := range map[string]string{"the session": token, "the pre_auth token": preAuth} {
			t.Run(name, func(t *testing.T) {
				e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.do(http.MethodPost, "/auth/2fa/setup", "", key(dead)) })
			})
		}
		if e.owes(ada) {
			t.Error("a second factor is owed")
		}
		e.noticed(t, ada, "passport seen")
		token, again := e.enrol(ada)
		e.twice(ada, again)
		if err := e.Forget(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if events := e.Events.Named("user.forgotten"); len(events) != 1 || events[0].UserID != id || events[0].Actor != "host" {
			t.Errorf("events %+v", events)
		}
		e.noticed(t, ada, "erased")
		if e.live(token) || e.owes(ada) {
			t.Error("something is left of a user who was forgotten")
		}
	})
}

// TestT08_ASetupDoesNotOutliveAReset: what a thief's session has prepared is void.
func TestT08_ASetupDoesNotOutliveAReset(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		app, _ := e.setup(e.login(ada))
		if err := e.ResetSecondFactor(t.Context(), e.account(ada), "stolen"); err != nil {
			t.Fatal(err)
		}
		e.Clock.Advance(time.Second)
		token := e.login(ada)
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/2fa/enable", token, app.code(t, e, 0)) })
	})
}

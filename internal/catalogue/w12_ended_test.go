package catalogue

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/sender"
)

// TestEndedMeanwhile_RegistersNothing: a thief's session that is ended while it registers a passkey leaves none behind, whether it would be
// the account's first or one more, and whatever the host does: end the sessions or reset the factors.
func TestEndedMeanwhile_RegistersNothing(t *testing.T) {
	for name, act := range map[string]func(e *env, id string) error{
		"by an end of all sessions": func(e *env, id string) error { return e.EndSessions(e.t.Context(), id) },
		"by a reset":                func(e *env, id string) error { return e.ResetSecondFactor(e.t.Context(), id, "lost") },
	} {
		for held := range 2 {
			t.Run(map[int]string{0: "the first", 1: "one more"}[held]+" "+name, func(t *testing.T) {
				each(t, auth.Config{}, func(t *testing.T, e *env) {
					token, id := e.login(ada), e.account(ada)
					list := func() int {
						all, err := e.passkeys().List(t.Context(), id)
						if err != nil {
							t.Error(err)
						}
						return len(all)
					}
					if held > 0 {
						e.passkey(token, &authtest.Authenticator{})
					}
					credential, _ := (&authtest.Authenticator{}).Register(e.creation(token))
					left := -1
					e.Faults.Inject(authtest.Fault{On: "passkeys.Add", Times: 1, Do: authtest.Pause, Before: func() {
						if err := act(e, id); err != nil {
							t.Error(err)
						}
						left = list()
					}})
					e.offer(token, credential).want(t, http.StatusUnauthorized, "invalid_token")
					if n := list(); n != left {
						t.Errorf("there are %d passkeys, want %d", n, left)
					}
				})
			})
		}
	}
}

// TestEndedMeanwhile_WhatStaysIsToldOf: a thief's passkey that cannot be taken back is one that its owner is told of, and an event.
func TestEndedMeanwhile_WhatStaysIsToldOf(t *testing.T) {
	for name, c := range map[string]auth.Config{"with a user token": {}, "with a pre_auth token": {RequireSecondFactor: everybody}} {
		t.Run(name, func(t *testing.T) {
			e := alone(t, c)
			token, id := e.login(ada), e.account(ada)
			credential, _ := (&authtest.Authenticator{}).Register(e.creation(token))
			e.Faults.Inject(authtest.Fault{On: "passkeys.Add", Times: 1, Do: authtest.Pause, Before: func() {
				if err := e.EndSessions(t.Context(), id); err != nil {
					t.Error(err)
				}
			}})
			e.Faults.Inject(authtest.Fault{On: "passkeys.Delete", Times: 1})
			e.Events.Take()
			if a := e.offer(token, credential); a.status < http.StatusBadRequest || a.text("token") != "" {
				t.Errorf("answers %d %s", a.status, a.body)
			}
			if all, err := e.passkeys().List(t.Context(), id); err != nil || len(all) != 1 {
				t.Fatalf("%d passkeys are left, %v", len(all), err)
			}
			recorded := map[audit.Outcome]int{}
			for _, ev := range e.Events.Take() {
				if ev.Name == "webauthn.register" {
					recorded[ev.Outcome]++
				}
			}
			if recorded[audit.Success] != 1 || len(recorded) != 1 {
				t.Errorf("recorded as %v", recorded)
			}
			e.Drain()
			if !slices.ContainsFunc(e.Inbox.Messages(), func(m sender.Message) bool { return strings.Contains(m.Subject, "passkey") }) {
				t.Error("the owner is not told")
			}
		})
	}
}

// TestS11_ResetAgainstEnrolment: a thief who enrols an app while the host resets the factors keeps nothing, whichever step it falls between.
func TestS11_ResetAgainstEnrolment(t *testing.T) {
	for name, verb := range map[string]string{
		"before an end of the sessions": "sessions.MoveEpoch", "before the factors go": "totp.Delete", "before the guesses begin anew": "locks.Clear",
	} {
		t.Run(name, func(t *testing.T) {
			each(t, auth.Config{}, func(t *testing.T, e *env) {
				token, id := e.login(ada), e.account(ada)
				tried := false
				e.Faults.Inject(authtest.Fault{On: verb, Times: 1, Do: authtest.Pause, Before: func() {
					tried = true
					app, _ := e.setup(token)
					e.present("/auth/2fa/enable", token, app.code(t, e, 0))
				}})
				if err := e.ResetSecondFactor(t.Context(), id, "lost"); err != nil {
					t.Fatal(err)
				}
				if e.live(token) || !tried {
					t.Errorf("the session lives: %v; it tried: %v", e.live(token), tried)
				}
				e.Clock.Advance(time.Second)
				if e.owes(ada) {
					t.Error("the thief's app is asked for")
				}
			})
		})
	}
}

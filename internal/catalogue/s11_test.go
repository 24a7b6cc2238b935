package catalogue

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/user"
)

// directory is a host's own user table in which accounts are disabled and deleted.
type directory struct {
	user.Store

	disabled, deleted func(id string) bool
}

func (d *directory) seen(u user.User, err error) (user.User, error) {
	if err == nil && d.deleted(u.ID) {
		return user.User{}, user.ErrNotFound
	}
	u.Disabled = err == nil && d.disabled(u.ID)
	return u, err
}

func (d *directory) ByID(ctx context.Context, id string) (user.User, error) {
	return d.seen(d.Store.ByID(ctx, id))
}

func (d *directory) Find(ctx context.Context, id user.Identifier) (user.User, error) {
	return d.seen(d.Store.Find(ctx, id))
}

// TestS11_EndOfAnAccount disables, deletes, forgets, resets and ends: everything that was under way or alive dies with it, at the
// next request, on every instance, and nothing new comes of it.
func TestS11_EndOfAnAccount(t *testing.T) {
	type state struct {
		disabled, deleted bool
	}
	for name, tt := range map[string]struct {
		end func(ctx context.Context, a *auth.Auth, s *state, id string) error
		// returns says that a new sign-in is welcome afterwards.
		returns bool
	}{
		"disabled": {func(ctx context.Context, a *auth.Auth, s *state, id string) error {
			s.disabled = true
			return a.EndSessions(ctx, id)
		}, false},
		"deleted": {func(ctx context.Context, a *auth.Auth, s *state, id string) error {
			err := a.Forget(ctx, id)
			s.deleted = true
			return err
		}, false},
		"terminate-all by the operator": {func(ctx context.Context, a *auth.Auth, _ *state, id string) error { return a.EndSessions(ctx, id) }, true},
		"the end of everything":         {func(ctx context.Context, a *auth.Auth, _ *state, _ string) error { return a.EndEverything(ctx) }, true},
		"second factor reset": {func(ctx context.Context, a *auth.Auth, _ *state, id string) error {
			return a.ResetSecondFactor(ctx, id, "lost phone")
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, auth.Config{}, func(t *testing.T, e *env) {
				s := &state{}
				dir := &directory{e.Config.Store.Users(), func(string) bool { return s.disabled }, func(string) bool { return s.deleted }}
				e.reopen(func(c *auth.Config) { c.Users = dir })
				id := e.account(ada)
				plain := e.login(ada) // before the second factor: ended by its enrolment below
				token, p := e.enrol(ada)
				old := e.twice(ada, p)
				machine := e.service(id)
				challenge, code := e.code(ada)
				preAuth := e.verify(ada, challenge, code).text("token")
				inFlight, codeInFlight := e.code(ada)
				if e.live(plain) || !e.live(token) || !e.live(old) || !e.live(machine) {
					t.Fatal("the fixture is not as it should be")
				}

				if err := tt.end(t.Context(), e.Auth, s, id); err != nil {
					t.Fatal(err)
				}

				for kind, dead := range map[string]string{"access token": token, "another access token": old, "service token": machine} {
					t.Run(kind, func(t *testing.T) {
						e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", dead) })
						e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/open", dead) })
						e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/auth/sessions", dead) })
					})
				}
				t.Run("refresh", func(t *testing.T) {
					e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.refresh(token) })
				})
				t.Run("pre_auth in flight", func(t *testing.T) {
					e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer {
						return e.present("/auth/2fa/verify", preAuth, p.code(t, e, 0))
					})
				})
				t.Run("code in flight", func(t *testing.T) {
					act := func() answer { return e.verify(ada, inFlight, codeInFlight) }
					if tt.returns {
						if a := act(); a.status != http.StatusOK {
							t.Errorf("answers %d %s", a.status, a.body)
						}
						return
					}
					e.refusesUncoded(t, act)
				})
				t.Run("new sign-in", func(t *testing.T) {
					if tt.returns {
						if a := e.login(ada); a == "" {
							t.Error("no token")
						}
						return
					}
					sent := len(e.Inbox.Messages())
					e.handle(ada)
					e.Drain()
					for _, m := range e.Inbox.Messages()[sent:] {
						if m.Code != "" {
							t.Error("a code was sent")
						}
					}
				})
			})
		})
	}
}

// refusesUncoded is refuses for the right code of an account that may not sign in. The client sees a wrong code; the event gives
// the gate's reason and no code, or is that of the code.
func (e *env) refusesUncoded(t *testing.T, act func() answer) {
	t.Helper()
	ran, before := e.app.Load(), e.counts()
	e.Events.Take()
	e.checkRefusal(t, act(), http.StatusUnauthorized, "invalid_code")
	events := e.Events.Take()
	if len(events) != 1 || events[0].Outcome != audit.Failure || events[0].Reason == "" {
		t.Errorf("events %+v, want one failure", events)
	}
	if e.app.Load() != ran || e.counts() != before {
		t.Error("a handler ran, or something was created")
	}
}

// TestS11_DisabledWithoutEndSessions: the host has disabled the account and not said so. Sign-in and refresh read the account
// again; a token that lives lives on until its end.
func TestS11_DisabledWithoutEndSessions(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		disabled := false
		dir := &directory{e.Config.Store.Users(), func(string) bool { return disabled }, func(string) bool { return false }}
		e.reopen(func(c *auth.Config) { c.Users = dir })
		token := e.login(ada)
		inFlight, code := e.code(ada)
		disabled = true
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.refresh(token) })
		e.refusesUncoded(t, func() answer { return e.verify(ada, inFlight, code) })
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer {
			return e.do(http.MethodPost, "/auth/reauthenticate/options", "", key(token))
		})
		if !e.live(token) {
			t.Error("RequireAuth reads the account: say so in its documentation")
		}
		disabled = false
		if !e.live(e.successor(token)) {
			t.Error("a refused refresh ended the session of an account that is enabled again")
		}
	})
}

// TestS11_DisabledWhileSigningIn: the host disables the account and ends its sessions while a right code is being taken. Before the account
// is read it looks like a wrong code; afterwards the session that begins is born dead.
func TestS11_DisabledWhileSigningIn(t *testing.T) {
	for _, at := range []string{"sessions.Epoch", "kv.Take", "users.ByID", "sessions.List", "sessions.Create"} {
		t.Run("before "+at, func(t *testing.T) {
			each(t, auth.Config{}, func(t *testing.T, e *env) {
				var disabled atomic.Bool
				dir := &directory{e.Config.Store.Users(), func(string) bool { return disabled.Load() }, func(string) bool { return false }}
				e.reopen(func(c *auth.Config) { c.Users = e.Faults.Users(dir) })
				id := e.account(ada)
				handle, code := e.code(ada)
				done := errors.New("the sign-in never came there")
				e.Faults.Inject(authtest.Fault{On: at, Times: 1, Do: authtest.Pause, Before: func() {
					disabled.Store(true)
					done = e.Auth.EndSessions(context.WithoutCancel(t.Context()), id)
				}})
				a := e.verify(ada, handle, code)
				if done != nil {
					t.Fatal(done)
				}
				if at == "sessions.Epoch" || at == "kv.Take" || at == "users.ByID" {
					e.checkRefusal(t, a, http.StatusUnauthorized, "invalid_code")
					return
				}
				if token := a.text("token"); a.status == http.StatusOK && (e.live(token) || e.refresh(token).status != http.StatusUnauthorized) {
					t.Error("a disabled account has begun a session that lives")
				}
			})
		})
	}
}

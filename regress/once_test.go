package regress

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/session"
)

// TestGHSA_hc7v_rggr_4hvx_Replay: a code that signed in is spent on every instance.
func TestGHSA_hc7v_rggr_4hvx_Replay(t *testing.T) {
	shared(t, auth.Config{}, func(_ *testing.T, w *world) {
		w.account(ada)
		handle, code := w.code(ada)
		w.verify(ada, handle, code).want(http.StatusOK, "")
		for range len(w.instances) {
			w.verify(ada, handle, code).want(http.StatusUnauthorized, "invalid_code")
			w.verify(ada, "", code).want(http.StatusUnauthorized, "invalid_code")
		}
	})
}

// TestGHSA_7w99_5wm4_3g79_AuthorizationCodeTwice opens one callback many times at once: the code is exchanged once.
func TestGHSA_7w99_5wm4_3g79_AuthorizationCodeTwice(t *testing.T) {
	w := social(t, nil)
	b := w.browser()
	to := w.idp.Approve(t, b.begin("demo", ""), adaThere)
	w.once(func(int) answer { return b.copy().back(to) })
	if n := w.idp.Hits("token"); n != 1 {
		t.Errorf("%d codes were exchanged", n)
	}
}

// refreshRace swaps one token many times at once: everybody gets the same successor.
func refreshRace(t *testing.T, w *world) string {
	t.Helper()
	token := w.signIn(ada)
	var mu sync.Mutex
	successors := map[string]bool{}
	w.race(func(int) answer {
		a := w.post("/auth/refresh", "", key(token))
		mu.Lock()
		defer mu.Unlock()
		successors[a.text("token")] = true
		return a
	})
	if len(successors) != 1 || successors[""] {
		t.Errorf("%d different successors", len(successors))
	}
	return token
}

// TestGHSA_392p_2q2v_4372_RefreshRace: one token has one successor.
func TestGHSA_392p_2q2v_4372_RefreshRace(t *testing.T) {
	shared(t, auth.Config{}, func(t *testing.T, w *world) { refreshRace(t, w) })
}

// TestGHSA_pw9m_5jxm_xr6h_RefreshReuse: who swaps a token that was swapped before ends the whole family.
func TestGHSA_pw9m_5jxm_xr6h_RefreshReuse(t *testing.T) {
	shared(t, auth.Config{}, func(t *testing.T, w *world) {
		old := w.signIn(ada)
		next := w.post("/auth/refresh", "", key(old)).want(http.StatusOK, "").text("token")
		w.Clock.Advance(session.Grace)
		w.post("/auth/refresh", "", key(old)).want(http.StatusUnauthorized, "invalid_token")
		if w.live(next) || w.post("/auth/refresh", "", key(next)).status < 400 {
			t.Error("the thief's or the owner's token lives on")
		}
	})
}

// TestBetterAuth_9993_DoubleUse: codes of an app, recovery codes and handoffs, each from many requests at once.
func TestBetterAuth_9993_DoubleUse(t *testing.T) {
	shared(t, auth.Config{}, func(_ *testing.T, w *world) {
		_, app := w.enrol(ada)
		for _, code := range []func() string{func() string { return w.now(app, 0) }, func() string { return app.codes[0] }} {
			w.Clock.Advance(time.Hour) // the losers of one race are failures that the next one would wait for
			preAuth, shown := w.signIn(ada), code()
			w.once(func(int) answer { return w.present("/auth/2fa/verify", preAuth, shown) })
		}
	})
	w := social(t, nil)
	b := w.browser()
	to := b.back(w.idp.Approve(t, b.begin("demo", "?return_to=/x"), adaThere)).want(http.StatusSeeOther, "").header.Get("Location")
	w.once(func(int) answer {
		return w.post("/auth/oauth2/handoff", `{"code":"`+strings.TrimPrefix(to, "/x?code=")+`"}`)
	})
}

// TestSupabase_2612_CodeRace: the right code from many requests at once.
func TestSupabase_2612_CodeRace(t *testing.T) {
	shared(t, auth.Config{SignUp: true}, func(t *testing.T, w *world) {
		handle, code := w.code(ada)
		w.once(func(int) answer { return w.verify(ada, handle, code) })
		if n := w.Faults.Count("sessions.Create"); n != 1 {
			t.Errorf("%d sessions", n)
		}
	})
}

// TestSupabase_2483_FlowStateReuse: the state of a flow that ended begins nothing, with the cookie it had.
func TestSupabase_2483_FlowStateReuse(t *testing.T) {
	w := social(t, nil)
	b := w.browser()
	at := b.begin("demo", "")
	kept := b.copy()
	b.back(w.idp.Approve(t, at, adaThere)).want(http.StatusOK, "")
	kept.back(w.idp.Approve(t, at, eveThere)).want(http.StatusBadRequest, "invalid_state")
}

// TestSupabase_2624_ReplacedTokenLives: a token that was swapped is dead after the grace, whatever kind of door it knocks at.
func TestSupabase_2624_ReplacedTokenLives(t *testing.T) {
	shared(t, auth.Config{}, func(_ *testing.T, w *world) {
		old := w.signIn(ada)
		w.post("/auth/refresh", "", key(old)).want(http.StatusOK, "")
		w.Clock.Advance(session.Grace)
		for _, path := range []string{"/app", "/auth/me", "/auth/sessions", "/fresh"} {
			w.get(path, key(old)).want(http.StatusUnauthorized, "invalid_token")
		}
	})
}

// TestKratos_6ce2bd861_SecretTwice: a recovery code from many sign-ins at once, each with a pre_auth token of its own.
func TestKratos_6ce2bd861_SecretTwice(t *testing.T) {
	shared(t, auth.Config{}, func(_ *testing.T, w *world) {
		_, app := w.enrol(ada)
		tokens := make([]string, 50)
		for i := range tokens {
			tokens[i] = w.signIn(ada)
		}
		w.once(func(i int) answer { return w.present("/auth/2fa/verify", tokens[i], app.codes[3]) })
	})
}

// TestKratos_8d4b3c3ae_LostIncrements: many wrong codes at once are many failures, so that the right one waits.
func TestKratos_8d4b3c3ae_LostIncrements(t *testing.T) {
	shared(t, auth.Config{}, func(_ *testing.T, w *world) {
		_, app := w.enrol(ada)
		tokens := make([]string, 50)
		for i := range tokens {
			tokens[i] = w.signIn(ada)
		}
		w.race(func(i int) answer { return w.present("/auth/2fa/verify", tokens[i], wrong(w.now(app, 0))) })
		w.present("/auth/2fa/verify", w.signIn(ada), w.now(app, 0)).want(http.StatusTooManyRequests, "rate_limited")
	})
}

// TestCVE_2026_82761_OneSignIn: a code without its handle, from many requests at once.
func TestCVE_2026_82761_OneSignIn(t *testing.T) {
	shared(t, auth.Config{SignUp: true}, func(t *testing.T, w *world) {
		_, code := w.code(ada)
		if won := w.race(func(int) answer { return w.verify(ada, "", code) }); won > 1 {
			t.Errorf("%d sign-ins by one code", won)
		}
	})
}

// TestCVE_2026_107276_MailCodeRace: a code that proves again who is signed in, from many requests at once.
func TestCVE_2026_107276_MailCodeRace(t *testing.T) {
	shared(t, auth.Config{}, func(t *testing.T, w *world) {
		token := w.signIn(ada)
		w.post("/auth/reauthenticate/options", "", key(token)).want(http.StatusOK, "")
		code := w.Inbox.Code(t, ada)
		w.once(func(int) answer { return w.present("/auth/reauthenticate", token, code) })
	})
}

// TestCVE_2026_32700_ReconfirmRace: while a change to a victim's address is asked for, the code of the attacker's own address is
// confirmed: no order of the two puts the victim's address on the attacker's account.
func TestCVE_2026_32700_ReconfirmRace(t *testing.T) {
	w := open(t, auth.Config{})
	token := w.signIn(eve)
	ask := func(to string) string {
		return w.post("/auth/me/identifiers", fmt.Sprintf(`{"email":%q}`, to), key(token)).want(http.StatusOK, "").text("challenge")
	}
	mine := ask("eve2@example.com")
	code := w.Inbox.Code(t, "eve2@example.com")
	victims := ask(ada)
	confirm := func(handle string) answer {
		return w.post("/auth/me/identifiers/verify", fmt.Sprintf(`{"code":%q,"challenge":%q}`, code, handle), key(token))
	}
	confirm(victims).want(http.StatusUnauthorized, "invalid_code")
	w.Faults.Inject(authtest.Fault{On: "users.SetIdentifier", Times: 1, Do: authtest.Pause, Before: func() { ask(ada) }})
	confirm(mine).want(http.StatusNoContent, "")
	if w.holds(ada) || !w.holds("eve2@example.com") {
		t.Error("the victim's address was confirmed")
	}
}

// TestAllauth_64_2_0_IDTokenReplay: an ID token that signed in once is presented in another flow.
func TestAllauth_64_2_0_IDTokenReplay(t *testing.T) {
	w := social(t, nil)
	var first string
	w.idp.Play(authtest.Trick{Token: func(_ *authtest.Provider, _ map[string]any, signed string) string {
		if first == "" {
			first = signed
		}
		return first
	}})
	w.browser().at("demo", adaThere).want(http.StatusOK, "")
	w.Events.Take()
	w.browser().at("demo", eveThere).want(http.StatusUnauthorized, "provider_refused")
	w.nobody()
}

// TestBetterAuth_11073_TouchRevivesNothing ends a session in the middle of its refresh: what the refresh writes revives nothing.
func TestBetterAuth_11073_TouchRevivesNothing(t *testing.T) {
	shared(t, auth.Config{}, func(t *testing.T, w *world) {
		for _, verb := range []string{"sessions.Load", "sessions.Rotate", "sessions.Revoke"} {
			token := w.signIn(ada)
			hit := false
			remove := w.Faults.Inject(authtest.Fault{On: verb, Times: 1, Do: authtest.Pause, Before: func() {
				if !hit { // what ends the session passes here too
					hit = true
					w.post("/auth/logout", "", key(token)).want(http.StatusNoContent, "")
				}
			}})
			a := w.post("/auth/refresh", "", key(token))
			remove()
			if w.live(token) || a.status == http.StatusOK && w.live(a.text("token")) {
				t.Errorf("the session lives after an end before %s", verb)
			}
			w.Clock.Advance(time.Second)
		}
	})
}

package catalogue

import (
	"context"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// TestLeave_WhoIsEndedMeanwhileIsNotRevived: a session that the host ends while it ends the others is over, also where its client leaves
// before that is put right (S-11).
func TestLeave_WhoIsEndedMeanwhileIsNotRevived(t *testing.T) {
	for when, do := range map[string]authtest.Effect{"after the call": authtest.Pause, "in the call": authtest.Lose} {
		t.Run(when, func(t *testing.T) {
			e := alone(t, auth.Config{})
			token, id := e.login(ada), e.account(ada)
			e.leaving(func() answer { return e.do(http.MethodDelete, "/auth/sessions", "", key(token)) }, func(leave func()) {
				e.Faults.Inject(authtest.Fault{On: "sessions.MoveEpoch", Times: 1, Do: do, After: leave, Before: func() {
					if err := e.EndSessions(t.Context(), id); err != nil {
						t.Error(err)
					}
				}})
			})
			if e.live(token) {
				t.Error("the session lives")
			}
		})
	}
}

// TestLeave_AWrongCodeIsCounted: whoever leaves once their guess is refused is counted like everybody else at their address.
func TestLeave_AWrongCodeIsCounted(t *testing.T) {
	e := alone(t, auth.Config{})
	e.account(ada)
	guess := func() answer {
		handle, code := e.code(ada)
		return e.verify(ada, handle, wrong(code))
	}
	e.Faults.Forget()
	guess().want(t, http.StatusUnauthorized, "invalid_code")
	calls := e.Faults.Calls()
	if last := calls[len(calls)-1]; last.Verb != "kv.Count" {
		t.Fatalf("calls %v", calls)
	}
	failures := calls[len(calls)-1].Key
	for range 20 { // more than an address may send
		e.leaving(guess, func(leave func()) {
			e.Faults.Inject(authtest.Fault{On: "locks.Swap", Times: 1, Do: authtest.Pause, After: leave})
		}).want(t, http.StatusUnauthorized, "invalid_code")
	}
	if n, _, err := e.Config.Store.KV().Count(t.Context(), failures, 0, 1); err != nil || n != 21 {
		t.Errorf("of 21 wrong codes %d are counted, %v", n, err)
	}
}

// TestLeave_KeepsNoPlace: as many clients leave in the middle of requests as are served at a time, and more than one with a forged token;
// afterwards nobody waits for a place of theirs.
func TestLeave_KeepsNoPlace(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // as few places as there can be
	e := alone(t, auth.Config{})
	const places = 128
	token := e.login(ada)
	list := func() answer { return e.get("/auth/sessions", token) }
	forged := func() answer {
		patient, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		return e.do(http.MethodGet, "/auth/sessions", "", key(token+"x"), func(r *http.Request) { *r = *r.WithContext(patient) })
	}
	e.Faults.Forget()
	list().want(t, http.StatusOK, "")
	calls := len(e.Faults.Calls())
	for i := range places {
		e.leaving(list, func(leave func()) {
			e.Faults.Inject(authtest.Fault{Times: 1 + i%(calls-1), Do: authtest.Pause}) // the first is made before there is a place
			e.Faults.Inject(authtest.Fault{Times: 1, Do: authtest.Pause, Before: leave})
		}).want(t, http.StatusServiceUnavailable, "unavailable")
	}
	for range 3 {
		e.gone(forged).want(t, http.StatusUnauthorized, "invalid_token")
		e.gone(list).want(t, http.StatusServiceUnavailable, "unavailable")
	}
	for range 2 {
		forged().want(t, http.StatusUnauthorized, "invalid_token")
	}
	list().want(t, http.StatusOK, "")
}

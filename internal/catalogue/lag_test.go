package catalogue

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/store"
)

// mirrorLag is short, so that the mirrors learn soon; the clock of the services stands still, so that none of them ever becomes stale
// by itself.
const mirrorLag = 300 * time.Millisecond

// only is the environment with one of its instances alone.
func (e *env) only(i int) *env {
	return &env{Server: e.Server, t: e.t, forge: e.forge, urls: e.urls[i : i+1], wall: e.wall}
}

// states is how often the store is asked about tokens.
func (e *env) states() int { return e.Faults.Count("sessions.State") }

// warm waits until every instance answers for the live token by its mirror, where it has one.
func (e *env) warm(token string) {
	e.t.Helper()
	if e.Config.RevocationLag == 0 {
		return
	}
	for i := range e.urls {
		one := e.only(i)
		e.soon("a mirror answers", func() bool {
			before := e.states()
			if !one.live(token) {
				e.t.Fatal("a live token is refused")
			}
			return e.states() == before
		})
	}
}

// soon waits for what happens in the background.
func (e *env) soon(what string, done func() bool) {
	e.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if done() {
			return
		}
	}
	e.t.Fatalf("%s: it does not happen; the log says %s", what, e.Logs())
}

// lagEnds are ways in which the program or a person ends a token at an instance.
var lagEnds = []struct {
	name string
	end  func(t *testing.T, e *env, token string)
}{
	{"logout", func(_ *testing.T, e *env, token string) { e.logout(token) }},
	{"the end of the session", func(t *testing.T, e *env, token string) {
		id := e.get("/auth/me", token).text("session_id")
		if a := e.do(http.MethodDelete, "/auth/sessions/"+id, "", key(token)); a.status != http.StatusNoContent {
			t.Fatalf("answers %d %s", a.status, a.body)
		}
	}},
	{"the end of all others", func(t *testing.T, e *env, _ string) {
		if a := e.do(http.MethodDelete, "/auth/sessions", "", key(e.login(ada))); a.status != http.StatusNoContent {
			t.Fatalf("answers %d %s", a.status, a.body)
		}
	}},
	{"EndSessions", func(t *testing.T, e *env, _ string) {
		if err := e.EndSessions(t.Context(), e.account(ada)); err != nil {
			t.Fatal(err)
		}
	}},
	{"EndEverything", func(t *testing.T, e *env, _ string) {
		if err := e.EndEverything(t.Context()); err != nil {
			t.Fatal(err)
		}
	}},
	{"the revocation of the API key", nil},
}

// endable is a live token and what ends it.
func endable(t *testing.T, e *env, n int) (token string, end func()) {
	t.Helper()
	w := lagEnds[n]
	token = e.login(ada)
	if w.end != nil {
		return token, func() { w.end(t, e, token) }
	}
	m := e.machineOf(token, "")
	owner := token
	return e.serviceOf(m), func() { e.revoke(owner, m) }
}

// TestWhatOneInstanceEndsTheOtherLearns: at the instance that ends a token it is refused at once, at the other as soon as that has
// asked for changes; neither asks the store about the token.
func TestWhatOneInstanceEndsTheOtherLearns(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			e := open(t, b, 2, auth.Config{RevocationLag: mirrorLag})
			first, second := e.only(0), e.only(1)
			for n, w := range lagEnds {
				t.Run(w.name, func(t *testing.T) {
					token, end := endable(t, first, n)
					e.warm(token)
					end()
					before := e.states()
					if first.live(token) {
						t.Error("the instance that ended it lets it in")
					}
					e.soon("the other instance learns", func() bool { return !second.live(token) })
					if asked := e.states() - before; asked != 0 {
						t.Errorf("the store is asked %d times", asked)
					}
				})
			}
		})
	}
}

// TestWhatNoMirrorLearnsHoldsWhenTheLagIsOver: the feed is down, so the store decides.
func TestWhatNoMirrorLearnsHoldsWhenTheLagIsOver(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			e := open(t, b, 2, auth.Config{RevocationLag: mirrorLag})
			first, second := e.only(0), e.only(1)
			for n, w := range lagEnds {
				t.Run(w.name, func(t *testing.T) {
					token, end := endable(t, first, n)
					e.warm(token)
					heal := e.Faults.Inject(authtest.Fault{On: "sessions.Changes"})
					defer heal()
					end()
					if first.live(token) {
						t.Error("the instance that ended it lets it in")
					}
					e.Clock.Advance(mirrorLag)
					if second.live(token) {
						t.Error("the other lets it in when the lag is over")
					}
					down := e.Faults.Inject(authtest.Fault{On: "sessions.State"})
					defer down()
					for i := range e.urls {
						if a := e.only(i).get("/app", token); a.status != http.StatusServiceUnavailable {
							t.Errorf("instance %d answers %d while neither feed nor store can be asked", i, a.status)
						}
					}
				})
			}
		})
	}
}

// TestMirrorsOfAStoreThatGoes cuts the network and brings the server back empty: nobody whose token was ended is let in, and then nobody
// who signed in before.
func TestMirrorsOfAStoreThatGoes(t *testing.T) {
	for _, n := range networks(t) {
		t.Run(n.name, func(t *testing.T) { mirrorsOfAStoreThatGoes(t, n) })
	}
}

func mirrorsOfAStoreThatGoes(t *testing.T, n network) {
	var far store.Store
	var wipe func(context.Context) error
	e := open(t, backend{name: n.name, wall: n.wall, open: func(_ *testing.T, c *auth.Config) {
		_, far, wipe = n.store(5 * time.Second)
		c.Store = far
	}}, 2, auth.Config{RevocationLag: mirrorLag})
	first := e.only(0)
	live, out := e.login(ada), e.login(ada)
	first.logout(out)
	e.warm(live)
	refused := func(why string, status int, tokens ...string) {
		t.Helper()
		var wg sync.WaitGroup
		for i := range e.urls {
			for _, token := range tokens {
				wg.Go(func() {
					if a := e.only(i).get("/app", token); a.status != status {
						t.Errorf("%s: instance %d answers %d", why, i, a.status)
					}
				})
			}
		}
		wg.Wait()
	}
	e.soon("the mirrors know of the logout", func() bool { return !e.only(1).live(out) })
	n.proxy.Cut()
	refused("the server is gone", http.StatusUnauthorized, out)
	refused("the server is gone, and the lag is not over", http.StatusOK, live)
	if a := first.do(http.MethodPost, "/auth/logout", "", key(live)); a.status != http.StatusServiceUnavailable {
		t.Errorf("a logout that nobody learns of answers %d", a.status)
	}
	e.Clock.Advance(mirrorLag)
	refused("the lag is over", http.StatusServiceUnavailable, live, out)

	if err := wipe(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.proxy.Restore()
	reached(t, far)
	e.soon("the server is found", func() bool { return first.get("/app", live).status != http.StatusServiceUnavailable })
	e.soon("by the other", func() bool { return e.only(1).get("/app", live).status != http.StatusServiceUnavailable })
	refused("the server lost everything", http.StatusUnauthorized, live, out)
	fresh := e.login(bob)
	e.warm(fresh)
	before := e.states()
	refused("somebody signed in again", http.StatusUnauthorized, live, out)
	refused("who has just signed in", http.StatusOK, fresh)
	if asked := e.states() - before; asked != 0 {
		t.Errorf("the store is asked %d times", asked)
	}
	// Emptied and begun anew between two questions, which the floor alone tells.
	if err := wipe(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.Clock.Advance(time.Millisecond) // or the new floor would be the old one, since the clock stands still
	again := e.login(bob)
	for i := range e.urls {
		e.soon(fmt.Sprint("instance ", i, " learns"), func() bool { return !e.only(i).live(fresh) })
	}
	refused("before the second loss", http.StatusUnauthorized, live, out, fresh)
	refused("after it", http.StatusOK, again)
}

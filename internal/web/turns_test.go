package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/turns"
	"github.com/crafteasy/auth/jwt"
)

// crowded is a mounting for one request at a time, with a route that stays under way until it may end, and what it was asked.
func crowded(t *testing.T, under func(w http.ResponseWriter, r *http.Request)) (h http.Handler, limited, served *int) {
	t.Helper()
	limited, served = new(int), new(int)
	m := mounting()
	m.Turns = turns.New(1, errors.New("full"))
	m.Limit = func(*http.Request) error { *limited++; return nil }
	h = mounted(t, m,
		Route{Method: "POST", Pattern: "/slow", Demand: Public, Endpoint: Empty(func(w http.ResponseWriter, r *http.Request) error {
			under(w, r)
			return nil
		})},
		Route{Method: "POST", Pattern: "/quick", Demand: Public, Endpoint: Empty(func(w http.ResponseWriter, r *http.Request) error {
			*served++
			return ok(w, r)
		})},
	)
	return h, limited, served
}

// TestTurns: a request that finds no turn is refused before anything was counted or done for it, and what refused it lasts no longer than
// the requests before it.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := make(chan struct{})
		h, limited, served := crowded(t, func(http.ResponseWriter, *http.Request) { <-end })
		var all sync.WaitGroup
		all.Go(func() { ask(h, "POST", "/auth/slow") })
		synctest.Wait()
		*limited = 0
		w := ask(h, "POST", "/auth/quick")
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("without a turn the answer is %d %v", w.Code, w.Header())
		}
		if *limited != 0 || *served != 0 {
			t.Errorf("it was counted %d times and served %d times", *limited, *served)
		}
		all.Go(func() {
			if w := ask(h, "POST", "/auth/quick"); w.Code != http.StatusNoContent {
				t.Errorf("when a turn became free the answer is %d", w.Code)
			}
		})
		synctest.Wait()
		close(end)
		all.Wait()
	})
}

// TestTurns_StrangersHoldNone: whoever makes a request wait, for a server of his own or for his own reading, keeps nobody out.
func TestTurns_StrangersHoldNone(t *testing.T) {
	for name, wait := range map[string]func(w http.ResponseWriter, r *http.Request, held <-chan struct{}){
		"somebody else's server": func(_ http.ResponseWriter, r *http.Request, held <-chan struct{}) {
			turns.GiveBack(r.Context())
			<-held
		},
		"a client that does not read": func(w http.ResponseWriter, _ *http.Request, held <-chan struct{}) {
			_, _ = w.Write([]byte("the beginning"))
			<-held
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				held := make(chan struct{})
				h, _, served := crowded(t, func(w http.ResponseWriter, r *http.Request) { wait(w, r, held) })
				var all sync.WaitGroup
				for range 3 {
					all.Go(func() { ask(h, "POST", "/auth/slow") })
				}
				synctest.Wait()
				if w := ask(h, "POST", "/auth/quick"); w.Code != http.StatusNoContent || *served != 1 {
					t.Errorf("the next one is answered with %d", w.Code)
				}
				close(held)
				all.Wait()
			})
		})
	}
}

// TestTurns_JudgedAgain: whoever was thrown out while they waited for their turn is refused.
func TestTurns_JudgedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, end := mounting(), make(chan struct{})
		m.Turns = turns.New(1, errors.New("full"))
		thrownOut := false
		m.Alive = func(context.Context, *jwt.TokenPayload) error {
			if thrownOut {
				return problem.ErrInvalidToken
			}
			return nil
		}
		h := mounted(t, m,
			Route{Method: "POST", Pattern: "/slow", Demand: Public, Endpoint: Empty(func(http.ResponseWriter, *http.Request) error {
				<-end
				return nil
			})},
			Route{Method: "DELETE", Pattern: "/mine", Demand: User, Endpoint: NoBody(ok)},
		)
		var all sync.WaitGroup
		all.Go(func() { ask(h, "POST", "/auth/slow") })
		synctest.Wait()
		all.Go(func() {
			if w := ask(h, "DELETE", "/auth/mine"); w.Code != http.StatusUnauthorized {
				t.Errorf("who was thrown out meanwhile is answered with %d", w.Code)
			}
		})
		synctest.Wait()
		thrownOut = true
		close(end)
		all.Wait()
	})
}

// TestTurns_APanicEndsOne: a request that panics keeps no turn.
func TestTurns_APanicEndsOne(t *testing.T) {
	h, _, served := crowded(t, func(http.ResponseWriter, *http.Request) { panic("once") })
	for range 3 {
		ask(h, "POST", "/auth/slow")
	}
	if w := ask(h, "POST", "/auth/quick"); w.Code != http.StatusNoContent || *served != 1 {
		t.Errorf("the next one is answered with %d", w.Code)
	}
}

// TestTheControllerReachesTheWriter: deadlines are set through what gives turns back.
func TestTheControllerReachesTheWriter(t *testing.T) {
	w := httptest.NewRecorder()
	if err := http.NewResponseController(answer{w, nil}).Flush(); err != nil || !w.Flushed {
		t.Errorf("flushed %t: %v", w.Flushed, err)
	}
}

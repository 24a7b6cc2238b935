package session_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/session"
)

// TestRefreshRace refreshes one token a hundred times at once on two instances: it is replaced once, and everybody gets the same
// successor.
func TestRefreshRace(t *testing.T) {
	g := open(t, session.Options{})
	instances := []*session.Service{g.Service, g.instance()}
	token := g.signIn()
	var mu sync.Mutex
	successors := map[string]int{}
	var racers sync.WaitGroup
	start := make(chan struct{})
	for i := range 100 {
		racers.Go(func() {
			<-start
			next, err := swap(t.Context(), instances[i%2], token)
			if err != nil {
				t.Error(err, errors.Unwrap(err))
			}
			mu.Lock()
			defer mu.Unlock()
			successors[next]++
		})
	}
	close(start)
	racers.Wait()
	if len(successors) != 1 {
		t.Fatalf("%d different successors", len(successors))
	}
	replaced := 0
	for _, e := range g.events.Named("session.refresh") {
		if e.Reason == "" {
			replaced++
		}
	}
	if replaced != 1 || len(g.events.Named("session.refresh")) != 100 {
		t.Errorf("the token was replaced %d times in %d events", replaced, len(g.events.Named("session.refresh")))
	}
	for next := range successors {
		if !g.live(next) || !g.live(token) {
			t.Error("a token is dead")
		}
	}
}

// TestGrace looks at a replaced token about the end of the grace, which is exclusive.
func TestGrace(t *testing.T) {
	for _, tt := range []struct {
		name  string
		after time.Duration
		good  bool
	}{
		{"at once", 0, true},
		{"a millisecond before its end", session.Grace - time.Millisecond, true},
		{"at its end", session.Grace, false},
		{"a millisecond later", session.Grace + time.Millisecond, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := open(t, session.Options{})
			old := g.signIn()
			next, err := swap(t.Context(), g.Service, old)
			if err != nil {
				t.Fatal(err)
			}
			g.clock.Advance(tt.after)
			if g.live(old) != tt.good || !g.live(next) {
				t.Errorf("old is live: %v, new: %v", g.live(old), g.live(next))
			}
			again, err := swap(t.Context(), g.instance(), old)
			if (err == nil) != tt.good || (tt.good && again != next) {
				t.Errorf("refreshed again: %v, the same: %v", err, again == next)
			}
			if g.live(next) != tt.good || (len(g.events.Named("session.reuse_detected")) == 1) == tt.good {
				t.Errorf("the successor is live: %v; events %v", g.live(next), g.events.Named("session.reuse_detected"))
			}
		})
	}
}

// TestReplacedTwiceWithinTheGrace: a tab that still holds the first token when another has refreshed twice is no thief.
func TestReplacedTwiceWithinTheGrace(t *testing.T) {
	g := open(t, session.Options{})
	first := g.signIn()
	second, err := swap(t.Context(), g.Service, first)
	if err != nil {
		t.Fatal(err)
	}
	g.clock.Advance(time.Second)
	third, err := swap(t.Context(), g.Service, second)
	if err != nil {
		t.Fatal(err)
	}
	if next, err := swap(t.Context(), g.Service, first); err != nil || next != third {
		t.Errorf("the first token is swapped for the current one: %v, %v", next == third, err)
	}
	g.clock.Advance(session.Grace - time.Second) // the first one's grace is over, the second one's is not
	if next, err := swap(t.Context(), g.Service, second); err != nil || next != third {
		t.Errorf("the second token: %v, %v", next == third, err)
	}
	g.dead(t, "the first token after its grace", first)
	g.dead(t, "the session after the reuse", third)
}

// TestSuccessor compares what a token and its successor say.
func TestSuccessor(t *testing.T) {
	g := open(t, session.Options{})
	old := g.signIn()
	before := g.payload(old)
	g.clock.Advance(20 * time.Minute)
	u := g.ada
	u.Name, u.TenantID = "Ada", "other"
	if err := g.memory.PutUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	next, err := swap(t.Context(), g.Service, old)
	if err != nil {
		t.Fatal(err)
	}
	after := g.payload(next)
	if after.SessionID != before.SessionID || !after.AuthTime.Equal(before.AuthTime) || after.Epoch != before.Epoch || after.OriginApp != "web" ||
		after.Methods[0] != "email_otp" || after.Extra["auth_method"] != "email_otp" {
		t.Errorf("the session is another: %+v and %+v", before, after)
	}
	if after.TokenID == before.TokenID || !after.IssuedAt.Equal(g.clock.Now()) {
		t.Errorf("the token is the same: %+v", after)
	}
	if after.UserName != "Ada" || after.TenantID != "other" {
		t.Errorf("the account is not read again: %+v", after)
	}
}

// TestCrashWhileRefreshing ends the process between the steps of a refresh. The end of the old token is written first: what is not
// finished within the grace refuses.
func TestCrashWhileRefreshing(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault authtest.Fault
		// same says that the successor had been stored.
		same bool
	}{
		{"before the end of the old token is written", authtest.Fault{On: "sessions.Revoke", Times: 1}, false},
		{"after it", authtest.Fault{On: "sessions.Revoke", Do: authtest.FailAfter, Times: 1}, false},
		{"before the successor is written", authtest.Fault{On: "sessions.Rotate", Times: 1}, false},
		{"after it", authtest.Fault{On: "sessions.Rotate", Do: authtest.FailAfter, Times: 1}, true},
		{"before the session is read", authtest.Fault{On: "sessions.Load", Times: 1}, false},
		{"before the account is read", authtest.Fault{On: "users.ByID", Times: 1}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			crash := func(t *testing.T) (*gate, string) {
				t.Helper()
				g := open(t, session.Options{})
				token := g.signIn()
				g.faults.Inject(tt.fault)
				if next, err := swap(t.Context(), g.Service, token); !errors.Is(err, problem.ErrUnavailable) || next != "" {
					t.Fatalf("answers %q, %v", next, err)
				}
				return g, token
			}
			t.Run("tried again within the grace", func(t *testing.T) {
				g, token := crash(t)
				g.clock.Advance(session.Grace - time.Second)
				next, err := swap(t.Context(), g.Service, token)
				if err != nil || !g.live(next) {
					t.Fatal(err)
				}
				g.clock.Advance(session.Grace)
				if g.live(token) {
					t.Error("the old token outlives its grace")
				}
			})
			t.Run("never tried again", func(t *testing.T) {
				g, token := crash(t)
				g.clock.Advance(session.Grace)
				revoked := tt.fault.On == "sessions.Rotate" || tt.fault.Do == authtest.FailAfter
				if g.live(token) == revoked {
					t.Errorf("after the grace the old token is live: %v", g.live(token))
				}
				if revoked {
					g.dead(t, "the old token", token)
				}
			})
		})
	}
}

// TestRefreshRefuses fails each step for good: unavailable, never a token.
func TestRefreshRefuses(t *testing.T) {
	for _, f := range []authtest.Fault{
		{On: "sessions.Load"},
		{On: "sessions.Load", Do: authtest.FailAfter},
		{On: "users.ByID"},
		{On: "users.ByID", Do: authtest.FailAfter},
		{On: "sessions.Revoke"},
		{On: "sessions.Revoke", Do: authtest.FailAfter},
		{On: "sessions.Rotate"},
	} {
		t.Run(fmt.Sprintf("%s, effect %d", f.On, f.Do), func(t *testing.T) {
			g := open(t, session.Options{})
			token := g.signIn()
			g.faults.Inject(f)
			for range 3 {
				if next, err := swap(t.Context(), g.Service, token); next != "" || !errors.Is(err, problem.ErrUnavailable) {
					t.Errorf("answers %q, %v", next, err)
				}
			}
		})
	}
	t.Run("a store that lies about the session", func(t *testing.T) {
		g := open(t, session.Options{})
		token := g.signIn()
		g.faults.Inject(authtest.Fault{On: "sessions.Load", Do: authtest.Garbage})
		if next, err := swap(t.Context(), g.Service, token); next != "" || err == nil {
			t.Errorf("answers %q, %v", next, err)
		}
	})
}

// TestEndedIsNotRefreshed: the end of a token's life is the idle time-out, and no leeway prolongs it.
func TestEndedIsNotRefreshed(t *testing.T) {
	for _, tt := range []struct {
		name  string
		after time.Duration
		good  bool
	}{
		{"a second before its end", 30*time.Minute - time.Second, true},
		{"at its end", 30 * time.Minute, false},
		{"within the leeway", 30*time.Minute + 29*time.Second, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := open(t, session.Options{})
			token := g.signIn()
			g.clock.Advance(tt.after)
			if _, err := swap(t.Context(), g.Service, token); (err == nil) != tt.good {
				t.Errorf("answers %v", err)
			}
		})
	}
}

// TestLoserGetsTheWinnersToken lets another instance refresh between any two steps: whoever loses answers the winner's successor, and
// nothing that was not stored.
func TestLoserGetsTheWinnersToken(t *testing.T) {
	for _, at := range []string{"sessions.Load", "users.ByID", "sessions.Revoke", "sessions.Rotate"} {
		t.Run("before "+at, func(t *testing.T) {
			g := open(t, session.Options{})
			token := g.signIn()
			other := g.instance()
			var winner string
			var won error
			g.faults.Inject(authtest.Fault{On: at, Times: 1, Do: authtest.Pause, Before: func() { winner, won = swap(t.Context(), other, token) }})
			loser, err := swap(t.Context(), g.Service, token)
			if err != nil || won != nil || loser != winner {
				t.Errorf("the same: %v; %v, %v", loser == winner, err, won)
			}
		})
	}
}

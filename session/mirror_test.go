package session_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/session"
)

const lag = 3 * time.Second

// fakeFeed answers what a test puts into it.
type fakeFeed struct {
	pages []session.Changes
	err   error
	// during runs while a question is on its way.
	during func()
	asked  []session.Cursor
}

func (f *fakeFeed) Changes(_ context.Context, after session.Cursor) (session.Changes, error) {
	f.asked = append(f.asked, after)
	if f.during != nil {
		f.during()
	}
	if f.err != nil {
		return session.Changes{}, f.err
	}
	if len(f.pages) == 0 {
		return session.Changes{Floor: 1, Whole: true, Next: after}, nil
	}
	c := f.pages[0]
	f.pages = f.pages[1:]
	return c, nil
}

// glass is a mirror of a fake feed, with everything about it in the test's hands.
type glass struct {
	session.Mirror

	t     *testing.T
	feed  *fakeFeed
	clock *authtest.Clock
	log   strings.Builder
}

func mirrored(t *testing.T) *glass {
	t.Helper()
	g := &glass{t: t, feed: &fakeFeed{}, clock: authtest.NewClock(time.Now())}
	g.Mirror = session.NewMirror(g.feed, lag, g.clock.Now, slog.New(slog.NewTextHandler(&g.log, nil)))
	return g
}

// poll lets the feed answer these pages.
func (g *glass) poll(pages ...session.Changes) {
	g.t.Helper()
	g.feed.pages = pages
	g.Poll(g.t.Context())
}

// whole is a page that is the whole feed.
func whole(revoked ...session.Revocation) session.Changes {
	return session.Changes{Floor: 1, Whole: true, Next: "next", Revoked: revoked}
}

func (g *glass) endOf(session string) session.Revocation {
	return revocation(session, g.clock.Now().Truncate(time.Millisecond).UTC())
}

func revocation(id string, at time.Time) session.Revocation {
	return session.Revocation{UserID: "ada", SessionID: id, At: at, Until: at.Add(time.Hour)}
}

func (g *glass) wantKnown(rule string, want bool) {
	g.t.Helper()
	if _, ok := g.State("ada", "s", "t"); ok != want {
		g.t.Errorf("%s: the mirror answers: %v", rule, ok)
	}
}

func (g *glass) wantEnded(id string, want bool) {
	g.t.Helper()
	st, ok := g.State("ada", id, "t")
	if !ok || st.SessionEnd.IsZero() == want {
		g.t.Errorf("session %s: %+v, answered: %v", id, st, ok)
	}
}

// TestWhenAMirrorIsTrusted: it answers from the end of a whole question to the lag after its beginning, and never else.
func TestWhenAMirrorIsTrusted(t *testing.T) {
	for _, c := range []struct {
		rule string
		do   func(g *glass)
		want bool
	}{
		{"before the first question", func(*glass) {}, false},
		{"after the first question", func(g *glass) { g.poll(whole()) }, true},
		{"just before the lag is over", func(g *glass) { g.poll(whole()); g.clock.Advance(lag - 1) }, true},
		{"when the lag is over", func(g *glass) { g.poll(whole()); g.clock.Advance(lag) }, false},
		{"the lag begins with the question, not with the answer", func(g *glass) {
			g.feed.during = func() { g.clock.Advance(2 * time.Second) }
			g.poll(whole())
			g.clock.Advance(time.Second)
		}, false},
		{"a question that fails does not refresh", func(g *glass) {
			g.poll(whole())
			g.clock.Advance(2 * time.Second)
			g.feed.err = errors.New("down")
			g.poll()
			g.clock.Advance(time.Second)
		}, false},
		{"a question that fails takes nothing away", func(g *glass) {
			g.poll(whole())
			g.feed.err = errors.New("down")
			g.poll()
		}, true},
		{"a feed that is not whole", func(g *glass) { g.poll(session.Changes{Floor: 1}) }, false},
		{"a feed that has become whole", func(g *glass) { g.poll(session.Changes{Floor: 1}); g.poll(whole()) }, true},
		{"a store without a floor", func(g *glass) { g.poll(session.Changes{Floor: session.Emptied, Whole: true}) }, false},
		{"a store that was emptied", func(g *glass) {
			g.poll(whole())
			g.poll(session.Changes{Floor: session.Emptied, Whole: true, Restart: true})
		}, false},
		{"a store that has a floor again", func(g *glass) {
			g.poll(session.Changes{Floor: session.Emptied, Whole: true})
			g.poll(whole())
		}, true},
		{"a page that is not the last", func(g *glass) {
			g.feed.during = func() {
				if len(g.feed.asked) == 2 {
					g.feed.err = errors.New("down")
				}
			}
			g.poll(session.Changes{Floor: 1, Whole: true, More: true})
		}, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			g := mirrored(t)
			c.do(g)
			g.wantKnown(c.rule, c.want)
		})
	}
}

// TestBothClocksMustAgree: the clock that only runs forward stands still while a machine sleeps, and the one on the wall can be set back.
func TestBothClocksMustAgree(t *testing.T) {
	g := mirrored(t)
	g.poll(whole())
	now := g.clock.Now()
	for _, c := range []struct {
		rule    string
		running time.Duration
		wall    time.Time
		want    bool
	}{
		{"both say that the lag is not over", lag - 1, now.Add(lag - 1), true},
		{"the machine slept", 0, now.Add(lag), false},
		{"the clock was set back", lag, now.Add(-time.Hour), false},
	} {
		if got := g.Good(c.running, c.wall); got != c.want {
			t.Errorf("%s: %v", c.rule, got)
		}
	}
}

// TestAMirrorJoinsWhatItIsTold: in any order, any number of times.
func TestAMirrorJoinsWhatItIsTold(t *testing.T) {
	g := mirrored(t)
	at := g.clock.Now().Truncate(time.Millisecond).UTC()
	early, late := revocation("s", at), revocation("s", at.Add(time.Second))
	early.Until = late.Until.Add(-time.Minute)
	token := session.Revocation{UserID: "ada", TokenID: "t", At: at.Add(2 * time.Second), Until: at.Add(time.Hour)}
	for _, order := range [][]session.Revocation{{late, early, token}, {early, late}, {late, token, late}} {
		g.poll(whole(order...))
	}
	g.poll(session.Changes{Floor: 7, Whole: true, Moved: []session.Move{{"ada", 7, "seven"}, {"ada", 9, "nine"}, {"ada", 8, "eight"}, {"bob", 3, ""}}})
	want := session.State{Floor: 7, Epoch: 9, Except: "nine", SessionEnd: at, TokenEnd: at.Add(2 * time.Second)}
	if st, ok := g.State("ada", "s", "t"); !ok || st != want {
		t.Errorf("the mirror answers %+v, want %+v", st, want)
	}
	if st, _ := g.State("ada", "t", "s"); !st.SessionEnd.IsZero() || !st.TokenEnd.IsZero() {
		t.Errorf("a session and a token of one name are one: %+v", st)
	}
	if st, _ := g.State("bob", "s", "t"); st != (session.State{Floor: 7, Epoch: 3}) {
		t.Errorf("another user's: %+v", st)
	}
	// The later Until holds: after the earlier one it is still there.
	g.clock.Advance(59*time.Minute + 30*time.Second)
	g.Sweep(g.clock.Now())
	g.poll(whole())
	g.wantEnded("s", true)
}

// TestAGapVoidsWhatWasRead: after it the feed's beginning is the whole, and what this instance has ended since.
func TestAGapVoidsWhatWasRead(t *testing.T) {
	g := mirrored(t)
	local := g.Before(accepting{})
	restart := func(more bool, revoked ...session.Revocation) session.Changes {
		c := whole(revoked...)
		c.Restart, c.More = true, more
		c.Moved = []session.Move{{"bob", 5, ""}}
		return c
	}
	g.poll(session.Changes{Floor: 1, Whole: true, Revoked: []session.Revocation{g.endOf("lost"), g.endOf("kept")}, Moved: []session.Move{{"ada", 9, ""}, {"bob", 9, ""}}})
	g.feed.during = func() {
		g.feed.during = nil
		must(t, local.Revoke(t.Context(), g.endOf("own")))
	}
	later := g.endOf("kept")
	later.At = later.At.Add(time.Second)
	g.poll(restart(true, later), whole(g.endOf("next")))
	for id, want := range map[string]bool{"lost": false, "kept": true, "next": true, "own": true} {
		g.wantEnded(id, want)
	}
	if st, _ := g.State("ada", "kept", ""); !st.SessionEnd.Equal(later.At) || st.Epoch != 0 {
		t.Errorf("a void end is joined with what the beginning says: %+v", st)
	}
	if st, _ := g.State("bob", "", ""); st.Epoch != 5 {
		t.Errorf("a void epoch holds against what the beginning says: %+v", st)
	}
	// A beginning that breaks off goes on where it stopped, and voids nothing before its end.
	calls := 0
	g.feed.during = func() {
		if calls++; calls == 2 {
			g.feed.err = errors.New("down")
		}
	}
	g.poll(restart(true, g.endOf("half")))
	g.wantEnded("own", true)
	g.feed.err = nil
	g.poll(whole())
	for id, want := range map[string]bool{"own": false, "half": true, "kept": false} {
		g.wantEnded(id, want)
	}
}

// accepting is a store that does whatever it is asked.
type accepting struct{ session.Store }

func (accepting) Revoke(context.Context, session.Revocation) error { return nil }

func (accepting) MoveEpoch(_ context.Context, _, _ string, now int64) (int64, error) { return now, nil }

func (accepting) MoveFloor(_ context.Context, now int64) (int64, error) { return now, nil }

// refusing is one whose verbs fail.
type refusing struct{ session.Store }

func (refusing) Revoke(context.Context, session.Revocation) error { return errors.New("down") }

func (refusing) MoveEpoch(context.Context, string, string, int64) (int64, error) {
	return 9, errors.New("down")
}

func (refusing) MoveFloor(context.Context, int64) (int64, error) { return 9, errors.New("down") }

// TestAMirrorFollowsItsOwnInstanceAtOnce: what the store accepted is known before the verb is answered, whatever question is on its
// way meanwhile; what it did not accept is not.
func TestAMirrorFollowsItsOwnInstanceAtOnce(t *testing.T) {
	g := mirrored(t)
	verbs := func(s session.Store) {
		_ = s.Revoke(t.Context(), g.endOf("s"))
		_, _ = s.MoveEpoch(t.Context(), "ada", "spared", 5)
		_, _ = s.MoveFloor(t.Context(), 4)
	}
	g.poll(whole())
	verbs(g.Before(refusing{}))
	if st, ok := g.State("ada", "s", "t"); !ok || st != (session.State{Floor: 1}) {
		t.Errorf("the mirror believes what the store refused: %+v", st)
	}
	// The question was asked before, and its answer does not know.
	g.feed.during = func() { verbs(g.Before(accepting{})) }
	g.poll(whole())
	if st, ok := g.State("ada", "s", "t"); !ok || st.Floor != 4 || st.Epoch != 5 || st.Except != "spared" || st.SessionEnd.IsZero() {
		t.Errorf("the mirror has forgotten what was ended here: %+v", st)
	}
	// From the next question on the floor is what the store says: a backup may have brought back a lower one.
	g.feed.during = nil
	g.poll(session.Changes{Floor: 2, Whole: true, Restart: true})
	if st, _ := g.State("ada", "s", "t"); st.Floor != 2 {
		t.Errorf("the floor is %d", st.Floor)
	}
}

// TestAMirrorForgetsWhatIsOver bounds its memory by the lives of tokens.
func TestAMirrorForgetsWhatIsOver(t *testing.T) {
	g := mirrored(t)
	many := whole()
	for i := range 5000 {
		r := g.endOf(strings.Repeat("x", i%50) + time.Duration(i).String())
		r.Until = g.clock.Now().Add(time.Duration(i) * time.Second)
		many.Revoked = append(many.Revoked, r)
		many.Moved = append(many.Moved, session.Move{UserID: r.SessionID, Epoch: 1})
	}
	g.poll(many)
	held, room := g.Len()
	if held != 10_000 {
		t.Fatalf("%d held", held)
	}
	g.clock.Advance(2500 * time.Second)
	g.poll(whole())
	if held, _ := g.Len(); held != 7499 {
		t.Errorf("%d held, half of the revocations over", held)
	}
	g.clock.Advance(session.ChangeLife)
	g.poll(whole())
	if held, less := g.Len(); held != 0 || less >= room {
		t.Errorf("%d held in room for %d, which was %d", held, less, room)
	}
}

// TestAMirrorSaysOnceThatItIsBehind, and once that it is not.
func TestAMirrorSaysOnceThatItIsBehind(t *testing.T) {
	g := mirrored(t)
	for range 2 {
		g.poll(whole())
		g.feed.err = errors.New("down: connection refused")
		for range 9 {
			g.poll()
			g.clock.Advance(lag / 3)
		}
		g.feed.err = nil
		g.poll(whole())
		g.poll(whole())
	}
	if n := strings.Count(g.log.String(), "is behind"); n != 2 {
		t.Errorf("%d times behind", n)
	}
	if n := strings.Count(g.log.String(), "good again"); n != 2 || !strings.Contains(g.log.String(), "connection refused") {
		t.Errorf("%d times good again: %s", n, g.log.String())
	}
}

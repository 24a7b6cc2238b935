package session

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/crafteasy/auth/jwt"
)

// The bounds of [Options.RevocationLag].
const (
	ShortestLag = 100 * time.Millisecond
	LongestLag  = time.Minute
)

const (
	// asksPerLag is how often the feed is asked while the last answer is good: one question may fail or be slow.
	asksPerLag = 3
	// patience bounds one question.
	patience = 5 * time.Second
	// sweepEvery is how often what has ended is dropped.
	sweepEvery = time.Minute
)

var errNotWhole = errors.New("session: the store has not told of everything that matters yet")

// mirror knows what a store knows against the tokens that are alive, from its feed, and answers for it as long as the last question
// is younger than the lag. Past that it answers nothing, and the store itself is asked.
type mirror struct {
	feed Feed
	lag  time.Duration
	now  func() time.Time
	log  *slog.Logger

	known *entries
	floor atomic.Int64
	// Until when the answer is good, by the clock that only runs forward, in nanoseconds since base, and by the clock on the wall. The
	// first does not run while the machine sleeps, the second can be set back: both must agree.
	base          time.Time
	running, wall atomic.Int64

	polling sync.Mutex // guards what follows
	cursor  Cursor
	swept   time.Time
	behind  bool
	// voided is the pass of the restart that is not read to its end, or 0.
	voided uint64

	local      sync.Mutex // guards floorMoved, and floor for writing
	floorMoved uint64     // the pass in which this instance moved the floor

	stop context.CancelFunc
	done chan struct{}
}

func newMirror(feed Feed, lag time.Duration, now func() time.Time, log *slog.Logger) *mirror {
	m := &mirror{feed: feed, lag: lag, now: now, log: log, known: newEntries(), base: now(), swept: now(), done: make(chan struct{})}
	m.floor.Store(Emptied)
	return m
}

// start starts the one goroutine that asks the feed. [mirror.close] ends it.
func (m *mirror) start() {
	var ctx context.Context
	ctx, m.stop = context.WithCancel(context.Background())
	go m.run(ctx)
}

// run asks the feed until ctx ends.
func (m *mirror) run(ctx context.Context) {
	defer close(m.done)
	tick := time.NewTicker(m.lag / asksPerLag)
	defer tick.Stop()
	for {
		m.poll(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// close ends the goroutine. What is mirrored is good until its lag is over.
func (m *mirror) close(ctx context.Context) error {
	m.stop()
	select {
	case <-m.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// state answers what is known against a token, or false where the mirror does not know: the store must be asked then. A store
// without a floor is asked too, since whoever signs in next sets one.
func (m *mirror) state(p *jwt.TokenPayload, who *traits, now time.Time) (State, bool) {
	if !m.fresh(now) {
		return State{}, false
	}
	st := State{Floor: m.floor.Load()}
	if st.Floor == Emptied {
		return State{}, false
	}
	m.known.against(&st, p, who)
	return st, true
}

func (m *mirror) fresh(now time.Time) bool { return m.good(now.Sub(m.base), now.UnixNano()) }

// good compares both clocks.
func (m *mirror) good(running time.Duration, wall int64) bool {
	return int64(running) < m.running.Load() && wall < m.wall.Load()
}

// trust says that everything is known that was ended before began.
func (m *mirror) trust(began time.Time) {
	until := began.Add(m.lag)
	m.running.Store(int64(until.Sub(m.base)))
	m.wall.Store(until.UnixNano())
}

// poll asks the feed for all there is, and says once when the mirror falls behind and once when it is good again.
func (m *mirror) poll(ctx context.Context) {
	m.polling.Lock()
	defer m.polling.Unlock()
	began := m.now()
	err := m.catchUp(ctx)
	if err == nil {
		m.trust(began)
	}
	if now := m.now(); now.Sub(m.swept) >= sweepEvery {
		m.known.sweep(now)
		m.swept = now
	}
	switch fresh := m.fresh(m.now()); {
	case fresh && m.behind:
		m.behind = false
		m.log.InfoContext(ctx, "the mirror of revocations is good again")
	case !fresh && !m.behind && ctx.Err() == nil:
		m.behind = true
		cause := "the answer took longer than the lag"
		if err != nil {
			cause = err.Error()
		}
		m.log.WarnContext(ctx, "the mirror of revocations is behind: every request asks the store", "cause", cause)
	}
}

// catchUp reads the feed to its end. What was read of it before a failure stays read.
func (m *mirror) catchUp(ctx context.Context) error {
	for {
		pass := m.known.begin()
		c, err := m.ask(ctx)
		if err != nil {
			return err
		}
		if c.Restart {
			m.known.restart(pass)
			m.voided = pass
		}
		for _, r := range c.Revoked {
			m.known.revoke(r)
		}
		now := m.now()
		for _, moved := range c.Moved {
			m.known.move(moved, now)
		}
		m.cursor = c.Next
		if c.More {
			continue
		}
		if m.voided > 0 {
			m.known.sweep(now)
			m.voided = 0
		}
		m.found(c.Floor, pass)
		if !c.Whole {
			return errNotWhole
		}
		return nil
	}
}

func (m *mirror) ask(ctx context.Context) (Changes, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return m.feed.Changes(ctx, m.cursor)
}

// found takes over the floor as the feed tells it, unless this instance has moved it further since the question.
func (m *mirror) found(floor int64, pass uint64) {
	m.local.Lock()
	defer m.local.Unlock()
	if m.floorMoved >= pass {
		floor = max(floor, m.floor.Load())
	}
	m.floor.Store(floor)
}

// movedFloor takes over a floor that this instance moved.
func (m *mirror) movedFloor(floor int64) {
	m.local.Lock()
	defer m.local.Unlock()
	m.floorMoved = m.known.current()
	m.floor.Store(max(floor, m.floor.Load()))
}

package memstore

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/crafteasy/auth/session"
)

var _ session.Feed = (*sessions)(nil)

// keepLog is how long a change stays in the log: longer than a mirror may be behind. Who comes later is answered from the accounts.
const keepLog = 5 * session.LongestLag

// page is how many changes of the log one answer holds.
const page = 10_000

// feed is the log of what was ended, since somebody first asked for it.
type feed struct {
	mu    sync.Mutex
	name  string
	asked bool
	// first is the number of the first change in the log.
	first int
	log   []change
}

// change is a move where that has an epoch, else a revocation.
type change struct {
	at      time.Time
	revoked session.Revocation
	moved   session.Move
}

func newFeed() *feed { return &feed{name: rand.Text()} }

// tell adds a change that is in its account already.
func (f *feed) tell(c change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.asked {
		return
	}
	old := 0
	for old < len(f.log) && f.log[old].at.Before(c.at.Add(-keepLog)) {
		old++
	}
	clear(f.log[:old])
	f.log, f.first = append(f.log[old:], c), f.first+old
}

// since answers what was told after a cursor, or false where the log does not reach back to it.
func (f *feed) since(after session.Cursor) (c session.Changes, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = true
	name, number, _ := strings.Cut(string(after), ":")
	from, err := strconv.Atoi(number)
	end := f.first + len(f.log)
	if err != nil || name != f.name || from < f.first || from > end {
		return session.Changes{Next: f.cursor(end)}, false
	}
	told := f.log[from-f.first:]
	if len(told) > page {
		told, c.More = told[:page], true
	}
	for _, each := range told {
		if each.moved.Epoch > 0 {
			c.Moved = append(c.Moved, each.moved)
		} else {
			c.Revoked = append(c.Revoked, each.revoked)
		}
	}
	c.Next = f.cursor(from + len(told))
	return c, true
}

func (f *feed) cursor(number int) session.Cursor {
	return session.Cursor(f.name + ":" + strconv.Itoa(number))
}

// Changes answers what was ended since the cursor.
func (s *sessions) Changes(ctx context.Context, after session.Cursor) (session.Changes, error) {
	if err := ctx.Err(); err != nil {
		return session.Changes{}, err
	}
	c, ok := s.feed.since(after)
	if !ok {
		// What is ended from here on is in the log, and perhaps among the accounts too.
		c.Restart = true
		for i := range s.shards {
			s.shards[i].ended(&c, s.now())
		}
	}
	c.Floor, c.Whole = s.floor.Load(), true
	return c, nil
}

// ended adds all that still matters.
func (in *accounts) ended(c *session.Changes, now time.Time) {
	in.mu.RLock()
	defer in.mu.RUnlock()
	for userID, a := range in.users {
		for what, m := range a.ended {
			if m.until.After(now) {
				c.Revoked = append(c.Revoked, session.Revocation{
					UserID: userID, SessionID: what.session, TokenID: what.token, At: m.at, Until: m.until,
				})
			}
		}
		if a.epoch > 0 && now.Sub(a.moved) < session.ChangeLife {
			c.Moved = append(c.Moved, session.Move{UserID: userID, Epoch: a.epoch, Except: a.except})
		}
	}
}

package session

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"github.com/crafteasy/auth/jwt"
)

// entries are what a mirror knows: maps that are exact, behind a filter that answers for most tokens that nothing is known against
// them.
type entries struct {
	filter atomic.Pointer[filter]
	// seeds make the hashes of users, of what ends sessions, and of what ends tokens.
	users, lines, tokens maphash.Seed

	mu     sync.RWMutex
	ends   map[target]mark
	epochs map[string]moved
	// pass counts the questions to the feed. An entry bears the pass in which it was last told; those from before void are not the
	// feed's any more.
	pass, void uint64
}

// target is what a revocation kills.
type target struct {
	userID, id string
	token      bool
}

// mark is when it dies, and when nothing is left of it, in Unix milliseconds as every store keeps them.
type mark struct {
	at, until int64
	pass      uint64
}

// moved is a user's epoch and when it may be forgotten, in Unix milliseconds.
type moved struct {
	epoch, until int64
	except       string
	pass         uint64
}

func newEntries() *entries {
	e := &entries{
		users: maphash.MakeSeed(), lines: maphash.MakeSeed(), tokens: maphash.MakeSeed(),
		ends: map[target]mark{}, epochs: map[string]moved{},
	}
	e.filter.Store(newFilter(0))
	return e
}

// traits are what a token is looked up by: the hashes of its user, of what it ends with, and of itself. A remembered token has them
// ready.
type traits struct {
	line              string
	user, ends, token uint64
}

func (e *entries) traits(p *jwt.TokenPayload) traits {
	user, name := e.ofUser(p.UserID), line(p)
	return traits{
		line: name, user: user, ends: ofTarget(e.lines, user, name), token: ofTarget(e.tokens, user, p.TokenID),
	}
}

func (e *entries) ofUser(userID string) uint64 { return maphash.String(e.users, userID) | 1 }

// ofTarget mixes in whose it is, so that one id of two users is two things. It is even where that of a user is odd, and never 0.
func ofTarget(seed maphash.Seed, user uint64, id string) uint64 {
	h := (maphash.String(seed, id) ^ bits.RotateLeft64(user, 32)) &^ 1 //nolint:mnd // half of it
	if h == 0 {
		return 2 //nolint:mnd // any other
	}
	return h
}

func (e *entries) of(t target) uint64 {
	seed := e.lines
	if t.token {
		seed = e.tokens
	}
	return ofTarget(seed, e.ofUser(t.userID), t.id)
}

// against completes the state of a token. It takes no lock where nothing is known.
func (e *entries) against(st *State, p *jwt.TokenPayload, who *traits) {
	f := e.filter.Load()
	user, ends, token := f.has(who.user), f.has(who.ends), f.has(who.token)
	if !user && !ends && !token {
		return
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if user {
		m := e.epochs[p.UserID]
		st.Epoch, st.Except = m.epoch, m.except
	}
	if ends {
		st.SessionEnd = e.end(target{p.UserID, who.line, false})
	}
	if token {
		st.TokenEnd = e.end(target{p.UserID, p.TokenID, true})
	}
}

// end is when something dies or died; zero where nothing ended it. The lock is held.
func (e *entries) end(t target) time.Time {
	m, ok := e.ends[t]
	if !ok {
		return time.Time{}
	}
	return time.UnixMilli(m.at).UTC()
}

// begin opens a pass. What is told from now on belongs to it.
func (e *entries) begin() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pass++
	return e.pass
}

// current is the pass that is open.
func (e *entries) current() uint64 {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.pass
}

// restart makes everything void that was told before a pass began, until [entries.sweep] drops it or it is told anew. What this
// instance has ended since then stays.
func (e *entries) restart(pass uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.void = pass
}

// revoke joins r with what is known: the earlier At and the later Until hold.
func (e *entries) revoke(r Revocation) {
	t := target{r.UserID, r.SessionID, false}
	if r.SessionID == "" {
		t = target{r.UserID, r.TokenID, true}
	}
	m := mark{at: r.At.UnixMilli(), until: r.Until.UnixMilli()}
	e.mu.Lock()
	defer e.mu.Unlock()
	if old, ok := e.ends[t]; ok && old.pass >= e.void {
		m.at, m.until = min(m.at, old.at), max(m.until, old.until)
	}
	m.pass = e.pass
	e.ends[t] = m
	e.note(e.of(t))
}

// move lets the greater epoch hold, and remembers it for [ChangeLife] from now.
func (e *entries) move(c Move, now time.Time) {
	m := moved{epoch: c.Epoch, except: c.Except, until: now.Add(ChangeLife).UnixMilli()}
	e.mu.Lock()
	defer e.mu.Unlock()
	if old, ok := e.epochs[c.UserID]; ok && old.pass >= e.void && old.epoch >= c.Epoch {
		m.epoch, m.except = old.epoch, old.except
	}
	m.pass = e.pass
	e.epochs[c.UserID] = m
	e.note(e.ofUser(c.UserID))
}

// note adds a hash to the filter, or makes a larger one. The lock is held for writing, and the maps hold what is noted.
func (e *entries) note(h uint64) {
	if !e.filter.Load().add(h) {
		e.refill()
	}
}

// refill makes the filter anew. The lock is held.
func (e *entries) refill() {
	f := newFilter(len(e.ends) + len(e.epochs))
	for t := range e.ends {
		f.add(e.of(t))
	}
	for userID := range e.epochs {
		f.add(e.ofUser(userID))
	}
	e.filter.Store(f)
}

// sweep drops what has nothing left to kill, and what is void. It looks for it while requests go on.
func (e *entries) sweep(now time.Time) {
	ends, users := e.over(now.UnixMilli())
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, t := range ends {
		if e.gone(e.ends[t].until, e.ends[t].pass, now.UnixMilli()) {
			delete(e.ends, t)
		}
	}
	for _, userID := range users {
		if e.gone(e.epochs[userID].until, e.epochs[userID].pass, now.UnixMilli()) {
			delete(e.epochs, userID)
		}
	}
	if held := len(e.ends) + len(e.epochs); 2*held < e.filter.Load().used {
		e.refill()
	}
}

// over names what sweep drops.
func (e *entries) over(ms int64) (ends []target, users []string) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for t, m := range e.ends {
		if e.gone(m.until, m.pass, ms) {
			ends = append(ends, t)
		}
	}
	for userID, m := range e.epochs {
		if e.gone(m.until, m.pass, ms) {
			users = append(users, userID)
		}
	}
	return ends, users
}

func (e *entries) gone(until int64, pass uint64, ms int64) bool { return until <= ms || pass < e.void }

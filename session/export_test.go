package session

import (
	"context"
	"log/slog"
	"time"

	"github.com/crafteasy/auth/jwt"
)

// Mirror is one that asks only when a test says so.
type Mirror struct{ m *mirror }

// NewMirror makes one.
func NewMirror(feed Feed, lag time.Duration, now func() time.Time, log *slog.Logger) Mirror {
	return Mirror{newMirror(feed, lag, now, log)}
}

// Before answers the store with the mirror before it.
func (m Mirror) Before(s Store) Store { return mirrored{s, m.m} }

// Poll asks the feed.
func (m Mirror) Poll(ctx context.Context) { m.m.poll(ctx) }

// Sweep drops what is over.
func (m Mirror) Sweep(now time.Time) { m.m.known.sweep(now) }

// Len is how much the mirror holds, and how much room its filter has.
func (m Mirror) Len() (held, room int) {
	e := m.m.known
	e.mu.RLock()
	defer e.mu.RUnlock()
	return len(e.ends) + len(e.epochs), len(e.filter.Load().slots)
}

// Look prepares the question about a token, as the table of verified tokens does, and answers what asks it.
func (m Mirror) Look(p *jwt.TokenPayload) func(now time.Time) (State, bool) {
	who := m.m.known.traits(p)
	return func(now time.Time) (State, bool) { return m.m.state(p, &who, now) }
}

// State answers what the mirror knows, or false.
func (m Mirror) State(userID, sessionID, tokenID string) (State, bool) {
	return m.Look(&jwt.TokenPayload{UserID: userID, SessionID: sessionID, TokenID: tokenID})(m.m.now())
}

// Good is what the mirror says of a moment by its two clocks.
func (m Mirror) Good(running time.Duration, now time.Time) bool {
	return m.m.good(running, now.UnixNano())
}

// Poll asks the feed of the service's mirror.
func (s *Service) Poll(ctx context.Context) { s.mirror.poll(ctx) }

// Forger takes the place of one who presented a forged token, and answers how to leave it.
func (s *Service) Forger() (leave func()) {
	turn, err := s.forgers.turns.Take(context.Background())
	if err != nil {
		panic(err) // somebody else has it
	}
	return turn.GiveBack
}

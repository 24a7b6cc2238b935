package mongostore_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// monitor keeps the commands that a client sends, and may be told to do something with each.
type monitor struct {
	mu     sync.Mutex
	sent   []bson.Raw
	names  []string
	onSent func(name string)
}

// housekeeping are commands of the driver's own and of the tests'.
var housekeeping = []string{"hello", "ping", "endSessions", "dropDatabase", "buildInfo"}

func (m *monitor) started(_ context.Context, e *event.CommandStartedEvent) {
	if slices.Contains(housekeeping, e.CommandName) {
		return
	}
	m.mu.Lock()
	m.sent = append(m.sent, slices.Clone(e.Command))
	m.names = append(m.names, e.CommandName)
	tell := m.onSent
	m.mu.Unlock()
	if tell != nil {
		tell(e.CommandName)
	}
}

// during answers what f sends.
func (m *monitor) during(f func()) (names []string, sent []bson.Raw) {
	m.mu.Lock()
	m.names, m.sent = nil, nil
	m.mu.Unlock()
	f()
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.names), slices.Clone(m.sent)
}

// before calls f before the n-th command from now on is sent, n counting from 1, and answers how to stop that.
func (m *monitor) before(n int, f func()) (stop func()) {
	set := func(tell func(string)) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.onSent = tell
	}
	set(func(string) {
		if n--; n == 0 {
			f()
		}
	})
	return func() { set(nil) }
}

// watched answers a client whose commands are seen.
func watched(t *testing.T, uri string, o *options.ClientOptions) (*mongo.Client, *monitor) {
	t.Helper()
	m := &monitor{}
	return connect(t, uri, o.SetMonitor(&event.CommandMonitor{Started: m.started})), m
}

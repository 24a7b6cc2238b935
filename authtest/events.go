package authtest

import (
	"context"
	"slices"
	"sync"

	"github.com/crafteasy/auth/audit"
)

// Events is an audit sink that keeps the events for the test. The zero value is ready; it is safe for concurrent use.
type Events struct {
	mu   sync.Mutex
	held []audit.Event
}

var _ audit.Sink = (*Events)(nil)

// Record keeps the event (audit.Sink).
func (e *Events) Record(_ context.Context, ev audit.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.held = append(e.held, ev)
}

// All are the events so far, the oldest first.
func (e *Events) All() []audit.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.held)
}

// Named are those of the events that have this name, such as "session.sign_in".
func (e *Events) Named(name string) []audit.Event {
	return slices.DeleteFunc(e.All(), func(ev audit.Event) bool { return ev.Name != name })
}

// Take answers the events so far and forgets them.
func (e *Events) Take() []audit.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.held
	e.held = nil
	return all
}

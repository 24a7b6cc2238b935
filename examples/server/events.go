package main

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/crafteasy/auth/audit"
)

// recent is how many events the page can show.
const recent = 50

// events passes what it records on, and keeps the last ones for the page.
type events struct {
	next audit.Sink
	mu   sync.Mutex
	list []event
}

// event is what the page shows of one. It names nobody: the page is for everybody who can reach this server.
type event struct {
	Time    time.Time     `json:"time"`
	Name    string        `json:"name"`
	Outcome audit.Outcome `json:"outcome"`
	Code    string        `json:"code,omitzero"`
	Method  string        `json:"method,omitzero"`
}

// Record keeps e and passes it on.
func (l *events) Record(ctx context.Context, e audit.Event) {
	l.next.Record(ctx, e)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list) == recent {
		l.list = slices.Delete(l.list, 0, 1)
	}
	l.list = append(l.list, event{e.Time, e.Name, e.Outcome, e.Code, e.Method})
}

func (l *events) serve(w http.ResponseWriter, _ *http.Request) {
	l.mu.Lock()
	list := slices.Clone(l.list)
	l.mu.Unlock()
	slices.Reverse(list)
	answer(w, list)
}

package auth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/sender"
)

type observed struct{}

// TestObserveSeesEveryOperation takes what a meter or tracer needs from the one hook.
func TestObserveSeesEveryOperation(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	events := map[string]any{} // the observer's mark in the context of each event, by the event's name
	conf := config(t)
	conf.Observe = func(ctx context.Context, op string) (context.Context, func(string)) {
		return context.WithValue(ctx, observed{}, op), func(code string) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, op+" "+code)
		}
	}
	conf.SignUp = true
	conf.Email = sender.EmailFunc(func(ctx context.Context, _ sender.Message) error {
		if op := ctx.Value(observed{}); op != "send code by email" {
			t.Errorf("the sender works for %v", op)
		}
		return nil
	})
	conf.Audit = audit.SinkFunc(func(ctx context.Context, e audit.Event) { events[e.Name+" "+e.Code] = ctx.Value(observed{}) })
	a, err := auth.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close(context.WithoutCancel(t.Context())) })
	serve := func(h http.Handler, method, path, body string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	serve(a.Handler(), http.MethodPost, "/auth/login/email", `{"email":"a@example.com"}`)
	serve(a.Handler(), http.MethodPost, "/auth/login/email", `{"email":"nobody"}`)
	serve(a.Handler(), http.MethodGet, "/auth/me", "")
	serve(a.RequireAuth(http.NotFoundHandler()), http.MethodGet, "/page", "")
	if err := a.Close(t.Context()); err != nil {
		t.Error(err)
	}
	slices.Sort(seen) // a message is sent beside the requests
	want := []string{
		"GET /me authentication_required", "POST /login/email ", "POST /login/email invalid_request", "authenticate authentication_required",
		"send code by email ",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("observed %q, want %q", seen, want)
	}
	for event, op := range map[string]string{
		"otp.send ": "POST /login/email", "request.refused invalid_request": "POST /login/email",
		"request.refused authentication_required": "authenticate",
	} {
		if events[event] != op {
			t.Errorf("the event %q belongs to the operation %v, want %q", event, events[event], op)
		}
	}
}

// TestObserveKnowsTheRequestID: the id in a span is the one that the client is told.
func TestObserveKnowsTheRequestID(t *testing.T) {
	var id string
	conf := config(t)
	conf.Observe = func(ctx context.Context, _ string) (context.Context, func(string)) {
		id = audit.OriginFrom(ctx).RequestID
		return ctx, func(string) {}
	}
	a, err := auth.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close(context.WithoutCancel(t.Context())) })
	for name, h := range map[string]http.Handler{"/auth/me": a.Handler(), "/page": a.RequireAuth(http.NotFoundHandler())} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, name, nil))
		if got := w.Header().Get("X-Request-Id"); got != id || id == "" {
			t.Errorf("%s: the observer knows %q, the client %q", name, id, got)
		}
	}
}

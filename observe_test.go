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
)

type observed struct{}

// TestObserveSeesEveryOperation takes what a meter or tracer needs from the one hook.
func TestObserveSeesEveryOperation(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	conf := config(t)
	conf.Observe = func(ctx context.Context, op string) (context.Context, func(string)) {
		return context.WithValue(ctx, observed{}, op), func(code string) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, op+" "+code)
		}
	}
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
	want := []string{
		"POST /login/email ", "POST /login/email invalid_request", "GET /me authentication_required", "authenticate authentication_required",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("observed %q, want %q", seen, want)
	}
}

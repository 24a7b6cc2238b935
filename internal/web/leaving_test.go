package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/turns"
)

// TestWhoLeavesStopsNothing: what has begun, counting included, goes on without its client; a look at something ends, and so does the wait
// for a turn.
func TestWhoLeavesStopsNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		route Route
		goes  bool
	}{
		"POST":                {Route{Method: "POST"}, true},
		"PATCH":               {Route{Method: "PATCH"}, true},
		"DELETE":              {Route{Method: "DELETE"}, true},
		"GET that spends":     {Route{Method: "GET", Once: true}, true},
		"GET that only looks": {Route{Method: "GET"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, leave := context.WithCancel(t.Context())
			ended := func(r *http.Request) {
				leave()
				if goes := r.Context().Err() == nil; goes != tt.goes {
					t.Errorf("without its client it goes on: %t", goes)
				}
			}
			m := mounting()
			m.Limit = func(r *http.Request) error { ended(r); return nil }
			tt.route.Pattern, tt.route.Demand = "/x", Public
			tt.route.Endpoint = NoBody(func(w http.ResponseWriter, r *http.Request) error {
				ended(r)
				return ok(w, r)
			})
			w := httptest.NewRecorder()
			mounted(t, m, tt.route).ServeHTTP(w, httptest.NewRequest(tt.route.Method, "/auth/x", nil).WithContext(ctx))
			if w.Code != http.StatusNoContent {
				t.Errorf("answers %d", w.Code)
			}
		})
	}
	t.Run("a turn", func(t *testing.T) {
		m := mounting()
		m.Turns = turns.New(1, errors.New("full"))
		if _, err := m.Turns.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, leave := context.WithCancelCause(t.Context())
		leave(errors.New("left"))
		var told error
		m.Host.Refused = func(_ context.Context, _ string, p *problem.Error) { told = p.Unwrap() }
		w := httptest.NewRecorder()
		h := mounted(t, m, Route{Method: "POST", Pattern: "/x", Demand: Public, Endpoint: Empty(ok)})
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/auth/x", nil).WithContext(ctx))
		if w.Code != http.StatusServiceUnavailable || told == nil || told.Error() != "left" {
			t.Errorf("answers %d because of %v", w.Code, told)
		}
	})
}

package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/problem"
)

// viewed is a body with something that was looked at.
type viewed struct {
	Name string `json:"name"`

	looked bool
}

// TestLooking: what is looked at while a request is counted is there when it is served, and nobody is served for it who is refused.
func TestLooking(t *testing.T) {
	for name, tt := range map[string]struct {
		body  string
		limit error
		// unseen is why nothing was seen.
		unseen error
		// what ran: the look, the count, and the endpoint with what was looked at or without.
		want string
		code int
	}{
		"let through":              {`{"name":"x"}`, nil, nil, "looked counted served", http.StatusNoContent},
		"over a limit":             {`{"name":"x"}`, problem.ErrRateLimited, nil, "looked counted", http.StatusTooManyRequests},
		"a limit that is unknown":  {`{"name":"x"}`, problem.Unavailable(errors.New("no")), nil, "looked counted", http.StatusServiceUnavailable},
		"nothing was seen":         {`{"name":"x"}`, nil, problem.Unavailable(errors.New("no")), "looked counted", http.StatusServiceUnavailable},
		"a body that is refused":   {`{"name":""}`, nil, nil, "", http.StatusBadRequest},
		"a body that is no object": {`[]`, nil, nil, "", http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			looked, counted, served := false, false, false
			lookBegun, countBegun := make(chan struct{}), make(chan struct{})
			m := mounting()
			m.Limit = func(*http.Request) error {
				close(countBegun)
				<-lookBegun // the two run at once
				counted = true
				return tt.limit
			}
			h := mounted(t, m, Route{Method: "POST", Pattern: "/x", Demand: Public, Endpoint: Looking(
				func(in *viewed) error {
					if in.Name == "" {
						return problem.ErrInvalidRequest
					}
					return nil
				},
				func(_ context.Context, in *viewed) error {
					close(lookBegun)
					<-countBegun
					looked, in.looked = true, true
					return tt.unseen
				},
				func(w http.ResponseWriter, r *http.Request, in *viewed) error {
					served = in.looked
					return ok(w, r)
				},
			)})
			w := post(h, tt.body)
			var ran []string
			for _, step := range []struct {
				name string
				ran  bool
			}{{"looked", looked}, {"counted", counted}, {"served", served}} {
				if step.ran {
					ran = append(ran, step.name)
				}
			}
			if got := strings.Join(ran, " "); got != tt.want || w.Code != tt.code {
				t.Errorf("answers %d after %q, want %d after %q", w.Code, got, tt.code, tt.want)
			}
		})
	}
}

// TestLooking_NothingIsCounted: an endpoint serves without having looked, too.
func TestLooking_NothingIsCounted(t *testing.T) {
	served := false
	h := mounted(t, mounting(), Route{Method: "POST", Pattern: "/x", Demand: Public, Endpoint: Looking(
		func(*viewed) error { return nil },
		func(context.Context, *viewed) error { t.Error("it looks"); return nil },
		func(w http.ResponseWriter, r *http.Request, _ *viewed) error { served = true; return ok(w, r) },
	)})
	if w := post(h, `{}`); w.Code != http.StatusNoContent || !served {
		t.Errorf("answers %d", w.Code)
	}
}

func post(h http.Handler, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/auth/x", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

package web

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/jwt"
)

func ok(w http.ResponseWriter, _ *http.Request) error { return NoContent(w) }

func mounting() Mounting {
	return Mounting{
		Path: "/auth", Host: &Host{}, Log: slog.New(slog.DiscardHandler),
		Judge: func(*http.Request, Demand) (*jwt.TokenPayload, error) { return &jwt.TokenPayload{UserID: "u"}, nil },
	}
}

func mounted(t *testing.T, m Mounting, routes ...Route) http.Handler {
	t.Helper()
	h, err := Mount(m, routes)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func ask(h http.Handler, method, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", nil)
	r.URL.Path = path // as it is: no router has cleaned it
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestPathsInOneSpelling: a path that another router might read otherwise is no path here, and nobody is redirected.
func TestPathsInOneSpelling(t *testing.T) {
	ran := 0
	h := mounted(t, mounting(), Route{Method: "GET", Pattern: "/me", Demand: Public, Endpoint: NoBody(func(w http.ResponseWriter, r *http.Request) error {
		ran++
		return ok(w, r)
	})})
	for _, path := range []string{
		"//auth/me", "/auth//me", "/auth/./me", "/auth/x/../me", "/auth/me/", "/auth/me/.", "/../auth/me", "auth/me", "", "/auth/me//", "/AUTH/me", "/auth/Me",
	} {
		if w := ask(h, "GET", path); w.Code != http.StatusNotFound || w.Header().Get("Location") != "" {
			t.Errorf("%q answers %d %v", path, w.Code, w.Header())
		}
	}
	if w := ask(h, "GET", "/auth/me"); w.Code != http.StatusNoContent || ran != 1 {
		t.Errorf("the path itself answers %d; it ran %d times", w.Code, ran)
	}
}

func TestRoutesThatDoNotMount(t *testing.T) {
	good := Route{Method: "GET", Pattern: "/x", Demand: Public, Endpoint: NoBody(ok)}
	for name, change := range map[string]func(*Route){
		"no demand":             func(rt *Route) { rt.Demand = 0 },
		"a demand that is none": func(rt *Route) { rt.Demand = 200 },
		"no endpoint":           func(rt *Route) { rt.Endpoint = Endpoint{} },
		"no path":               func(rt *Route) { rt.Pattern = "x" },
		"another method":        func(rt *Route) { rt.Method = "PUT" },
		"no method":             func(rt *Route) { rt.Method = "" },
	} {
		t.Run(name, func(t *testing.T) {
			rt := good
			change(&rt)
			if _, err := Mount(mounting(), []Route{rt}); err == nil {
				t.Error("it mounts")
			}
		})
	}
	if _, err := Mount(mounting(), []Route{good, good}); err == nil {
		t.Error("a route that is given twice mounts")
	}
}

func TestHeadReachesNothingThatSpends(t *testing.T) {
	for once, want := range map[bool]int{false: http.StatusNoContent, true: http.StatusMethodNotAllowed} {
		h := mounted(t, mounting(), Route{Method: "GET", Pattern: "/x", Demand: Public, Once: once, Endpoint: NoBody(ok)})
		if w := ask(h, "HEAD", "/auth/x"); w.Code != want || w.Body.Len() != 0 {
			t.Errorf("once %v: HEAD answers %d %q", once, w.Code, w.Body)
		}
	}
}

// TestPanic: the client learns nothing, and what net/http means by a panic passes.
func TestPanic(t *testing.T) {
	for name, value := range map[string]any{"text": "hunter2", "an error": errors.New("hunter2"), "a nil dereference": nil} {
		t.Run(name, func(t *testing.T) {
			h := mounted(t, mounting(), Route{Method: "GET", Pattern: "/x", Demand: Public, Endpoint: NoBody(func(http.ResponseWriter, *http.Request) error {
				if value == nil {
					var p *jwt.TokenPayload
					_ = p.UserID
				}
				panic(value)
			})})
			if w := ask(h, "GET", "/auth/x"); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "hunter2") {
				t.Errorf("answers %d %s", w.Code, w.Body)
			}
		})
	}
	defer func() {
		if recover() != http.ErrAbortHandler { //nolint:errorlint // the sentinel itself is panicked
			t.Error("http.ErrAbortHandler was swallowed")
		}
	}()
	h := mounted(t, mounting(), Route{Method: "GET", Pattern: "/x", Demand: Public, Endpoint: NoBody(func(http.ResponseWriter, *http.Request) error {
		panic(http.ErrAbortHandler)
	})})
	ask(h, "GET", "/auth/x")
}

// TestObserveSeesAPanic: an operation that began has an end.
func TestObserveSeesAPanic(t *testing.T) {
	var seen []string
	m := mounting()
	m.Host.Observe = func(ctx context.Context, op string) (context.Context, func(string)) {
		return ctx, func(code string) { seen = append(seen, op+" "+code) }
	}
	h := mounted(t, m, Route{Method: "GET", Pattern: "/x", Demand: Public, Endpoint: NoBody(func(http.ResponseWriter, *http.Request) error {
		panic("hunter2")
	})})
	ask(h, "GET", "/auth/x")
	if len(seen) != 1 || seen[0] != "GET /x internal_error" {
		t.Errorf("observed %q", seen)
	}
}

// TestRefusalOfTheUnknown: an error that is no refusal is a silent 500.
func TestRefusalOfTheUnknown(t *testing.T) {
	var told *problem.Error
	m := mounting()
	m.Host.Refused = func(_ context.Context, _ string, p *problem.Error) { told = p }
	h := mounted(t, m, Route{Method: "GET", Pattern: "/x", Demand: Public, Endpoint: NoBody(func(http.ResponseWriter, *http.Request) error { return io.ErrUnexpectedEOF })})
	w := ask(h, "GET", "/auth/x")
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), io.ErrUnexpectedEOF.Error()) || !errors.Is(told, io.ErrUnexpectedEOF) {
		t.Errorf("answers %d %s; the host is told %v", w.Code, w.Body, told)
	}
}

// TestRequestID takes the caller's id when it is well-formed, and makes one otherwise.
func TestRequestID(t *testing.T) {
	h := mounted(t, mounting(), Route{Method: "GET", Pattern: "/x", Demand: Public, Endpoint: NoBody(ok)})
	for id, kept := range map[string]bool{
		"abc-DEF_1.2": true, strings.Repeat("a", 64): true, "": false, strings.Repeat("a", 65): false, "a b": false, "a\"b": false, "é": false, "a/b": false,
	} {
		r := httptest.NewRequest("GET", "/auth/x", nil)
		r.Header.Set("X-Request-Id", id)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("X-Request-Id"); (got == id) != kept || got == "" {
			t.Errorf("%q becomes %q", id, got)
		}
	}
}

// TestAnOwnRefusalHasTheRequestsID: a host that renders refusals itself finds the id in the answer's header and in the request's context.
func TestAnOwnRefusalHasTheRequestsID(t *testing.T) {
	var inside string
	h := &Host{WriteError: func(_ http.ResponseWriter, r *http.Request, _ *problem.Error) {
		inside = audit.OriginFrom(r.Context()).RequestID
	}}
	w := httptest.NewRecorder()
	h.Refuse(w, httptest.NewRequest("GET", "/", nil), problem.ErrInvalidToken)
	if got := w.Header().Get("X-Request-Id"); got != inside || got == "" {
		t.Errorf("the answer names %q, the context %q", got, inside)
	}
}

// TestAnOwnRefusalHasTheHeadersOfItsKind: a host that renders refusals itself writes the text; what RFC 9110 demands of the status, and what
// keeps an answer out of caches, is there already, and is the host's to change.
func TestAnOwnRefusalHasTheHeadersOfItsKind(t *testing.T) {
	for _, tt := range []struct {
		refusal *problem.Error
		want    map[string]string
	}{
		{problem.ErrInvalidToken, map[string]string{"WWW-Authenticate": `Bearer error="invalid_token"`}},
		{problem.ErrAuthenticationRequired, map[string]string{"WWW-Authenticate": "Bearer"}},
		{problem.ErrRateLimited.WithRetryAfter(1500 * time.Millisecond), map[string]string{"Retry-After": "2"}},
		{problem.ErrInvalidRequest, nil},
	} {
		h := &Host{WriteError: func(w http.ResponseWriter, _ *http.Request, p *problem.Error) {
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Referrer-Policy", "origin")
			w.WriteHeader(p.Status())
		}}
		w := httptest.NewRecorder()
		h.Refuse(w, httptest.NewRequest("GET", "/", nil), tt.refusal)
		got := w.Result().Header
		if got.Get("X-Request-Id") == "" {
			t.Errorf("%s has no id", tt.refusal.Code())
		}
		got.Del("X-Request-Id")
		want := http.Header{}
		for _, set := range []map[string]string{
			{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "origin", "Content-Type": "text/plain"}, tt.want,
		} {
			for name, value := range set {
				want.Set(name, value)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s has %v, want %v", tt.refusal.Code(), got, want)
		}
	}
}

// TestUserAgent keeps what prints, of as much as is read.
func TestUserAgent(t *testing.T) {
	h := mounted(t, mounting(), Route{Method: "GET", Pattern: "/x", Demand: Public, Endpoint: NoBody(func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Heard", audit.OriginFrom(r.Context()).UserAgent)
		return ok(w, r)
	})})
	for sent, want := range map[string]string{
		"curl/8.1 ~":                         "curl/8.1 ~",
		"":                                   "",
		"Grün 1":                             "Grün 1",
		"a\x7fb\tc":                          "abc",
		"a\u202eb":                           "ab",
		"a\xffb":                             "ab",
		strings.Repeat("a", 255) + "ü":       strings.Repeat("a", 255),
		strings.Repeat("a", 256) + "\u202eb": strings.Repeat("a", 256),
	} {
		r := httptest.NewRequest("GET", "/auth/x", nil)
		r.Header.Set("User-Agent", sent)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Heard"); got != want {
			t.Errorf("%q becomes %q, want %q", sent, got, want)
		}
	}
}

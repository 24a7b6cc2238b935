package catalogue

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/audit"
)

// sink is what one outlet was told.
type sink struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// outlets are all places that the library tells something to beside its callers.
type outlets struct {
	log, stray, events, observed, problems, server, refusals, urls sink
}

// named answers them by name.
func (o *outlets) named() map[string]*sink {
	return map[string]*sink{
		"the log": &o.log, "the log of the process": &o.stray, "the events": &o.events, "metrics and spans": &o.observed, "the errors": &o.problems,
		"the server's log": &o.server, "refusals": &o.refusals, "URLs": &o.urls,
	}
}

type spanName struct{}

// listen connects them to a configuration: everything is told at the lowest level, in both forms of slog.
func (o *outlets) listen(t *testing.T, c *auth.Config) {
	t.Helper()
	debug := &slog.HandlerOptions{Level: slog.LevelDebug - 4, AddSource: true}
	text, js := slog.NewTextHandler(&o.log, debug), slog.NewJSONHandler(&o.log, debug)
	c.Logger = slog.New(slog.NewMultiHandler(text, js))
	before, flags, out := slog.Default(), log.Flags(), log.Writer()
	slog.SetDefault(slog.New(slog.NewTextHandler(&o.stray, debug)))
	log.SetOutput(&o.stray)
	t.Cleanup(func() {
		slog.SetDefault(before)
		log.SetOutput(out)
		log.SetFlags(flags)
	})
	trail := audit.NewSlog(c.Logger)
	c.Audit = audit.SinkFunc(func(ctx context.Context, e audit.Event) {
		raw, err := json.Marshal(e)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(&o.events, "%s %+v\n", raw, e)
		trail.Record(ctx, e)
	})
	c.Observe = func(ctx context.Context, op string) (context.Context, func(code string)) {
		fmt.Fprintf(&o.observed, "begin %s %v\n", op, ctx)
		return context.WithValue(ctx, spanName{}, op), func(code string) { fmt.Fprintf(&o.observed, "end %s %s\n", op, code) }
	}
	c.ErrorWriter = func(w http.ResponseWriter, _ *http.Request, p *auth.Problem) {
		for err := error(p); err != nil; err = errors.Unwrap(err) {
			fmt.Fprintf(&o.problems, "%v %+v %#v\n", err, err, err)
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(p.Status())
		_ = json.NewEncoder(w).Encode(map[string]any{"code": p.Code(), "detail": p.Error(), "request_id": w.Header().Get("X-Request-Id")})
	}
}

// serve serves a handler whose server tells its own errors, and answers its address. Refusals are kept whole, and where browsers are sent.
func (o *outlets) serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept := &overheard{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			fmt.Fprintln(&o.urls, w.Header().Get("Location"))
			if kept.status >= http.StatusBadRequest {
				fmt.Fprintf(&o.refusals, "%v %s\n", w.Header(), &kept.body)
			}
		}()
		h.ServeHTTP(kept, r)
	}))
	s.Config.ErrorLog = log.New(&o.server, "", log.LstdFlags|log.Llongfile)
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

// overheard keeps a copy of an answer.
type overheard struct {
	http.ResponseWriter

	status int
	body   bytes.Buffer
}

// WriteHeader implements http.ResponseWriter.
func (t *overheard) WriteHeader(status int) {
	t.status = status
	t.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (t *overheard) Write(b []byte) (int, error) {
	t.body.Write(b)
	return t.ResponseWriter.Write(b)
}

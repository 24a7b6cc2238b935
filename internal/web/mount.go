package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/together"
	"github.com/crafteasy/auth/internal/turns"
	"github.com/crafteasy/auth/jwt"
)

// bodyTimeout is how long a request may take to send its body.
const bodyTimeout = 15 * time.Second

// Mounting says how routes are served.
type Mounting struct {
	// Path is the mount point, such as "/auth".
	Path string
	// Judge enforces a demand: it answers the caller, or a refusal.
	Judge func(r *http.Request, d Demand) (*jwt.TokenPayload, error)
	// Alive answers a refusal where the caller was let in and has been thrown out since. It is asked after every wait.
	Alive func(ctx context.Context, p *jwt.TokenPayload) error
	// Turns bounds how many requests are served at a time. One that waits for somebody else's server, or has begun to answer, no longer
	// counts.
	Turns *turns.Turns
	// Open is told of the requests that go on without their clients, until they are answered.
	Open *turns.Open
	// Limit is asked before the deed of every public POST, and of every public GET that spends or stores something.
	Limit func(r *http.Request) error
	// Host is what the host has set for all requests.
	Host *Host
	// Log gets panics.
	Log *slog.Logger
}

// Mount makes one handler of the routes. A route without a demand, without an endpoint, or given twice is an error.
func Mount(m Mounting, routes []Route) (http.Handler, error) {
	if m.Host == nil {
		m.Host = &Host{}
	}
	table := map[string]map[string]Route{}
	for _, rt := range routes {
		if err := rt.check(); err != nil {
			return nil, err
		}
		if table[rt.Pattern] == nil {
			table[rt.Pattern] = map[string]Route{}
		}
		if _, twice := table[rt.Pattern][rt.Method]; twice {
			return nil, fmt.Errorf("web: route %s %s is given twice", rt.Method, rt.Pattern)
		}
		table[rt.Pattern][rt.Method] = rt
	}
	ahead, mux := http.NewServeMux(), http.NewServeMux()
	for pattern, methods := range table {
		first := false
		for _, rt := range methods {
			first = first || rt.Ahead
		}
		if first {
			ahead.Handle(m.Path+pattern, m.methods(methods))
		} else {
			mux.Handle(m.Path+pattern, m.methods(methods))
		}
	}
	mux.Handle("/", m.lost())
	ahead.Handle("/", mux)
	return m.canonical(ahead), nil
}

// canonical answers 404 for every path that another router might read in another way, such as "//".
func (m Mounting) canonical(next http.Handler) http.Handler {
	lost := m.lost()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := r.URL.Path; p == "" || p[0] != '/' || path.Clean(p) != p {
			lost.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (m Mounting) lost() http.Handler {
	return m.handler(func(*Visit, http.ResponseWriter, *http.Request) error { return problem.ErrNotFound })
}

func (m Mounting) methods(methods map[string]Route) http.Handler {
	var allow []string
	for name, rt := range methods {
		allow = append(allow, name)
		if name == http.MethodGet && !rt.Once {
			allow = append(allow, http.MethodHead)
		}
	}
	slices.Sort(allow)
	allowed := strings.Join(allow, ", ")
	return m.handler(func(v *Visit, w http.ResponseWriter, r *http.Request) error {
		name := r.Method
		if name == http.MethodHead && !methods[http.MethodGet].Once {
			name = http.MethodGet
		}
		rt, ok := methods[name]
		if !ok {
			w.Header().Set("Allow", allowed)
			return problem.ErrMethodNotAllowed
		}
		r, done := m.Host.Begin(r, rt.Method+" "+rt.Pattern)
		var err error = problem.ErrInternal // a panic
		defer func() {
			if v.end != nil {
				v.end()
			}
		}()
		defer func() { done(err) }()
		if err = m.serve(v, w, r, rt); err != nil {
			m.refuse(w, r, rt, err)
		}
		return nil
	})
}

// refuse answers what the route refuses, in the route's own form where it has one.
func (m Mounting) refuse(w http.ResponseWriter, r *http.Request, rt Route, err error) {
	if rt.WriteError == nil {
		WriteError(w, r, err)
		return
	}
	if m.Host.Refused != nil {
		m.Host.Refused(r.Context(), r.Method, Refusal(err))
	}
	rt.WriteError(w, r, Refusal(err))
}

// serve keeps the order of refusals: origin, credential, media type, size, body, rate, then the deed.
func (m Mounting) serve(v *Visit, w http.ResponseWriter, r *http.Request, rt Route) error {
	if rt.SignsIn && m.Host.Cookie != nil {
		if err := m.Host.Cookie.sameOrigin(r); err != nil {
			return err
		}
	}
	v.signsIn = rt.SignsIn
	if rt.Demand != Public {
		p, err := m.Judge(r, rt.Demand)
		if err != nil {
			return err
		}
		v.caller = p
	}
	awaited := r.ContentLength != 0
	body, err := rt.Endpoint.decode(r)
	if err != nil {
		return err
	}
	turn, err := m.Turns.Take(r.Context())
	if err != nil {
		return err
	}
	defer turn.GiveBack()
	v.turn, w = turn, answer{w, turn}
	if rt.Method != http.MethodGet || rt.Once {
		// What has begun is done, counted and told of, whether or not its client stays: otherwise who closes one half of the connection at
		// the right moment has the half of a deed that suits them, and reads the answer by the other. Whatever is waited for has a deadline.
		r = r.WithContext(context.WithoutCancel(r.Context()))
		v.end = m.Open.Begin()
	}
	if (awaited || turn.Late()) && m.Alive != nil && v.caller != nil && rt.Demand != Genuine {
		// Whoever is thrown out while their body is awaited, or their turn, is refused like one who comes later.
		if err := m.Alive(r.Context(), v.caller); err != nil {
			return err
		}
	}
	if rt.Demand == Public && (rt.Method == http.MethodPost || rt.Once) && m.Limit != nil {
		if err := m.limit(r, rt.Endpoint, body); err != nil {
			return err
		}
	}
	return rt.Endpoint.serve(w, r, body)
}

// limit counts a request, and lets the endpoint look at what it will need meanwhile.
func (m Mounting) limit(r *http.Request, e Endpoint, body any) error {
	if e.look == nil {
		return m.Limit(r)
	}
	return together.Beside(
		r.Context(),
		func(ctx context.Context) error { return m.Limit(r.WithContext(ctx)) },
		func(ctx context.Context) error { return e.look(ctx, body) },
	)
}

// hurry gives the body a deadline. One that trickles in must not hold a goroutine, nor one that nobody asked for, which the server reads
// before it answers a refusal, nor one that is said to be empty and does not end, as HTTP/2 can have. The server clears the
// deadline before the next request. One of its own that is shorter stays.
func hurry(w http.ResponseWriter, r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	if s, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && s.ReadTimeout > 0 && s.ReadTimeout < bodyTimeout {
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // not every writer can
}

// handler gives the request its origin, renders what f refuses, and keeps a panic from reaching the client.
func (m Mounting) handler(f func(v *Visit, w http.ResponseWriter, r *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := NewVisit(r, m.Host)
		r = r.WithContext(v)
		w.Header().Set("X-Request-Id", v.Origin().RequestID)
		hurry(w, r)
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler { //nolint:errorlint,err113 // the sentinel itself is panicked, never wrapped
				panic(cause)
			}
			m.Log.ErrorContext(r.Context(), "panic in an authentication endpoint", "panic", fmt.Sprint(cause), "stack", string(debug.Stack()),
				"request_id", audit.OriginFrom(r.Context()).RequestID)
			WriteError(w, r, problem.ErrInternal)
		}()
		if err := f(v, w, r); err != nil {
			WriteError(w, r, err)
		}
	})
}

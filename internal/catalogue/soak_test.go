package catalogue

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/sender"
)

// soak is mixed traffic by people who remember which of their tokens live and which died.
type soak struct {
	*env

	mail   sync.Map // address → chan string of codes
	events sync.Map // request id → []string of names and outcomes
	total  struct{ requests, unavailable, signIns, refreshes, ends, dead atomic.Int64 }
}

// TestSoak mixes traffic with failures of the store on every back end, with two instances. Whatever fails, no dead token is let in, no
// live session is lost, and every decision is one event. A second on each back end, or as long as AUTH_SOAK says, in all ("make soak").
func TestSoak(t *testing.T) {
	length := time.Second
	if text := os.Getenv("AUTH_SOAK"); text != "" {
		all, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		length = all / time.Duration(len(backends))
	}
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			s := &soak{}
			s.env = open(t, b, 2, auth.Config{
				SignUp: true, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
				Email: sender.EmailFunc(s.deliver), Audit: audit.SinkFunc(s.record),
			})
			s.run(length, b.slow)
		})
	}
}

func (s *soak) deliver(_ context.Context, m sender.Message) error {
	if m.Code != "" {
		s.letters(m.To) <- m.Code
	}
	return nil
}

func (s *soak) letters(to string) chan string {
	c, _ := s.mail.LoadOrStore(to, make(chan string, 100))
	return c.(chan string) //nolint:forcetypeassert // nothing else is in it
}

// record counts the events of a request. That an account was made comes beside the sign-in that made it.
func (s *soak) record(_ context.Context, e audit.Event) {
	if e.RequestID == "" || e.Name == "user.created" {
		return
	}
	before, _ := s.events.Load(e.RequestID) // the events of a request come one after the other
	names, _ := before.([]string)
	s.events.Store(e.RequestID, append(names, fmt.Sprint(e.Name, " ", e.Outcome, " ", e.Reason)))
}

func (s *soak) run(length time.Duration, slow bool) {
	s.t.Helper()
	workers := 12
	if slow {
		workers = 4
	}
	before, begin := held(), time.Now()
	ctx, cancel := context.WithTimeout(s.t.Context(), length)
	defer cancel()
	var chaos, crowd sync.WaitGroup
	chaos.Go(func() { s.disturb(ctx) })
	people := make([]*soaker, workers)
	for i := range people {
		people[i] = &soaker{soak: s, name: fmt.Sprintf("soak%d@example.com", i)}
		crowd.Go(func() {
			for ctx.Err() == nil || s.empty() && time.Since(begin) < time.Minute {
				people[i].live(s.t.Context())
			}
		})
	}
	crowd.Wait()
	chaos.Wait()
	for _, p := range people {
		p.settle()
	}
	n := &s.total
	s.t.Logf("%d requests, %d unavailable; %d sign-ins, %d refreshes, %d ends; dead tokens presented %d times; heap %d kB before, %d kB after; %d and %d goroutines",
		n.requests.Load(), n.unavailable.Load(), n.signIns.Load(), n.refreshes.Load(), n.ends.Load(), n.dead.Load(),
		before.heap>>10, held().heap>>10, before.goroutines, held().goroutines)
	if s.empty() {
		s.t.Error("nobody refreshed, or nothing died: the traffic shows nothing")
	}
}

// empty says that the traffic has shown nothing yet.
func (s *soak) empty() bool { return s.total.refreshes.Load() == 0 || s.total.dead.Load() == 0 }

type usage struct{ heap, goroutines int }

func held() usage {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return usage{int(m.HeapAlloc), runtime.NumGoroutine()} //nolint:gosec // far from overflow
}

// pick answers a number below n.
func pick(n int) int {
	i, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err)
	}
	return int(i.Int64())
}

// disturb lets calls to the store fail for moments, before they do anything or after. A call that hangs is for the back end to bound, and
// has tests of its own.
func (s *soak) disturb(ctx context.Context) {
	views := []string{"", "kv", "kv.Take", "kv.Count", "sessions", "sessions.State", "sessions.Rotate", "sessions.Revoke", "users", "locks"}
	effects := []authtest.Effect{authtest.Refuse, authtest.Refuse, authtest.FailAfter, authtest.FailAfter}
	for ctx.Err() == nil {
		f := authtest.Fault{On: views[pick(len(views))], Do: effects[pick(len(effects))], Times: 1 + pick(5)}
		remove := s.Faults.Inject(f)
		rest(ctx, 20+pick(100))
		remove()
		s.Faults.Forget()
		rest(ctx, pick(100))
	}
}

func rest(ctx context.Context, ms int) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Duration(ms) * time.Millisecond):
	}
}

// ask sends a request and holds its answer against what may be answered while parts fail. decides says that it leads to an event.
func (s *soak) ask(method, path, body, token string, decides bool, want ...int) answer {
	var options []option
	if body != "" {
		options = append(options, header("Content-Type", "application/json"))
	}
	if token != "" {
		options = append(options, key(token))
	}
	id := "soak-" + rand.Text()
	a, err := s.try(method, path, body, append(options, header("X-Request-Id", id))...)
	s.total.requests.Add(1)
	if err != nil {
		s.t.Errorf("%s %s: %v", method, path, err)
		return a
	}
	v, _ := s.events.LoadAndDelete(id)
	names, _ := v.([]string)
	if decides = decides || a.status >= http.StatusBadRequest; decides && len(names) != 1 || !decides && len(names) != 0 {
		s.t.Errorf("%s %s answers %d with the events %q", method, path, a.status, names)
	}
	if a.status == http.StatusServiceUnavailable {
		s.total.unavailable.Add(1)
		if a.header.Get("Retry-After") == "" {
			s.t.Errorf("%s %s: 503 without Retry-After", method, path)
		}
		return a
	}
	for _, status := range want {
		if a.status == status {
			return a
		}
	}
	s.t.Errorf("%s %s answers %d %s, want one of %v", method, path, a.status, a.body, want)
	return a
}

package catalogue

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/sender"
)

// soak is mixed traffic by people who remember which of their tokens live and which died.
type soak struct {
	*env

	reset  func()   // breaks all connections to the store
	kept   uint64   // what the process may keep of each token for longer than a soak, in bytes
	mail   sync.Map // address → chan string of codes
	events sync.Map // request id → []audit.Event
	total  struct{ requests, unavailable, signIns, refreshes, ends, keys, dead, faults atomic.Int64 }
}

// TestSoak mixes traffic with failures of the store and its connections on every back end, with two instances. Whatever fails, no dead or
// forged token is let in, no live session is lost, every decision is one event, and neither goroutines nor memory grow. A second on each
// back end, or as long as AUTH_SOAK says, in all ("make soak").
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
			// Either instance remembers a verified token, at 600 bytes; memory keeps codes, counters and ends too, until they expire.
			s := &soak{kept: 2 << 10}
			if b.name == "memory" {
				s.kept = 4 << 10
			}
			b.open, s.reset = shaky(t, b)
			s.env = open(t, b, 2, auth.Config{
				SignUp: true, M2M: true, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
				Email: sender.EmailFunc(s.deliver), Audit: audit.SinkFunc(s.record),
			})
			s.run(length, b.slow)
		})
	}
}

// shaky answers how to open a back end whose connections reset breaks, as a server does that is started anew.
func shaky(t *testing.T, b backend) (open func(*testing.T, *auth.Config), reset func()) {
	t.Helper()
	switch b.name {
	case "redis":
		proxy := testutil.NewProxy(t, testutil.RedisServer(t))
		return redisAt(proxy.Addr()), proxy.Reset
	case "mongodb":
		u, err := url.Parse(testutil.MongoServer(t))
		if err != nil {
			t.Fatal(err)
		}
		proxy := testutil.NewProxy(t, u.Host)
		u.Host = proxy.Addr()
		return mongoAt(u.String()), proxy.Reset
	}
	return b.open, func() {}
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

// record keeps the events of a request. That an account was made, or its oldest session ended, comes beside the sign-in that did it.
func (s *soak) record(_ context.Context, e audit.Event) {
	if e.RequestID == "" || e.Name == "user.created" || e.Name == "session.limit" {
		return
	}
	before, _ := s.events.Load(e.RequestID) // the events of a request come one after the other
	events, _ := before.([]audit.Event)
	s.events.Store(e.RequestID, append(events, e))
}

// run lets the crowd live for a while, the first tenth of it as a warm-up. What is held is compared from there.
func (s *soak) run(length time.Duration, slow bool) {
	s.t.Helper()
	people := make([]*soaker, 12)
	if slow {
		people = people[:4]
	}
	for i := range people {
		people[i] = &soaker{soak: s, name: fmt.Sprintf("soak%d@example.com", i)}
	}
	s.crowd(people, length/10)
	warm, made := s.held(0), s.tokens()
	s.crowd(people, length-length/10)
	s.tell(people)
	for _, p := range people {
		p.settle()
	}
	s.events.Clear() // of settling
	end := s.held(warm.goroutines)
	made = s.tokens() - made
	n := &s.total
	s.t.Logf("%d requests, %d of them 503, %d faults; %d sign-ins, %d refreshes, %d ends, %d API keys; dead and forged tokens presented %d times",
		n.requests.Load(), n.unavailable.Load(), n.faults.Load(), n.signIns.Load(), n.refreshes.Load(), n.ends.Load(), n.keys.Load(), n.dead.Load())
	s.t.Logf("after the warm-up and at the end, with %d tokens in between: heap in use %d and %d kB, live %d and %d kB, goroutines %d and %d",
		made, warm.inUse>>10, end.inUse>>10, warm.live>>10, end.live>>10, warm.goroutines, end.goroutines)
	if s.empty() {
		s.t.Error("nobody refreshed, or nothing died: the traffic shows nothing")
	}
	if end.goroutines > warm.goroutines {
		s.t.Errorf("%d goroutines after the warm-up, %d at the end", warm.goroutines, end.goroutines)
	}
	if most := warm.live + 4<<20 + made*s.kept; end.live > most {
		s.t.Errorf("%d bytes live after the warm-up, %d at the end, want %d at most", warm.live, end.live, most)
	}
}

// tokens is how many were made.
func (s *soak) tokens() uint64 {
	n := &s.total
	return uint64(n.signIns.Load() + n.refreshes.Load() + n.keys.Load()) //nolint:gosec // counted up from zero
}

// crowd lets everybody live for as long, and until the traffic has shown something, while parts fail all the time.
func (s *soak) crowd(people []*soaker, length time.Duration) {
	begin := time.Now()
	ctx, cancel := context.WithTimeout(s.t.Context(), length)
	defer cancel()
	calm, end := context.WithCancel(s.t.Context())
	var chaos, all sync.WaitGroup
	chaos.Go(func() { s.disturb(calm) })
	for _, p := range people {
		all.Go(func() {
			for ctx.Err() == nil || s.empty() && time.Since(begin) < time.Minute {
				p.live(s.t.Context())
			}
		})
	}
	all.Wait()
	end()
	chaos.Wait()
}

// tell holds what is left against the rules for everybody together.
func (s *soak) tell(people []*soaker) {
	s.t.Helper()
	s.events.Range(func(id, events any) bool {
		s.t.Errorf("nobody sent the request %v of the events %v", id, events)
		return true
	})
	who := map[string]string{}
	for _, p := range people {
		if other, ok := who[p.id]; ok && p.id != "" {
			s.t.Errorf("%s and %s are one account", p.name, other)
		}
		who[p.id] = p.name
	}
}

// empty says that the traffic has shown nothing yet.
func (s *soak) empty() bool { return s.total.refreshes.Load() == 0 || s.total.dead.Load() == 0 }

// usage is what the process holds, in bytes and goroutines.
type usage struct {
	inUse, live uint64
	goroutines  int
}

// held measures once nobody is connected any more. Goroutines that end by themselves are waited for, until there are so few.
func (s *soak) held(few int) usage {
	s.Faults.Forget()
	s.reset()
	least := runtime.NumGoroutine()
	for begin, steady := time.Now(), 0; (few > 0 || steady < 20) && time.Since(begin) < 20*time.Second; {
		rest(s.t.Context(), 50)
		steady++
		if n := runtime.NumGoroutine(); n < least {
			least, steady = n, 0
		} else if few > 0 && n <= few {
			break
		}
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools kept over the first one
	runtime.ReadMemStats(&m)
	return usage{m.HeapInuse, m.HeapAlloc, least}
}

// pick answers a number below n.
func pick(n int) int {
	i, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err)
	}
	return int(i.Int64())
}

// disturb lets calls to the store fail all the time, every ten requests or so, before they do anything or after, and breaks its connections
// now and then. A call that hangs is for the back end to bound, and has tests of its own.
func (s *soak) disturb(ctx context.Context) {
	views := []string{
		"", "kv", "kv.Take", "kv.Count", "sessions", "sessions.State", "sessions.Rotate", "sessions.Revoke", "users", "locks", "apikeys",
	}
	effects := []authtest.Effect{authtest.Refuse, authtest.FailAfter}
	for ctx.Err() == nil {
		remove := s.Faults.Inject(authtest.Fault{On: views[pick(len(views))], Do: effects[pick(len(effects))], Times: 1 + pick(3)})
		if pick(20) == 0 {
			s.reset()
		}
		rest(ctx, 20+pick(100))
		for next := s.total.requests.Load() + int64(pick(20)); s.total.requests.Load() < next && ctx.Err() == nil; {
			rest(ctx, 5)
		}
		remove()
		s.Faults.Forget()
		s.total.faults.Add(1)
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
	events, _ := v.([]audit.Event)
	if decides = decides || a.status >= http.StatusBadRequest; decides && len(events) != 1 || !decides && len(events) != 0 ||
		decides && (events[0].Outcome == audit.Success) != (a.status < http.StatusBadRequest) {
		s.t.Errorf("%s %s answers %d with the events %v", method, path, a.status, events)
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

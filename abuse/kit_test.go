package abuse_test

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/abuse/disposable"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/user"
)

// fixture is a guard in memory with a spy at every side.
type fixture struct {
	*abuse.Guard

	t      *testing.T
	secret secret.Secret
	store  *memstore.Store
	opts   abuse.Options

	mu     sync.Mutex
	now    time.Time
	calls  []string
	events []audit.Event
	// broken is the verb that fails, as in calls.
	broken string
}

func fixed(t *testing.T, opts abuse.Options) *fixture {
	t.Helper()
	f := &fixture{t: t, secret: secret.New(), opts: opts, now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	f.store = memstore.New(&memstore.Options{Now: f.Now})
	f.Guard = f.twin()
	return f
}

// twin is another instance on the same store.
func (f *fixture) twin() *abuse.Guard {
	f.t.Helper()
	g, err := f.try()
	must(f.t, err)
	return g
}

func (f *fixture) try() (*abuse.Guard, error) {
	ring, err := secret.NewRing(f.secret)
	must(f.t, err)
	o := f.opts
	o.Now = f.Now
	o.Audit = audit.NewRecorder(audit.SinkFunc(f.event), f.Now)
	return abuse.New(spyKV{f.store.KV(), f}, spyLocks{f.store.Locks(), f}, ring, o)
}

func (f *fixture) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fixture) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

func (f *fixture) event(_ context.Context, e audit.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, e)
}

var netipAddr = netip.MustParseAddr("192.0.2.1")

var errBroken = errors.New("broken")

// call notes a round trip, and fails it where the test wants it.
func (f *fixture) call(verb string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, verb)
	if verb == f.broken {
		return errBroken
	}
	return nil
}

// take answers what has happened since the last call, and forgets it.
func (f *fixture) take() (calls []string, events []audit.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls, events = f.calls, f.events
	f.calls, f.events = nil, nil
	return calls, events
}

// from is the context of a request from an address.
func from(ip string) context.Context {
	return audit.WithOrigin(context.Background(), audit.Origin{IP: ip, RequestID: "r"})
}

// guesses is what the tests guess at.
func guesses(to user.Identifier) abuse.Subject {
	return abuse.Subject{Method: "code", ID: to.Value, MostLoose: abuse.MostFailures}
}

func email(address string) user.Identifier { return user.Identifier{Kind: user.Email, Value: address} }

func phone(number string) user.Identifier { return user.Identifier{Kind: user.Phone, Value: number} }

var (
	ada = email("ada@example.com")
	bob = email("bob@example.com")
)

// ask asks for a message as a stranger, and lets it leave.
func (f *fixture) ask(ctx context.Context, to user.Identifier, captcha string) error {
	return ask(ctx, f.Guard, abuse.Sending{To: to, Guesses: guesses(to), Captcha: captcha})
}

func ask(ctx context.Context, g *abuse.Guard, s abuse.Sending) error {
	p, err := g.Send(ctx, s)
	if err != nil {
		return err
	}
	return p.Leave(ctx)
}

// refused demands one refusal, which is one event.
func (f *fixture) refused(t *testing.T, err, want error, reason string) *problem.Error {
	t.Helper()
	p, ok := problem.As(err)
	if !errors.Is(err, want) || !ok {
		t.Fatalf("got %v, want %v", err, want)
	}
	_, events := f.take()
	if len(events) != 1 || events[0].Outcome != audit.Refused || events[0].Code != p.Code() || events[0].Reason != reason {
		t.Errorf("events %+v, want one refusal for the reason %q", events, reason)
	}
	if errors.Is(err, abuse.ErrRateLimited) && p.RetryAfter() <= 0 {
		t.Error("the refusal names no wait")
	}
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func filter(t *testing.T) *disposable.Filter {
	t.Helper()
	f, err := disposable.NewFilter(disposable.Options{})
	must(t, err)
	return f
}

// spyKV counts the round trips to what expires.
type spyKV struct {
	kv.Store

	f *fixture
}

func (s spyKV) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return errors.Join(s.f.call("kv.Set"), s.Store.Set(ctx, key, value, ttl))
}

func (s spyKV) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
	if err := s.f.call("kv.Add"); err != nil {
		return false, err
	}
	return s.Store.Add(ctx, key, value, ttl)
}

func (s spyKV) Get(ctx context.Context, key string) ([]byte, error) {
	if err := s.f.call("kv.Get"); err != nil {
		return nil, err
	}
	return s.Store.Get(ctx, key)
}

func (s spyKV) Count(ctx context.Context, key string, delta int64, ttl time.Duration) (int64, time.Duration, error) {
	if err := s.f.call("kv.Count"); err != nil {
		return 0, 0, err
	}
	return s.Store.Count(ctx, key, delta, ttl)
}

func (s spyKV) Delete(ctx context.Context, keys ...string) error {
	return errors.Join(s.f.call("kv.Delete"), s.Store.Delete(ctx, keys...))
}

// spyLocks counts the round trips to what lasts.
type spyLocks struct {
	abuse.Store

	f *fixture
}

func (s spyLocks) Lock(ctx context.Context, subject string) (abuse.Lock, error) {
	if err := s.f.call("locks.Lock"); err != nil {
		return abuse.Lock{}, err
	}
	return s.Store.Lock(ctx, subject)
}

func (s spyLocks) Swap(ctx context.Context, subject string, from, to abuse.Lock) (bool, error) {
	if err := s.f.call("locks.Swap"); err != nil {
		return false, err
	}
	return s.Store.Swap(ctx, subject, from, to)
}

func (s spyLocks) Clear(ctx context.Context, subject string) error {
	return errors.Join(s.f.call("locks.Clear"), s.Store.Clear(ctx, subject))
}

// solver is a CAPTCHA provider in the hands of a test.
type solver struct {
	mu    sync.Mutex
	calls []string
	err   error
}

func (s *solver) Widget() abuse.Widget { return abuse.Widget{Provider: "turnstile", SiteKey: "site"} }

func (s *solver) Verify(_ context.Context, token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, token)
	return s.err
}

func (s *solver) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.calls)
}

package authtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/user"
)

// TB is what this package needs of a *testing.T, *testing.B or *testing.F.
type TB interface {
	Helper()
	Cleanup(f func())
	Fatalf(format string, args ...any)
}

var keys = sync.OnceValues(jwt.GenerateKeys)

// Keys are the keys of all tests of a process: making some takes long under the race detector.
func Keys() *jwt.Keys {
	k, err := keys()
	if err != nil {
		panic(err) // only where crypto/rand fails, and that ends the program
	}
	return k
}

// plenty is a limit that no test reaches by accident.
const plenty = 1 << 20

// Server is a sign-in stack for a test, with everything it is connected to. Make one with [New].
type Server struct {
	*auth.Auth

	// Config is what it was made from.
	Config auth.Config
	// Clock is its time, unless the configuration has its own.
	Clock *Clock
	// Inbox gets its messages, unless the configuration has senders of its own.
	Inbox *Inbox
	// Events are its audit events, unless the configuration has a sink of its own.
	Events *Events
	// Faults stands before its stores.
	Faults *Faults

	t      TB
	memory *memstore.Store
	logs   *buffer
	peers  *atomic.Uint32
}

// New makes a sign-in stack from c, filling in what c leaves out: keys, a secret, memory, a clock that stands still, an inbox for
// mail and text messages to every country, and limits that no test reaches by accident. Everything else keeps the defaults
// of auth.Config; name the limits to test them. It is closed when the test ends.
func New(t TB, c auth.Config) *Server {
	t.Helper()
	s := &Server{Clock: NewClock(time.Now()), Inbox: NewInbox(), Events: &Events{}, Faults: &Faults{}, t: t, logs: &buffer{}, peers: &atomic.Uint32{}}
	if c.Issuer == "" {
		c.Issuer = "https://auth.example"
	}
	if c.Keys == nil {
		c.Keys = Keys()
	}
	if c.Secret.IsZero() {
		c.Secret = auth.NewSecret()
	}
	if c.Now == nil {
		c.Now = s.Clock.Now
	}
	s.wire(&c)
	c.Observe = beside(c.Observe)
	if c.Limits == (auth.Limits{}) {
		c.Limits = auth.Limits{IPPerMinute: plenty, RecipientPerHour: plenty, RecipientPerDay: plenty, DailyEmail: plenty, DailySMS: plenty}
	}
	if c.Audit == nil {
		c.Audit = s.Events
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.NewTextHandler(s.logs, nil))
	}
	s.Config = c
	s.start(t)
	return s
}

// wire connects senders and stores.
func (s *Server) wire(c *auth.Config) {
	if c.Email == nil && c.SMS == nil {
		c.Email, c.SMS = s.Inbox, s.Inbox
	}
	if c.SMS != nil && c.SMSCountries == nil {
		c.SMSCountries = []string{"*"}
	}
	if c.Store == nil {
		s.memory = memstore.New(&memstore.Options{Now: c.Now})
		c.Store = s.memory
	} else if m, ok := c.Store.(*memstore.Store); ok {
		s.memory = m
	}
	if s.memory != nil {
		s.memory, _ = s.memory.Namespace(c.Namespace).(*memstore.Store)
	}
	c.Store = s.Faults.Store(c.Store)
	if c.KV != nil {
		c.KV = s.Faults.KV(c.KV)
	}
	if c.Users != nil {
		c.Users = s.Faults.Users(c.Users)
		s.memory = nil
	}
}

func (s *Server) start(t TB) {
	t.Helper()
	a, err := auth.New(s.Config)
	if err != nil {
		t.Fatalf("authtest: %v", err)
		return
	}
	s.Auth = a
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = a.Close(ctx) // a test that stalls its sender gives messages up
	})
}

// Twin makes a second instance of the same service: same configuration, keys, secret, store, clock, inbox and events.
func (s *Server) Twin() *Server {
	s.t.Helper()
	twin := *s
	twin.start(s.t)
	return &twin
}

// Drain closes the server and answers once every message that it accepted has been sent or given up. A test that wants to see
// that nothing was sent looks into the inbox afterwards.
func (s *Server) Drain() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		s.t.Fatalf("authtest: %v", err)
	}
}

// Logs is what the library has logged so far.
func (s *Server) Logs() string { return s.logs.String() }

// Put stores an account with the attributes of u, with a new id where u has none, and answers it. It is for servers with
// memory of their own.
func (s *Server) Put(u user.User) user.User {
	s.t.Helper()
	if s.memory == nil {
		s.t.Fatalf("authtest: accounts are put into the host's own table")
		return u
	}
	ctx := context.Background()
	for _, id := range []user.Identifier{u.Address(user.Email), u.Address(user.Phone)} {
		if held, err := s.memory.Users().Find(ctx, id); err == nil && u.ID == "" {
			u.ID = held.ID
		}
	}
	if u.ID == "" {
		u.ID = rand.Text()
	}
	if u.Scope == "" {
		u.Scope = jwt.ScopeTenant
	}
	if err := s.memory.PutUser(ctx, u); err != nil {
		s.t.Fatalf("authtest: %v", err)
	}
	return u
}

// SignIn signs u in by a code to its e-mail address, or else to its phone, and answers the token. The account is put first; in a
// table of the host's own it must be there, or sign-up open. Where a second factor is owed, the token is a pre_auth token.
func (s *Server) SignIn(u user.User) string {
	s.t.Helper()
	token, cookies := s.signIn(u)
	for _, c := range cookies {
		token = c.Value // in cookie mode the answer holds none
	}
	return token
}

func (s *Server) signIn(u user.User) (token string, cookies []*http.Cookie) {
	s.t.Helper()
	if s.memory != nil {
		u = s.Put(u)
	}
	to, kind, path := u.Email, user.Email, "/login/email"
	if to == "" {
		to, kind, path = u.Phone, user.Phone, "/login/sms"
	}
	if s.Config.Users != nil && !s.Config.SignUp {
		if _, err := s.Config.Users.Find(context.Background(), user.Identifier{Kind: kind, Value: normal(to)}); err != nil {
			s.t.Fatalf("authtest: no code would be sent to %s, whom Config.Users does not find: %v", to, err)
			return "", nil
		}
	}
	var sent struct{ Challenge string }
	s.post(path, map[string]string{string(kind): to}, &sent)
	var answer struct{ Token string }
	cookies = s.post("/login/verify", map[string]string{"target": to, "code": s.Inbox.Code(s.t, normal(to)), "challenge": sent.Challenge}, &answer)
	return answer.Token, cookies
}

// post asks the handler from an address that nobody else uses, so that limits do not join tests. It answers the cookies that are set.
func (s *Server) post(path string, in map[string]string, out any) []*http.Cookie {
	s.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		s.t.Fatalf("authtest: %v", err)
	}
	at := s.Config.Path
	if at == "" {
		at = "/auth"
	}
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, at+path, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.RemoteAddr = s.peer()
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		s.t.Fatalf("authtest: %s answers %d %s", path, w.Code, w.Body)
		return nil
	}
	if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
		s.t.Fatalf("authtest: %s: %v", path, err)
	}
	return w.Result().Cookies()
}

// peer is an address that nobody else uses.
func (s *Server) peer() string {
	var peer [4]byte
	binary.BigEndian.PutUint32(peer[:], 10<<24+s.peers.Add(1)%(1<<24))
	return netip.AddrPortFrom(netip.AddrFrom4(peer), 1).String()
}

// normal is the spelling under which the inbox keeps messages to an address.
func normal(address string) string {
	parse := user.ParsePhone
	if strings.Contains(address, "@") {
		parse = user.ParseEmail
	}
	if id, err := parse(address); err == nil {
		return id.Value
	}
	return address
}

// buffer is a bytes.Buffer for many writers.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String is what was written.
func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

package session_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/user"
)

// hot is a gate whose curve operations are counted.
type hot struct {
	*session.Service

	other *session.Service // another instance, whose tokens are not known here
	store *memstore.Store
	user  user.User
	curve atomic.Int64
	wait  func() // before a curve operation, unless it is nil
	mu    sync.Mutex
	now   time.Time
}

func (h *hot) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hot) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

var hotKeys = sync.OnceValues(jwt.GenerateKeys)

func newHot(t testing.TB, keys *jwt.Keys) *hot {
	t.Helper()
	h := &hot{now: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}
	h.store = memstore.New(&memstore.Options{Now: h.clock})
	s := secret.New()
	tokens, err := jwt.New(keys, jwt.Options{Issuer: "https://example.com", Secret: s, Now: h.clock})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := secret.NewRing(s)
	if err != nil {
		t.Fatal(err)
	}
	guard, err := abuse.New(h.store.KV(), h.store.Locks(), ring, abuse.Options{Now: h.clock})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []**session.Service{&h.Service, &h.other} {
		*s, err = session.New(tokens, h.store.Sessions(), h.store.KV(), h.store.Users(), session.Options{
			Guard: guard, Audit: audit.NewRecorder(audit.SinkFunc(func(context.Context, audit.Event) {}), h.clock), Now: h.clock,
			Curve: func() {
				if h.curve.Add(1); h.wait != nil {
					h.wait()
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		(*s).Seal()
	}
	id, err := user.ParseEmail("a@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if h.user, err = h.store.Users().Create(t.Context(), user.NewUser{Identifier: id}); err != nil {
		t.Fatal(err)
	}
	return h
}

func start(t testing.TB) *hot {
	t.Helper()
	keys, err := hotKeys()
	if err != nil {
		t.Fatal(err)
	}
	return newHot(t, keys)
}

// signIn signs in at another instance.
func (h *hot) signIn(t testing.TB) string {
	t.Helper()
	return h.signInAt(t, h.other)
}

func (h *hot) signInAt(t testing.TB, s *session.Service) string {
	t.Helper()
	answer, err := s.SignIn(t.Context(), h.user, session.Factor{Method: "email_otp", At: h.clock()}, "")
	if err != nil {
		t.Fatal(err)
	}
	return answer.Token
}

func (h *hot) passes(t testing.TB, token string) *jwt.TokenPayload {
	t.Helper()
	p, err := h.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	return p
}

func (h *hot) refuses(t testing.TB, token, why string) {
	t.Helper()
	if _, err := h.Authenticate(t.Context(), token); !errors.Is(err, session.ErrInvalidToken) {
		t.Errorf("%s: %v", why, err)
	}
}

func TestASeenTokenCostsNoCurve(t *testing.T) {
	h := start(t)
	token := h.signIn(t)
	for range 10 {
		h.passes(t, token)
	}
	if n := h.curve.Load(); n != 1 {
		t.Errorf("%d curve operations for one token", n)
	}
}

// TestWhoIsEndedWhileTheyWaitIsRefused: a token that waits for the curve is judged by the time at which it is let in.
func TestWhoIsEndedWhileTheyWaitIsRefused(t *testing.T) {
	for name, end := range map[string]func(h *hot, p *jwt.TokenPayload) error{
		"the session": func(h *hot, p *jwt.TokenPayload) error { return h.other.Logout(t.Context(), p) },
		"the token":   func(h *hot, p *jwt.TokenPayload) error { return h.other.RevokeToken(t.Context(), p) },
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			token := h.signIn(t)
			p, err := h.other.Genuine(t.Context(), token) // where it was signed, without the curve
			if err != nil {
				t.Fatal(err)
			}
			h.wait = func() {
				h.advance(time.Second)
				if err := end(h, p); err != nil {
					t.Error(err)
				}
			}
			h.refuses(t, token, "a token that was ended while it waited")
			if h.curve.Load() != 1 {
				t.Error("it has not waited")
			}
		})
	}
}

// TestWhatWasSignedHereCostsNoCurve: whoever made a signature need not verify it, and knows it by every byte.
func TestWhatWasSignedHereCostsNoCurve(t *testing.T) {
	h := start(t)
	token := h.signInAt(t, h.Service)
	dot := strings.LastIndexByte(token, '.')
	flipped := token[:dot+1] + map[bool]string{true: "B", false: "A"}[token[dot+1] == 'A'] + token[dot+2:]
	h.refuses(t, flipped, "another signature, before its token was seen")
	if n := h.curve.Load(); n != 1 {
		t.Errorf("%d curve operations for another signature", n)
	}
	h.passes(t, token)
	if n := h.curve.Load(); n != 1 {
		t.Errorf("%d curve operations more for a token that was signed here", n-1)
	}
}

// TestWhatWasSignedHereDies: that a token was signed here says nothing of whether it lives.
func TestWhatWasSignedHereDies(t *testing.T) {
	for name, kill := range map[string]func(h *hot){
		"all sessions are ended": func(h *hot) { must(t, h.EndAll(t.Context(), h.user.ID, "")) },
		"its time is over":       func(h *hot) { h.advance(31 * time.Minute) },
	} {
		h := start(t)
		token := h.signInAt(t, h.Service)
		kill(h)
		h.refuses(t, token, name)
	}
}

// TestAnyFlippedBitIsRefused flips bits all over a token that was seen. Those of the signature cost no curve operation.
func TestAnyFlippedBitIsRefused(t *testing.T) {
	h := start(t)
	token := h.signIn(t)
	h.passes(t, token)
	for i := range token {
		for _, bit := range []byte{1, 2, 4, 8, 16, 32, 64, 128} {
			b := []byte(token)
			b[i] ^= bit
			h.refuses(t, string(b), "a flipped bit")
		}
	}
	if n := h.curve.Load(); n != 1 {
		t.Errorf("%d curve operations", n)
	}
	h.passes(t, token)
}

func TestASeenTokenDiesAtItsNextHit(t *testing.T) {
	for _, c := range []struct {
		rule string
		kill func(t *testing.T, h *hot, p *jwt.TokenPayload)
	}{
		{"logout", func(t *testing.T, h *hot, p *jwt.TokenPayload) { must(t, h.Logout(t.Context(), p)) }},
		{"the end of its session", func(t *testing.T, h *hot, p *jwt.TokenPayload) {
			must(t, h.End(t.Context(), p.UserID, p.SessionID))
		}},
		{"the end of all sessions of its user", func(t *testing.T, h *hot, p *jwt.TokenPayload) { must(t, h.EndAll(t.Context(), p.UserID, "")) }},
		{"the end of everything", func(t *testing.T, h *hot, _ *jwt.TokenPayload) { must(t, h.EndEverything(t.Context())) }},
		{"its revocation", func(t *testing.T, h *hot, p *jwt.TokenPayload) { must(t, h.RevokeToken(t.Context(), p)) }},
		{"its time", func(_ *testing.T, h *hot, _ *jwt.TokenPayload) { h.advance(31 * time.Minute) }},
	} {
		t.Run(c.rule, func(t *testing.T) {
			h := start(t)
			token := h.signIn(t)
			p := h.passes(t, token)
			c.kill(t, h, p)
			h.refuses(t, token, c.rule)
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestOtherKeysShareNoVerdict is what removing a key comes to: a service with another key set remembers for itself.
func TestOtherKeysShareNoVerdict(t *testing.T) {
	h := start(t)
	token := h.signIn(t)
	h.passes(t, token)
	keys, err := jwt.GenerateKeys()
	must(t, err)
	newHot(t, keys).refuses(t, token, "a token of other keys")
}

// TestConcurrentMissesShareOneVerification presents one new token from many callers at once.
func TestConcurrentMissesShareOneVerification(t *testing.T) {
	h := start(t)
	token := h.signIn(t)
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for range 50 {
		wg.Go(func() {
			<-begin
			h.passes(t, token)
		})
	}
	close(begin)
	wg.Wait()
	// Some may come after the first verification and before its end is remembered; each wave shares one.
	if n := h.curve.Load(); n > 5 {
		t.Errorf("%d curve operations for 50 callers", n)
	}
}

// TestJunkEvictsNothing offers a million tokens that hold nothing.
func TestJunkEvictsNothing(t *testing.T) {
	h := start(t)
	token := h.signIn(t)
	h.passes(t, token)
	head := token[:strings.LastIndexByte(token, '.')-4]
	n := 1_000_000
	if testing.Short() || testutil.Race { // the race detector makes each ten times slower and finds nothing more in more of them
		n = 20_000
	}
	for i := range n {
		junk := []byte(head + "AAAA." + token[len(head)+5:])
		for k := range 4 {
			junk[len(head)+k] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"[i>>(5*k)&31]
		}
		if _, err := h.Authenticate(t.Context(), string(junk)); err == nil && string(junk) != token {
			t.Fatal("junk was accepted")
		}
	}
	before := h.curve.Load()
	h.passes(t, token)
	if n := h.curve.Load(); n != 1 || before != 1 {
		t.Errorf("%d curve operations", n)
	}
}

// TestHandlersCannotChangeASharedPayload changes what FromContext answers.
func TestHandlersCannotChangeASharedPayload(t *testing.T) {
	h := start(t)
	token := h.signIn(t)
	ctx := jwt.NewContext(t.Context(), h.passes(t, token))
	mine, _ := jwt.FromContext(ctx)
	mine.UserID, mine.Methods[0], mine.Extra["auth_method"] = "root", "webauthn", "webauthn"
	p := h.passes(t, token)
	if p.UserID != h.user.ID || p.Methods[0] != "email_otp" || p.Extra["auth_method"] != "email_otp" {
		t.Errorf("the shared payload was changed: %+v", p)
	}
}

package catalogue

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/memstore"
)

// lossy is a back end that loses a field of each ceremony that it keeps, once the test says which.
type lossy struct {
	kv.Store

	// slow says that the test server is.
	slow   bool
	mu     sync.Mutex
	kept   map[string][]byte
	spoilt bool
	lose   func(record map[string]any)
}

func (l *lossy) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if strings.Contains(key, "webauthn:c:") {
		l.mu.Lock()
		l.kept[key] = bytes.Clone(value)
		l.mu.Unlock()
	}
	return l.Store.Set(ctx, key, value, ttl)
}

func (l *lossy) Take(ctx context.Context, key string) ([]byte, error) {
	b, err := l.Store.Take(ctx, key)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil || !strings.Contains(key, "webauthn:c:") {
		return b, err
	}
	l.spoilt = l.spoilt || !bytes.Equal(b, l.kept[key])
	if l.lose == nil {
		return b, nil
	}
	var record map[string]any
	if err := json.Unmarshal(b, &record); err != nil {
		return nil, err
	}
	l.lose(record)
	return json.Marshal(record)
}

// newest is a record that was kept last, whichever.
func (l *lossy) newest(t *testing.T) (record map[string]any) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.kept {
		if err := json.Unmarshal(b, &record); err != nil {
			t.Fatal(err)
		}
	}
	clear(l.kept)
	return record
}

// losing changes what the back end does to records.
func (l *lossy) losing(lose func(record map[string]any)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lose = lose
}

// losses are all ways to lose a field of a record, at any depth: it is gone, null, or nothing of its kind.
func losses(record map[string]any, under ...string) map[string]func(map[string]any) {
	all := map[string]func(map[string]any){}
	for name, v := range record {
		at := slices.Concat(under, []string{name})
		if inner, ok := v.(map[string]any); ok {
			maps.Copy(all, losses(inner, at...))
		}
		lose := func(change func(map[string]any)) func(map[string]any) {
			return func(m map[string]any) {
				for _, step := range under {
					m, _ = m[step].(map[string]any)
				}
				change(m)
			}
		}
		path := strings.Join(at, ".")
		all[path+" gone"] = lose(func(m map[string]any) { delete(m, name) })
		all[path+" null"] = lose(func(m map[string]any) { m[name] = nil })
		all[path+" empty"] = lose(func(m map[string]any) {
			switch m[name].(type) {
			case string:
				m[name] = ""
				if strings.HasSuffix(path, "session.expires") {
					m[name] = time.Time{}
				}
			case float64:
				m[name] = 0
			case bool:
				m[name] = false
			case []any:
				m[name] = []any{}
			case map[string]any:
				m[name] = map[string]any{}
			}
		})
	}
	return all
}

// onLossy runs f on every back end behind one that loses fields.
func onLossy(t *testing.T, f func(t *testing.T, e *env, l *lossy)) {
	t.Helper()
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			var c auth.Config
			b.open(t, &c)
			if c.Store == nil {
				c.Store = memstore.New(nil)
			}
			l := &lossy{Store: c.Store.KV(), slow: b.slow, kept: map[string][]byte{}}
			c.KV = l
			f(t, open(t, backend{"", func(*testing.T, *auth.Config) {}, b.wall, b.slow}, 2, c), l)
			if l.spoilt {
				t.Error("the back end answers other bytes than it was given")
			}
		})
	}
}

// eachLoss runs try with every field of the ceremony lost that begin has made. On a slow server one way to lose it is enough.
func (l *lossy) eachLoss(t *testing.T, begin func(), try func(t *testing.T)) {
	t.Helper()
	l.newest(t)
	begin()
	all := losses(l.newest(t))
	if len(all) < 3*8 {
		t.Fatalf("%d ways to lose a field: %v", len(all), all)
	}
	for name, lose := range all {
		if l.slow && !strings.HasSuffix(name, " empty") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			l.losing(lose)
			defer l.losing(nil)
			try(t)
		})
	}
}

// denied demands a refusal, for whatever reason.
func denied(t *testing.T, what string, a answer) {
	t.Helper()
	switch a.status {
	case http.StatusUnauthorized, http.StatusBadRequest, http.StatusServiceUnavailable:
		if a.text("token") == "" {
			return
		}
	}
	t.Errorf("%s answers %d %s", what, a.status, a.body)
}

// unverifiedFlags are those of an authenticator that did not verify its user.
var unverifiedFlags = authtest.WithFlags(authtest.UserPresent)

// TestW02_ASignInThatLostAField: a ceremony that comes back from the store without one of its fields is refused, or asks for no less than
// before (the class of CVE-2026-47841).
func TestW02_ASignInThatLostAField(t *testing.T) {
	onLossy(t, func(t *testing.T, e *env, l *lossy) {
		a := &authtest.Authenticator{}
		token := e.login(ada)
		k := e.passkey(token, a)
		elsewhere := authtest.Set(map[string]any{"origin": "https://other.example"})
		l.eachLoss(t, func() { e.request() }, func(t *testing.T) {
			if got := e.assert(a.Assert(e.request(), k)); got.status == http.StatusOK {
				e.signsIn(t, got, e.account(ada))
			} else {
				denied(t, "the owner", got)
			}
			denied(t, "without verification", e.assert(a.Assert(e.request(), k, unverifiedFlags)))
			denied(t, "another origin", e.assert(a.Assert(e.request(), k, elsewhere)))
			denied(t, "another relying party", e.assert(a.Assert(e.request(), k, func(n *authtest.Answer) { n.RPID = "other.example" })))
			denied(t, "for a registration", e.registers(token, a, e.request()))
			late := a.Assert(e.request(), k)
			e.Clock.Advance(5*time.Minute + time.Second)
			denied(t, "late", e.assert(late))
			token = e.signsIn(t, e.hers(t, l, a, k), e.account(ada))
		})
	})
}

// registers answers the challenge of other options with a new passkey.
func (e *env) registers(token string, a *authtest.Authenticator, options []byte) answer {
	e.t.Helper()
	var o struct{ Challenge string }
	if err := json.Unmarshal(options, &o); err != nil {
		e.t.Fatal(err)
	}
	c, _ := a.Register(e.creation(token), authtest.Set(map[string]any{"challenge": o.Challenge}))
	return e.offer(token, c)
}

// TestW02_AProofThatLostAField is the same for a passkey as the second factor.
func TestW02_AProofThatLostAField(t *testing.T) {
	onLossy(t, func(t *testing.T, e *env, l *lossy) {
		a := &authtest.Authenticator{}
		token := e.login(ada)
		k := e.passkey(token, a)
		options := func(token string) []byte {
			var o struct{ PublicKey json.RawMessage }
			if err := json.Unmarshal([]byte(e.stepUpOptions(token, "webauthn").body), &o); err != nil {
				t.Fatal(err)
			}
			return o.PublicKey
		}
		prove := func(token string, credential []byte) answer {
			return e.post("/auth/reauthenticate", fmt.Sprintf(`{"credential":%s}`, credential), key(token))
		}
		bobs := e.login(bob)
		b := e.passkey(bobs, a)
		l.eachLoss(t, func() { options(token) }, func(t *testing.T) {
			e.Clock.Advance(time.Second) // the oldest session ends, and none is as old as another
			other := e.signsIn(t, e.hers(t, l, a, k), e.account(ada))
			if got := prove(token, a.Assert(options(token), k)); got.status == http.StatusOK {
				token = got.text("token")
			} else {
				denied(t, "the owner", got)
			}
			denied(t, "without verification", prove(token, a.Assert(options(token), k, unverifiedFlags)))
			denied(t, "another session", prove(other, a.Assert(options(token), k)))
			denied(t, "for a sign-in", e.assert(a.Assert(options(token), k)))
			before := options(token)
			later := e.passkeyOf(t, l, token, a)
			denied(t, "a passkey that was not asked for", prove(token, a.Assert(before, later)))
			if _, err := e.passkeys().Delete(t.Context(), e.account(ada), later.ID); err != nil {
				t.Fatal(err)
			}
			denied(t, "another user", prove(bobs, a.Assert(options(token), b)))
			// A right proof clears the guesses of each account.
			token = e.signsIn(t, e.whole(l, func() answer { return prove(other, a.Assert(options(other), k)) }), e.account(ada))
			bobs = e.signsIn(t, e.whole(l, func() answer { return prove(bobs, a.Assert(options(bobs), b)) }), e.account(bob))
		})
	})
}

// whole runs act on a back end that loses nothing.
func (e *env) whole(l *lossy, act func() answer) answer {
	l.mu.Lock()
	lose := l.lose
	l.lose = nil
	l.mu.Unlock()
	defer l.losing(lose)
	return act()
}

// hers signs in with a passkey on a back end that loses nothing.
func (e *env) hers(t *testing.T, l *lossy, a *authtest.Authenticator, k *authtest.Passkey) answer {
	t.Helper()
	return e.whole(l, func() answer { return e.assert(a.Assert(e.request(), k)) })
}

// passkeyOf registers a passkey on a back end that loses nothing.
func (e *env) passkeyOf(t *testing.T, l *lossy, token string, a *authtest.Authenticator) (k *authtest.Passkey) {
	t.Helper()
	e.whole(l, func() answer {
		k = e.passkey(token, a)
		return answer{}
	})
	return k
}

// TestW02_ARegistrationThatLostAField is the same for a registration: what is kept of an accepted one is whole.
func TestW02_ARegistrationThatLostAField(t *testing.T) {
	onLossy(t, func(t *testing.T, e *env, l *lossy) {
		a := &authtest.Authenticator{}
		token := e.login(ada)
		k := e.passkey(token, a)
		bobs := e.login(bob)
		l.eachLoss(t, func() { e.creation(token) }, func(t *testing.T) {
			e.Clock.Advance(session.Freshness / 2)
			token = e.signsIn(t, e.hers(t, l, a, k), e.account(ada))
			other := e.signsIn(t, e.hers(t, l, a, k), e.account(ada))
			bobs = e.login(bob)
			c, made := a.Register(e.creation(token))
			if got := e.offer(token, c); got.status == http.StatusCreated {
				kept, err := e.passkeys().Load(t.Context(), made.ID)
				if err != nil || !bytes.Equal(kept.Handle, k.Handle) || !kept.UserVerified || kept.UserID != e.account(ada) {
					t.Errorf("the store holds %+v, %v", kept, err)
				}
				e.signsIn(t, e.hers(t, l, a, made), e.account(ada))
				if _, err := e.passkeys().Delete(t.Context(), kept.UserID, kept.ID); err != nil {
					t.Fatal(err)
				}
			} else {
				denied(t, "the owner", got)
			}
			offer := func(what, token string, forge func(*authtest.Answer)) {
				t.Helper()
				c, _ := a.Register(e.creation(token), forge)
				denied(t, what, e.offer(token, c))
			}
			offer("without verification", token, authtest.WithFlags(authtest.UserPresent|authtest.AttestedData))
			offer("an algorithm that was not offered", token, hostileKeys(t)[0].forge)
			offer("another origin", token, authtest.Set(map[string]any{"origin": "https://other.example"}))
			c, _ = a.Register(e.creation(token))
			denied(t, "another session", e.offer(other, c))
			c, _ = a.Register(e.creation(token))
			denied(t, "another user", e.offer(bobs, c))
			denied(t, "for a sign-in", e.assert(a.Assert(e.creation(token), k)))
		})
		if list, err := e.passkeys().List(t.Context(), e.account(bob)); err != nil || len(list) != 0 {
			t.Errorf("bob has %v, %v", list, err)
		}
	})
}

package catalogue

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// TestW02_ChallengeReplay: a challenge is made by the server, has 32 bytes, and is good once, whoever presents it and however it ends.
func TestW02_ChallengeReplay(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token := e.login(ada)
		a := &authtest.Authenticator{}
		k := e.passkey(token, a)

		first := e.request()
		var o struct{ Challenge string }
		if err := json.Unmarshal(first, &o); err != nil {
			t.Fatal(err)
		}
		if raw, err := base64.RawURLEncoding.DecodeString(o.Challenge); err != nil || len(raw) != 32 {
			t.Errorf("the challenge %q has %d bytes, want 32", o.Challenge, len(raw))
		}
		used := a.Assert(first, k)
		session := e.signsIn(t, e.assert(used), e.account(ada))
		answers := map[string]answer{}
		refuse := func(name string, act func() answer) {
			answers[name] = e.refuses(t, http.StatusUnauthorized, "invalid_credentials", act)
		}
		refuse("the same assertion again", func() answer { return e.assert(used) })
		refuse("another assertion of a used challenge", func() answer { return e.assert(a.Assert(first, k)) })
		if got := e.do(http.MethodPost, "/auth/logout", "", key(session)); got.status != http.StatusNoContent {
			t.Fatalf("logout answers %d", got.status)
		}
		refuse("after logout", func() answer { return e.assert(used) })
		for name, challenge := range map[string]string{
			"a challenge of the client's own": base64.RawURLEncoding.EncodeToString(make([]byte, 32)),
			"an empty challenge":              "", "8 bytes": base64.RawURLEncoding.EncodeToString(make([]byte, 8)),
			"a challenge with padding": o.Challenge + "=", "a long challenge": o.Challenge + o.Challenge,
		} {
			refuse(name, func() answer {
				return e.assert(a.Assert(e.request(), k, authtest.Set(map[string]any{"challenge": challenge})))
			})
		}
		late := a.Assert(e.request(), k)
		e.Clock.Advance(5*time.Minute + time.Second)
		refuse("after 5 minutes and 1 second", func() answer { return e.assert(late) })
		same(t, answers)
	})
}

// TestW02_OneChallengeAtOnce: 20 at once present the same assertion.
func TestW02_OneChallengeAtOnce(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		a := &authtest.Authenticator{}
		k := e.passkey(e.login(ada), a)
		body := fmt.Sprintf(`{"credential":%s}`, a.Assert(e.request(), k))
		var won atomic.Int32
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				got, err := e.try(http.MethodPost, "/auth/webauthn/login/verify", body, header("Content-Type", "application/json"))
				if err != nil {
					t.Error(err)
				}
				if got.status == http.StatusOK {
					won.Add(1)
				} else if got.text("code") != "invalid_credentials" {
					t.Errorf("answers %d %s", got.status, got.body)
				}
			})
		}
		all.Wait()
		if n := won.Load(); n != 1 {
			t.Errorf("%d sign-ins with one assertion, want 1", n)
		}
	})
}

// TestW02_AnotherCeremony: a challenge is bound to its purpose, its user and the token that asked for it.
func TestW02_AnotherCeremony(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		a := &authtest.Authenticator{}
		adas, bobs := e.login(ada), e.login(bob)
		k := e.passkey(adas, a)
		answers := map[string]answer{}
		refuse := func(name string, act func() answer) {
			answers[name] = e.refuses(t, http.StatusUnauthorized, "invalid_credentials", act)
		}
		registering, _ := a.Register(e.creation(adas))
		refuse("ada's registration by bob", func() answer { return e.offer(bobs, registering) })
		refuse("and by ada after that", func() answer { return e.offer(adas, registering) })
		refuse("a challenge of a sign-in for a registration", func() answer {
			// The options of a sign-in name no user: what is wrong here is the challenge alone.
			var o struct{ Challenge string }
			_ = json.Unmarshal(e.request(), &o)
			c, _ := a.Register(e.creation(adas), authtest.Set(map[string]any{"challenge": o.Challenge}))
			return e.offer(adas, c)
		})
		refuse("a challenge of a registration for a sign-in", func() answer { return e.assert(a.Assert(e.creation(adas), k)) })

		e.t.Helper()
		first := e.preAuth(ada)
		second := e.preAuth(ada)
		options := e.ceremony("/auth/2fa/webauthn/options", key(first))
		refuse("a challenge of one pre_auth token with another", func() answer { return e.second(second, a.Assert(options, k)) })
		refuse("and with its own after that", func() answer { return e.second(first, a.Assert(options, k)) })
		refuse("a challenge of a second factor for a sign-in", func() answer {
			return e.assert(a.Assert(e.ceremony("/auth/2fa/webauthn/options", key(first)), k))
		})
		refuse("a challenge of a sign-in for a second factor", func() answer { return e.second(first, a.Assert(e.request(), k)) })
		same(t, answers)
		got := e.second(first, a.Assert(e.ceremony("/auth/2fa/webauthn/options", key(first)), k))
		e.signsIn(t, got, e.account(ada))
	})
}

// preAuth is the token of a sign-in by code that owes a second factor.
func (e *env) preAuth(email string) string {
	e.t.Helper()
	handle, code := e.code(email)
	a := e.verify(email, handle, code)
	if a.text("token_type") != "pre_auth" {
		e.t.Fatalf("the sign-in answers %s", a.body)
	}
	return a.text("token")
}

// TestW02_AnotherRelyingParty: a challenge of a service with another relying party id, which shares the store, is worth nothing here.
func TestW02_AnotherRelyingParty(t *testing.T) {
	e := alone(t, auth.Config{})
	a := &authtest.Authenticator{}
	k := e.passkey(e.login(ada), a)
	other := e.beside(func(c *auth.Config) {
		c.Passkeys = auth.Passkeys{RPID: "login.example", Origins: []string{"https://login.example"}}
	})
	challenge := func(options []byte) string {
		var o struct {
			Challenge string `json:"challenge"`
		}
		if err := json.Unmarshal(options, &o); err != nil {
			t.Fatal(err)
		}
		return o.Challenge
	}
	own := e.request()
	foreign := strings.Replace(string(own), challenge(own), challenge(other.request()), 1)
	e.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer { return e.assert(a.Assert([]byte(foreign), k)) })
	if got := e.assert(a.Assert(own, k)); got.status != http.StatusOK {
		t.Errorf("its own challenge answers %d %s", got.status, got.body)
	}
}

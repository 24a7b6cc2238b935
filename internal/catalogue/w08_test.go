package catalogue

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// as gives a new passkey the id of another one.
func as(id []byte) func(*authtest.Answer) { return func(n *authtest.Answer) { n.ID = id } }

// TestW08_TakenID: a credential id that anybody has is refused, and the first owner's record stays byte for byte.
func TestW08_TakenID(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		a := &authtest.Authenticator{}
		adas, bobs := e.login(ada), e.login(bob)
		k := e.passkey(adas, a)
		before, answers := e.kept(k), map[string]answer{}
		for name, token := range map[string]string{"another user": bobs, "the same user": adas} {
			c, _ := a.Register(e.creation(token), as(k.ID))
			answers[name] = e.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer { return e.offer(token, c) })
			if after := e.kept(k); after != before {
				t.Errorf("%s: the record is %s, and was %s", name, after, before)
			}
		}
		same(t, answers)
		e.signsIn(t, e.assert(a.Assert(e.request(), k)), e.account(ada))
	})
}

// TestW08_Race: two users register one id at once.
func TestW08_Race(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		a, id := &authtest.Authenticator{}, make([]byte, 32)
		_, _ = rand.Read(id)
		tokens := []string{e.login(ada), e.login(bob)}
		bodies := make([]string, 20)
		for i := range bodies {
			c, _ := a.Register(e.creation(tokens[i%2]), as(id))
			bodies[i] = fmt.Sprintf(`{"credential":%s}`, c)
		}
		var won atomic.Int32
		var all sync.WaitGroup
		for i, body := range bodies {
			all.Go(func() {
				got, err := e.try(http.MethodPost, "/auth/webauthn/register/verify", body, key(tokens[i%2]), header("Content-Type", "application/json"))
				if err != nil {
					t.Error(err)
				}
				if got.status == http.StatusCreated {
					won.Add(1)
				}
			})
		}
		all.Wait()
		if n := won.Load(); n != 1 {
			t.Errorf("%d registrations of one id, want 1", n)
		}
		total := 0
		for _, email := range []string{ada, bob} {
			list, err := e.passkeys().List(t.Context(), e.account(email))
			if err != nil {
				t.Fatal(err)
			}
			total += len(list)
		}
		if total != 1 {
			t.Errorf("%d passkeys, want 1", total)
		}
	})
}

// TestW08_OtherNamespace: the same id in another namespace is another passkey, and no challenge crosses over.
func TestW08_OtherNamespace(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			one := open(t, b, 1, auth.Config{})
			c := one.Config
			c.Namespace, c.Email, c.SMS, c.Audit = "two", nil, nil, nil
			two := open(t, backend{"", func(*testing.T, *auth.Config) {}, b.wall, b.slow}, 1, c)
			two.Config.Store = two.Config.Store.Namespace("two") // where the test puts accounts
			a := &authtest.Authenticator{}
			k := one.passkey(one.login(ada), a)
			before := one.kept(k)
			other := two.passkey(two.login(bob), a, as(k.ID))
			if after := one.kept(k); after != before {
				t.Errorf("the record is %s, and was %s", after, before)
			}
			two.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer { return two.assert(a.Assert(two.request(), k)) })
			two.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer { return two.assert(a.Assert(one.request(), other)) })
			two.signsIn(t, two.assert(a.Assert(two.request(), other)), two.account(bob))
		})
	}
}

// TestW08_Length: an id has 1 to 1023 bytes.
func TestW08_Length(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		a, token := &authtest.Authenticator{}, e.login(ada)
		e.refusesRegistrations(t, token, a, []tried{
			{"1024 bytes", as(bytes.Repeat([]byte{1}, 1024))},
			{"another id inside than outside", func(n *authtest.Answer) { n.AttestedID = bytes.Repeat([]byte{2}, 32) }},
			{"rawId unlike id", func(n *authtest.Answer) {
				n.JSON = func(c, _ map[string]any) { c["rawId"] = base64.RawURLEncoding.EncodeToString([]byte("other")) }
			}},
			{"no attested data", authtest.WithFlags(upuv)},
		})
		c, _ := a.Register(e.creation(token), as([]byte{}))
		e.refuses(t, http.StatusBadRequest, "invalid_request", func() answer { return e.offer(token, c) })
		for _, n := range []int{1, 16, 1023} {
			k := e.passkey(token, a, as(bytes.Repeat([]byte{byte(n)}, n)))
			e.signsIn(t, e.assert(a.Assert(e.request(), k)), e.account(ada))
		}
	})
}

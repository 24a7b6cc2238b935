package session

import (
	"crypto/rand"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/web"
	"github.com/crafteasy/auth/jwt"
)

var epoch = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// remember puts a token that is good for half an hour into the table.
func remember(v *verified, token string) *web.Caller {
	c := &web.Caller{Payload: &jwt.TokenPayload{TokenID: token, IssuedAt: epoch, ExpiresAt: epoch.Add(30 * time.Minute)}}
	v.put(token, digestOf(token), &entry{caller: c}, epoch)
	return c
}

func TestRememberedInsideItsTime(t *testing.T) {
	v := newVerified(1024, 30*time.Second)
	remember(v, "a.b.c")
	for _, c := range []struct {
		rule  string
		after time.Duration
		want  bool
	}{
		{"at once", 0, true},
		{"just before its end and the leeway", 30*time.Minute + 30*time.Second - time.Nanosecond, true},
		{"the end is exclusive", 30*time.Minute + 30*time.Second, false},
		{"a clock set back by the leeway", -30 * time.Second, true},
		{"a clock set back further", -31 * time.Second, false},
	} {
		if ok := v.get(digestOf("a.b.c"), epoch.Add(c.after)) != nil; ok != c.want {
			t.Errorf("%s: %v", c.rule, ok)
		}
	}
}

// TestADigestIsComparedInFull holds two tokens apart whose digests lie in one set and differ in their last bit.
func TestADigestIsComparedInFull(t *testing.T) {
	v := newVerified(1024, 0)
	remember(v, "a.b.c")
	near := digestOf("a.b.c")
	near[len(near)-1] ^= 1
	if v.get(near, epoch) != nil {
		t.Error("a token is found under a digest that begins like its own")
	}
}

// TestAnotherSignatureIsKnown refuses by look-up what shares header and payload with an accepted token.
func TestAnotherSignatureIsKnown(t *testing.T) {
	v := newVerified(1024, 0)
	remember(v, "a.b.c")
	if v.get(digestOf("a.b.d"), epoch) != nil {
		t.Error("another spelling shares the verdict")
	}
	for _, c := range []struct {
		rule, token string
		after       time.Duration
		forged      bool
	}{
		{"another signature", "a.b.d", 0, true},
		{"none", "a.b.", 0, true},
		{"the token itself", "a.b.c", 0, false},
		{"other bytes", "a.c.c", 0, false},
		{"after its end nothing is known", "a.b.d", time.Hour, false},
		{"what is no token", "c", 0, false},
	} {
		if got := v.forged(c.token, digestOf(c.token), epoch.Add(c.after)); got != c.forged {
			t.Errorf("%s is taken for forged: %v", c.rule, got)
		}
	}
	token := "e.f." + strings.Repeat("AQ", 88)
	remember(v, token)
	if other := twin(token); other == "" || other == token || twin(other) != token || v.forged(other, digestOf(other), epoch) {
		t.Error("the twin, which verifies, is taken for forged: whoever presents one first would lock the owner out")
	}
	if other := token[:len(token)-1] + "g"; !v.forged(other, digestOf(other), epoch) {
		t.Error("a bit more or less is not taken for forged")
	}
}

// TestAFullTableForgetsTheUnused keeps what is asked for while others come and go.
func TestAFullTableForgetsTheUnused(t *testing.T) {
	v := newVerified(64, 0)
	want := remember(v, "hot.p.s")
	for i := range 10_000 {
		remember(v, fmt.Sprintf("cold%d.p.s", i))
		if got := v.get(digestOf("hot.p.s"), epoch); got == nil || got.caller != want {
			t.Fatalf("forgotten after %d others", i)
		}
	}
}

// TestTheTableUnderChurn is for the race detector: readers and writers of the same sets.
func TestTheTableUnderChurn(t *testing.T) {
	v := newVerified(64, 0)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 2000 {
				token := fmt.Sprintf("t%d.p.s", (i*(w+1))%300)
				if e := v.get(digestOf(token), epoch); e != nil && e.caller.Payload.TokenID != token {
					t.Errorf("%s answers %s", token, e.caller.Payload.TokenID)
				}
				remember(v, token)
			}
		})
	}
	wg.Wait()
}

// TestMemoryOfARememberedToken prints what a token of the usual size costs.
func TestMemoryOfARememberedToken(t *testing.T) {
	const n = 100_000
	v := newVerified(n, 0)
	before := heap()
	for i := range n {
		id := rand.Text()
		c := &web.Caller{Payload: &jwt.TokenPayload{
			TokenID: id, UserID: id, SessionID: id, TokenType: jwt.TypeUser, Scope: jwt.ScopeTenant, Methods: []string{"email_otp"},
			IssuedAt: epoch, ExpiresAt: epoch.Add(time.Hour),
		}}
		token := fmt.Sprintf("h.%d.s", i)
		v.put(token, digestOf(token), &entry{caller: c}, epoch)
	}
	t.Logf("%d bytes a token at %d tokens, the claims of the host not counted", (heap()-before)/n, n)
	runtime.KeepAlive(v)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

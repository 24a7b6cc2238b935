package session

import (
	"crypto/rand"
	"fmt"
	"reflect"
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
	e := &entry{caller: *c}
	v.put(token, digestOf(token), e, epoch)
	return &e.caller
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
		if got := v.get(digestOf("hot.p.s"), epoch); got == nil || &got.caller != want {
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

// mostBytes is what a remembered token may cost, as [Options.TokenCache] says.
const mostBytes = 600

// TestMemoryOfARememberedToken holds what a token of the usual size costs, with all that its payload keeps alive.
func TestMemoryOfARememberedToken(t *testing.T) {
	if n := bytesPerToken(100_000); n > mostBytes {
		t.Errorf("%d bytes a token", n)
	}
}

// BenchmarkMemoryOfARememberedToken prints the same for more of them.
func BenchmarkMemoryOfARememberedToken(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(float64(bytesPerToken(n)), "B/token")
			}
		})
	}
}

// bytesPerToken fills a table with n tokens as they come out of their verification: every text is a part of the whole payload.
func bytesPerToken(n int) int64 {
	v := newVerified(n, 0)
	before := heap()
	for range n {
		text := strings.Repeat("-", 500) + rand.Text()[:22] + rand.Text()[:22] + rand.Text()[:22] + "https://issuer.example" + "user" + "tenant" + "email_otp" + "web"
		part := func(length int) (s string) {
			s, text = text[len(text)-length:], text[:len(text)-length]
			return s
		}
		p := &jwt.TokenPayload{OriginApp: part(3), Methods: []string{part(9)}, Scope: part(6), TokenType: jwt.TokenType(part(4)), Issuer: part(22)}
		p.Audience, p.TokenID, p.UserID, p.SessionID = p.Issuer, part(22), part(22), part(22)
		p.Extra, p.AuthTime = map[string]any{"auth_method": p.Methods[0]}, epoch
		p.IssuedAt, p.ExpiresAt = epoch, epoch.Add(time.Hour)
		token := p.TokenID + ".p.s"
		lean := v.lean(p)
		v.put(token, digestOf(token), &entry{caller: web.Caller{Payload: lean}, traits: traits{line: lean.SessionID}}, epoch)
	}
	cost := int64(heap()-before) / int64(n)
	runtime.KeepAlive(v)
	return cost
}

// TestALeanPayloadSaysTheSame holds the copy that is kept to what it was made of, field by field.
func TestALeanPayloadSaysTheSame(t *testing.T) {
	p := &jwt.TokenPayload{
		TokenID: "jti", TokenType: jwt.TypeUser, UserID: "sub", UserName: "name", TenantID: "tenant", PartnerID: "partner", Scope: jwt.ScopeSystem,
		OriginApp: "app", IsSystemUser: true, SessionID: "sid", AuthTime: epoch, Epoch: 7, Methods: []string{"email_otp", "totp"}, AAL: 2,
		Extra: map[string]any{"auth_method": "totp", "own": 1.0}, Issuer: "iss", Audience: "aud", IssuedAt: epoch, ExpiresAt: epoch.Add(time.Hour),
	}
	for i, f := range reflect.VisibleFields(reflect.TypeFor[jwt.TokenPayload]()) {
		if reflect.ValueOf(*p).Field(i).IsZero() {
			t.Errorf("the test leaves %s empty", f.Name)
		}
	}
	v := newVerified(64, 0)
	for range 2 { // the second from names that are known
		if got := v.lean(p); got == p || !reflect.DeepEqual(got, p) {
			t.Errorf("%+v is kept as %+v", p, got)
		}
	}
	if got := v.lean(&jwt.TokenPayload{}); !reflect.DeepEqual(got, &jwt.TokenPayload{}) {
		t.Errorf("nothing is kept as %+v", got)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestScopesLeaveNothingBehind: a table that forgets its tokens forgets what they were for, however many scopes there are.
func TestScopesLeaveNothingBehind(t *testing.T) {
	v := newVerified(8, 0)
	for i := range 1000 {
		v.lean(&jwt.TokenPayload{Issuer: "iss", Audience: "aud", TokenType: jwt.TypeService, Scope: fmt.Sprint("scope", i)})
	}
	n := 0
	v.names.Range(func(any, any) bool { n++; return true })
	if n != 3 {
		t.Errorf("%d texts are kept for good", n)
	}
}

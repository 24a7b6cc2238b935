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

// written is a token whose payload ends in mac, with a signature that ends in signature.
func written(payload, mac, signature string) string {
	fill := func(s, with string, n int) string { return strings.Repeat(with, n-len(s)) + s }
	return "head." + payload + fill(mac, "m", macText) + "." + fill(signature, "A", signatureText)
}

// remember puts a token that is good for half an hour into the table.
func remember(v *verified, token string) *entry {
	c := web.Caller{Payload: &jwt.TokenPayload{TokenID: token, IssuedAt: epoch, ExpiresAt: epoch.Add(30 * time.Minute)}}
	e := &entry{caller: c}
	v.put(token, e, epoch)
	return e
}

// found answers the entry of a token at that time.
func (v *verified) found(token string, now time.Time) *entry {
	e, _ := v.get(token, now)
	return e
}

func TestRememberedInsideItsTime(t *testing.T) {
	v := newVerified(1024, 30*time.Second)
	token := written("a", "b", "c")
	remember(v, token)
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
		if e, forged := v.get(token, epoch.Add(c.after)); (e != nil) != c.want || forged {
			t.Errorf("%s: %v, forged: %v", c.rule, e != nil, forged)
		}
	}
}

// TestADigestIsComparedInFull: a token whose digest differs from that of the remembered one in its last bit is another.
func TestADigestIsComparedInFull(t *testing.T) {
	v := newVerified(1024, 0)
	token := written("a", "b", "c")
	e := remember(v, token)
	e.token[len(e.token)-1] ^= 1
	if v.found(token, epoch) != nil {
		t.Error("a token is found under a digest that begins like its own")
	}
}

// TestACopyOfAnAcceptedTokenIsKnown refuses by look-up what has the mac of an accepted token and is not that token.
func TestACopyOfAnAcceptedTokenIsKnown(t *testing.T) {
	v := newVerified(ways, 0) // one set for all
	token := written("a", "b", "c")
	remember(v, token)
	for _, c := range []struct {
		rule, token   string
		after         time.Duration
		known, forged bool
	}{
		{"the token itself", token, 0, true, false},
		{"another signature", written("a", "b", "d"), 0, false, true},
		{"another payload under its mac", written("c", "b", "c"), 0, false, true},
		{"another mac", written("a", "c", "c"), 0, false, false},
		{"after its end nothing is known", written("a", "b", "d"), time.Hour, false, false},
		{"a longer signature", token + "A", 0, false, false},
		{"as much before its mac as a token holds", strings.Repeat("a", longest-len(token)) + token, 0, false, true},
		{"more than a token holds is not read", strings.Repeat("a", longest-len(token)+1) + token, 0, false, false},
		{"none", strings.TrimRight(token, "Ac"), 0, false, false},
		{"what is no token", "c", 0, false, false},
		{"nothing", "", 0, false, false},
	} {
		if e, forged := v.get(c.token, epoch.Add(c.after)); (e != nil) != c.known || forged != c.forged {
			t.Errorf("%s is known: %v, taken for forged: %v", c.rule, e != nil, forged)
		}
	}
	token = written("e", "f", strings.Repeat("AQ", 88))
	remember(v, token)
	other := twin(token)
	if other == "" || other == token || twin(other) != token {
		t.Fatalf("the twin of %q is %q", token, other)
	}
	if e, forged := v.get(other, epoch); e != nil || forged {
		t.Error("the twin, which verifies, is taken for forged: whoever presents one first would lock the owner out")
	}
	if _, forged := v.get(token[:len(token)-1]+"g", epoch); !forged {
		t.Error("a bit more or less is not taken for forged")
	}
	remember(v, other)
	for _, each := range []string{token, other} {
		if e, forged := v.get(each, epoch); e == nil || e.caller.Payload.TokenID != each || forged {
			t.Error("of a token and its twin, both accepted, one is not found")
		}
	}
}

// TestAFullTableForgetsTheUnused keeps what is asked for while others come and go.
func TestAFullTableForgetsTheUnused(t *testing.T) {
	v := newVerified(64, 0)
	token := written("p", "hot", "s")
	want := remember(v, token)
	for i := range 10_000 {
		remember(v, written("p", fmt.Sprint(i), "s"))
		if v.found(token, epoch) != want {
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
				token := written("p", fmt.Sprint((i*(w+1))%300), "s")
				if e := v.found(token, epoch); e != nil && e.caller.Payload.TokenID != token {
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
		lean := v.lean(p)
		v.put(written("p", p.TokenID, "s"), &entry{caller: web.Caller{Payload: lean}, traits: traits{line: lean.SessionID}}, epoch)
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

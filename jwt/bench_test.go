package jwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha512"
	"slices"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/jwt"
)

// The curve operation is the denominator of every figure. Both sides run in turns, so that a busy machine slows
// both alike.

func BenchmarkSign(b *testing.B) {
	f := newFixture(b)
	p := f.payload(jwt.TypeUser)
	digest := sha512.Sum512([]byte("as long as any"))
	against(b, "x-raw", func() {
		if _, err := f.forge.Key.Sign(nil, digest[:], crypto.SHA512); err != nil {
			b.Fatal(err)
		}
	}, func() {
		if _, err := f.service.Sign(p); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	f := newFixture(b)
	token := f.sign(b, f.payload(jwt.TypeUser))
	against(b, "x-raw", f.rawVerify(b), func() {
		if _, err := f.service.Verify(token); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkRemote shows what a token costs that a Remote has seen.
func BenchmarkRemote(b *testing.B) {
	f := newFixture(b)
	r := f.remote(b, newPublisher(b, f.service.JWKS()).URL)
	token := f.sign(b, f.payload(jwt.TypeUser))
	against(b, "x-raw", f.rawVerify(b), func() {
		if _, err := r.Authenticate(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkRefuse shows what a token costs that its issuer never made. The bound is a hundredth of a verification.
func BenchmarkRefuse(b *testing.B) {
	f := newFixture(b)
	h, c := f.forge.Header("user"), f.forge.Claims("user", f.now)
	for name, token := range map[string]string{
		"no mac":       f.forge.Raw(h.String(), c.String()),
		"wrong mac":    f.forge.Raw(h.String(), c.With("mac", `"AAAAAAAAAAAAAAAAAAAAAA"`).String()),
		"expired":      f.forge.Token(h, c.With("iat", forge.Unix(f.now.Add(-time.Hour))).With("exp", forge.Unix(f.now.Add(-time.Minute)))),
		"wrong issuer": f.forge.Token(h, c.With("iss", `"https://other.example"`)),
		"unknown kid":  f.forge.Token(h.With("kid", `"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"`), c),
		"8 KiB":        string(make([]byte, 8<<10)),
	} {
		b.Run(name, func(b *testing.B) {
			against(b, "x-raw", f.rawVerify(b), func() {
				if _, err := f.service.Verify(token); err == nil {
					b.Fatal("accepted")
				}
			})
		})
	}
}

// mostAllocations are what a verification may allocate besides the curve.
const mostAllocations = 30

func TestAVerificationCostsFewAllocations(t *testing.T) {
	if testutil.Race {
		t.Skip("the race detector allocates; go test ./jwt without it runs this")
	}
	examine := examined(t)
	if n := testing.AllocsPerRun(100, examine); n > mostAllocations {
		t.Errorf("%v allocations besides the curve", n)
	} else {
		t.Logf("%v allocations besides the curve", n)
	}
}

func BenchmarkExamine(b *testing.B) {
	examine := examined(b)
	b.ReportAllocs()
	for b.Loop() {
		examine()
	}
}

// examined is a verification without the curve.
func examined(tb testing.TB) func() {
	tb.Helper()
	f := newFixture(tb)
	p := f.payload(jwt.TypeUser)
	p.Extra = map[string]any{"auth_method": "totp"}
	token := f.sign(tb, p)
	return func() {
		if _, err := jwt.Examine(f.service, token); err != nil {
			tb.Fatal(err)
		}
	}
}

func (f *fixture) rawVerify(b *testing.B) func() {
	digest := sha512.Sum512([]byte("as long as any"))
	der, err := f.forge.Key.Sign(nil, digest[:], crypto.SHA512)
	if err != nil {
		b.Fatal(err)
	}
	return func() {
		if !ecdsa.VerifyASN1(&f.forge.Key.PublicKey, digest[:], der) {
			b.Fatal("refused")
		}
	}
}

// against reports how many times the raw operation ours takes, by the medians: a mean would count what else the
// machine had to do.
func against(b *testing.B, unit string, raw, ours func()) {
	b.Helper()
	b.ReportAllocs()
	var rawTimes, ourTimes []time.Duration
	for b.Loop() {
		start := time.Now()
		raw()
		middle := time.Now()
		ours()
		ourTimes = append(ourTimes, time.Since(middle))
		rawTimes = append(rawTimes, middle.Sub(start))
	}
	slices.Sort(rawTimes)
	slices.Sort(ourTimes)
	r, o := rawTimes[len(rawTimes)/2], ourTimes[len(ourTimes)/2]
	b.ReportMetric(float64(o)/float64(r), unit)
	b.ReportMetric(float64(o.Nanoseconds()), "ours-ns/op")
}

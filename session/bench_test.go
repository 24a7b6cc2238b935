package session_test

import (
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/session"
)

// BenchmarkAuthenticate is a token that was seen before: run it with -cpu 1,2 for how it scales.
func BenchmarkAuthenticate(b *testing.B) {
	h := start(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		h := h
		token := h.signIn(b)
		for pb.Next() {
			if _, err := h.Authenticate(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkMirrorCheck is what the mirror adds to a request, and what an entry of it costs: for a token that nothing is known against,
// among few and many entries, and for one whose user has ended other sessions.
func BenchmarkMirrorCheck(b *testing.B) {
	for _, n := range []int{0, 1000, 300_000} {
		m := session.NewMirror(&fakeFeed{}, session.LongestLag, time.Now, slog.New(slog.DiscardHandler))
		m.Poll(b.Context())
		s := m.Before(accepting{})
		before := heapInUse()
		for i := range n {
			id := func(kind string) string { return fmt.Sprintf("%s%021d", kind, i) } // 22 characters, as all ids here
			_ = s.Revoke(b.Context(), session.Revocation{UserID: id("u"), TokenID: id("t"), At: time.Now(), Until: time.Now().Add(time.Hour)})
		}
		grown := heapInUse() - before
		_, _ = s.MoveEpoch(b.Context(), "moved", "spared", 1)
		for name, user := range map[string]string{"nothing known": "u-of-a-token-like-others", "an epoch known": "moved"} {
			b.Run(fmt.Sprintf("%d entries/%s", n, name), func(b *testing.B) {
				look := m.Look(&jwt.TokenPayload{UserID: user, SessionID: "s-of-a-token-like-others", TokenID: "t-of-a-token-like-others"})
				now := time.Now()
				b.ReportAllocs()
				for b.Loop() {
					if _, ok := look(now); !ok {
						b.Fatal("the mirror does not answer")
					}
				}
				if n > 0 {
					b.ReportMetric(float64(grown)/float64(n), "B/entry")
				}
			})
		}
	}
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

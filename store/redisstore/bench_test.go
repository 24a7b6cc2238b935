package redisstore_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/session"
)

func BenchmarkVerbs(b *testing.B) {
	rdb := single(b)
	s := empty(rdb, nil)
	if err := prepare(b.Context(), s); err != nil {
		b.Fatal(err)
	}
	for _, v := range verbs {
		switch v.name {
		case "sessions.State", "sessions.Load", "sessions.Rotate", "sessions.List", "kv.Set", "kv.Take", "kv.Count", "locks.Swap":
			b.Run(v.name, func(b *testing.B) {
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if err := v.call(b.Context(), s); err != nil {
							b.Error(err)
						}
					}
				})
			})
		}
	}
}

// BenchmarkMemory reports what the server's memory grows by for each session, of users with one and with ten, and for each
// revocation.
func BenchmarkMemory(b *testing.B) {
	const n = 20000
	for _, each := range []int{1, 10} {
		b.Run(fmt.Sprintf("%d per user", each), func(b *testing.B) {
			for b.Loop() {
				rdb := single(b)
				s := empty(rdb, nil).Sessions()
				before := memory(b, rdb)
				fillServer(b, n, func(i int) error { return s.Create(b.Context(), typical(i/each, i)) })
				with := memory(b, rdb)
				fillServer(b, n, func(i int) error {
					t := typical(i/each, i)
					return s.Revoke(b.Context(), session.Revocation{UserID: t.UserID, SessionID: t.ID, At: present, Until: present.Add(time.Hour)})
				})
				b.ReportMetric(float64(with-before)/n, "B/session")
				b.ReportMetric(float64(memory(b, rdb)-with)/n, "B/revocation")
				if err := rdb.FlushAll(b.Context()).Err(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func fillServer(b *testing.B, n int, put func(i int) error) {
	b.Helper()
	for i := range n {
		if err := put(i); err != nil {
			b.Fatal(err)
		}
	}
}

// typical is a session as a browser's sign-in makes it, after its first refresh.
func typical(userNumber, number int) session.Session {
	id := func(kind string, n int) string { return fmt.Sprintf("%s%021d", kind, n) } // 22 characters
	s := session.Session{
		ID: id("s", number), UserID: id("u", userNumber), CreatedAt: present, ExpiresAt: present.Add(session.LongestSession), LastSeenAt: present,
		OriginApp: "web", IP: "2001:db8:85a3::8a2e:370:7334", Previous: id("p", number), RotatedAt: present,
		UserAgent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
	}
	s.Token = jwt.TokenPayload{
		TokenID: id("t", number), TokenType: jwt.TypeUser, UserID: s.UserID, UserName: "Anna Svensson", TenantID: id("n", 1), Scope: jwt.ScopeTenant,
		OriginApp: "web", SessionID: s.ID, AuthTime: present, Epoch: present.UnixMilli(), Methods: []string{"email_otp", "totp"}, AAL: 1,
		Extra: map[string]any{"auth_method": "email_otp"}, Issuer: "https://auth.example.com", Audience: "https://auth.example.com",
		IssuedAt: present, ExpiresAt: present.Add(30 * time.Minute),
	}
	return s
}

// memory is what the server has allocated for its data, in bytes.
func memory(b *testing.B, rdb *redis.Client) int64 {
	b.Helper()
	for line := range strings.Lines(rdb.Info(b.Context(), "memory").Val()) {
		if v, ok := strings.CutPrefix(line, "used_memory:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			return n
		}
	}
	b.Fatal("no used_memory")
	return 0
}

package catalogue

import (
	"context"
	"crypto/rand"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/store/redisstore"
)

// page is a page of a list, and what the user with few sessions has.
const page = 20

// costs are back ends with a measure of what a number of sessions takes.
var costs = []struct {
	name string
	many int // sessions of the user with many
	open func(b *testing.B) (s session.Store, bytes func() float64)
}{
	{"memory", 10_000, func(*testing.B) (session.Store, func() float64) { return memstore.New(nil).Sessions(), heap }},
	{"redis", 10_000, func(b *testing.B) (session.Store, func() float64) {
		rdb := redis.NewClient(&redis.Options{Addr: testutil.RedisServer(b), ContextTimeoutEnabled: true})
		b.Cleanup(func() { _ = rdb.Close() })
		prefix := rand.Text()
		return redisstore.New(rdb, &redisstore.Options{Prefix: prefix}).Sessions(), func() float64 {
			total := int64(0)
			for keys := rdb.Scan(context.Background(), 0, prefix+"*", 1000).Iterator(); keys.Next(context.Background()); {
				total += rdb.MemoryUsage(context.Background(), keys.Val(), 0).Val()
			}
			return float64(total)
		}
	}},
	{"mongodb", 500, func(b *testing.B) (session.Store, func() float64) {
		client, err := mongo.Connect(options.Client().ApplyURI(testutil.MongoServer(b)))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = client.Disconnect(context.Background()) })
		db := client.Database("b" + rand.Text())
		s := mongostore.New(db, &mongostore.Options{AllowNoTTL: true, Timeout: time.Minute})
		if err := s.Ensure(b.Context()); err != nil {
			b.Fatal(err)
		}
		return s.Sessions(), func() float64 { return documents(b, db) }
	}},
}

// heap is what lives on it.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// documents is how many bytes those of the database have, as BSON and without indexes.
func documents(b *testing.B, db *mongo.Database) float64 {
	b.Helper()
	names, err := db.ListCollectionNames(b.Context(), bson.D{})
	if err != nil {
		b.Fatal(err)
	}
	total := 0
	for _, name := range names {
		all, err := db.Collection(name).Find(b.Context(), bson.D{})
		if err != nil {
			b.Fatal(err)
		}
		for all.Next(b.Context()) {
			total += len(all.Current)
		}
	}
	return float64(total)
}

// BenchmarkSessionsOfOneUser compares a user whose sessions are one page with one who has ten thousand: ending them all and a page of
// their list should cost the same. It also reports what a session takes in the back end. The test server for MongoDB reads the whole
// collection for each list and is slow to fill, so there are five hundred; MongoDB itself has an index for it (Ensure).
func BenchmarkSessionsOfOneUser(b *testing.B) {
	for _, c := range costs {
		s, size := c.open(b)
		fill(b, s, "few", page)
		before := size()
		fill(b, s, "many", c.many)
		perSession := (size() - before) / float64(c.many)
		verbs := map[string]func(userID string) error{
			"revoke all": func(userID string) error {
				_, err := s.MoveEpoch(b.Context(), userID, "", time.Now().UnixMilli())
				return err
			},
			"a page": func(userID string) error {
				list, err := s.List(b.Context(), userID, page)
				if err == nil && len(list) == 0 {
					err = fmt.Errorf("%s lists none", userID)
				}
				return err
			},
		}
		for name, verb := range verbs {
			b.Run(c.name+"/"+name, func(b *testing.B) {
				var took [2]time.Duration
				for b.Loop() {
					for i, userID := range []string{"few", "many"} {
						began := time.Now()
						if err := verb(userID); err != nil {
							b.Fatal(err)
						}
						took[i] += time.Since(began)
					}
				}
				b.ReportMetric(float64(took[1])/float64(took[0]), "many/few")
				b.ReportMetric(float64(took[0].Microseconds())/float64(b.N), "µs/few")
				b.ReportMetric(float64(took[1].Microseconds())/float64(b.N), "µs/many")
				b.ReportMetric(perSession, "B/session")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// fill gives a user sessions as browsers make them. A page of few is as long as one of many.
func fill(b *testing.B, s session.Store, userID string, n int) {
	b.Helper()
	now := time.Now().UTC().Truncate(time.Millisecond)
	for i := range n {
		id := fmt.Sprintf("%s-%018d", userID, i)
		n := session.Session{
			ID: id, UserID: userID, CreatedAt: now.Add(time.Duration(i) * time.Millisecond), ExpiresAt: now.Add(session.LongestSession), LastSeenAt: now,
			OriginApp: "web", IP: "2001:db8:85a3::8a2e:370:7334",
			UserAgent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
			Token: jwt.TokenPayload{
				TokenID: rand.Text()[:22], TokenType: jwt.TypeUser, UserID: userID, UserName: "Anna Svensson", TenantID: "acme", Scope: jwt.ScopeTenant,
				OriginApp: "web", SessionID: id, AuthTime: now, Methods: []string{"email_otp"}, AAL: 1, Issuer: issuer, Audience: issuer,
				IssuedAt: now, ExpiresAt: now.Add(30 * time.Minute), Extra: map[string]any{"auth_method": "email_otp"},
			},
		}
		if err := s.Create(b.Context(), n); err != nil {
			b.Fatal(err)
		}
	}
}

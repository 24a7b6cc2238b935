package catalogue

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/store/redisstore"
)

// page is a page of a list.
const page = 20

// costs is an empty back end with measures of what it takes.
type costs struct {
	sessions session.Store
	// bytes is what it holds, and entries what of that are entries of indexes, where they can be told apart.
	bytes, entries func() float64
	// seen is the same back end with everything counted that goes to it and comes back, or nil for one in the same process.
	seen  session.Store
	trips trips
	proxy *testutil.Proxy
}

// costly are the back ends, with the number of sessions that shows what each of them takes.
var costly = []struct {
	name string
	some int
	open func(b *testing.B) *costs
}{
	{"memory", 10_000, func(*testing.B) *costs { return &costs{sessions: memstore.New(nil).Sessions(), bytes: heap} }},
	{"redis", 10_000, redisCosts},
	{"mongodb", 200, mongoCosts},
}

// heap is what lives on it.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

func redisCosts(b *testing.B) *costs {
	addr, prefix := testutil.RedisServer(b), rand.Text()
	c := &costs{proxy: testutil.NewProxy(b, addr)}
	open := func(addr string) (*redis.Client, session.Store) {
		rdb := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true})
		b.Cleanup(func() { _ = rdb.Close() })
		return rdb, redisstore.New(rdb, &redisstore.Options{Prefix: prefix}).Sessions()
	}
	var direct, counted *redis.Client
	direct, c.sessions = open(addr)
	counted, c.seen = open(c.proxy.Addr())
	counted.AddHook(&c.trips)
	c.bytes = func() float64 {
		total := int64(0)
		for keys := direct.Scan(context.Background(), 0, prefix+"*", 1000).Iterator(); keys.Next(context.Background()); {
			total += direct.MemoryUsage(context.Background(), keys.Val(), 0).Val()
		}
		return float64(total)
	}
	return c
}

func mongoCosts(b *testing.B) *costs {
	uri, err := url.Parse(testutil.MongoServer(b))
	if err != nil {
		b.Fatal(err)
	}
	c, name := &costs{proxy: testutil.NewProxy(b, uri.Host)}, "b"+rand.Text()
	open := func(o *options.ClientOptions) (*mongo.Database, *mongostore.Store) {
		client, err := mongo.Connect(o)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = client.Disconnect(context.Background()) })
		db := client.Database(name)
		return db, mongostore.New(db, &mongostore.Options{AllowNoTTL: true, Timeout: time.Minute})
	}
	db, direct := open(options.Client().ApplyURI(uri.String()))
	if err := direct.Ensure(b.Context()); err != nil {
		b.Fatal(err)
	}
	uri.Host = c.proxy.Addr()
	_, counted := open(options.Client().ApplyURI(uri.String()).SetDirect(true).
		SetServerMonitoringMode(options.ServerMonitoringModePoll).SetHeartbeatInterval(time.Hour). // it sends nothing of its own
		SetMonitor(&event.CommandMonitor{Started: c.trips.started}))
	c.sessions, c.seen = direct.Sessions(), counted.Sessions()
	c.bytes = func() float64 {
		documents, entries := stored(b, db)
		return float64(documents + entries)
	}
	c.entries = func() float64 {
		_, entries := stored(b, db)
		return float64(entries)
	}
	return c
}

// stored is how many bytes the documents of a database have, as BSON, and the entries of their indexes: for each field the value and a
// byte for its type, and 8 for where the document is. MongoDB compresses both, and its trees have room to spare.
func stored(b *testing.B, db *mongo.Database) (documents, entries int) {
	b.Helper()
	names, err := db.ListCollectionNames(b.Context(), bson.D{})
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range names {
		indexes, err := db.Collection(name).Indexes().ListSpecifications(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		var docs []bson.Raw
		all, err := db.Collection(name).Find(b.Context(), bson.D{})
		if err == nil {
			err = all.All(b.Context(), &docs)
		}
		if err != nil {
			b.Fatal(err)
		}
		for _, doc := range docs {
			documents += len(doc)
			for _, index := range indexes {
				keys, err := index.KeysDocument.Elements()
				if err != nil {
					b.Fatal(err)
				}
				entries += 8
				for _, k := range keys {
					entries += 1 + len(doc.Lookup(strings.Split(k.Key(), ".")...).Value)
				}
			}
		}
	}
	return documents, entries
}

// BenchmarkSessionsOfOneUser compares users with one session, a hundred and ten thousand, beside ten thousand of other users: ending them all
// and a page of their list should cost the same. The test server for MongoDB looks through the whole collection for each command, so
// times tell of it alone; round trips and bytes are those of MongoDB, which has indexes (Ensure).
func BenchmarkSessionsOfOneUser(b *testing.B) {
	users, sizes := []string{"one_", "some", "many"}, []int{1, 100, 10_000}
	for _, each := range costly {
		c := each.open(b)
		for i, userID := range users {
			fill(b, c.sessions, sizes[i], func(int) string { return userID })
		}
		fill(b, c.sessions, 10_000, func(i int) string { return fmt.Sprintf("other%05d", i) })
		at := time.Now().UnixMilli()
		verbs := map[string]func(s session.Store, userID string) error{
			"revoke all": func(s session.Store, userID string) error {
				at += 10_000 // as after a while without any
				_, err := s.MoveEpoch(b.Context(), userID, "", at)
				return err
			},
			"a page": func(s session.Store, userID string) error {
				list, err := s.List(b.Context(), userID, page)
				if err == nil && len(list) == 0 {
					err = fmt.Errorf("%s lists none", userID)
				}
				return err
			},
		}
		for name, verb := range verbs {
			b.Run(each.name+"/"+name, func(b *testing.B) {
				run := func(s session.Store, userID string) time.Duration {
					began := time.Now()
					if err := verb(s, userID); err != nil {
						b.Fatal(err)
					}
					return time.Since(began)
				}
				var trips, moved [3]float64
				for i, userID := range users {
					run(c.sessions, userID)
					if c.seen == nil {
						continue
					}
					run(c.seen, userID) // which connects it
					before := c.proxy.Bytes()
					n, _ := c.trips.during(func() { run(c.seen, userID) })
					trips[i], moved[i] = float64(n), float64(c.proxy.Bytes()-before)
				}
				var took [3]time.Duration
				for b.Loop() {
					for i, userID := range users {
						took[i] += run(c.sessions, userID)
					}
				}
				for i, size := range sizes {
					b.ReportMetric(float64(took[i].Microseconds())/float64(b.N), fmt.Sprintf("µs/%d", size))
					if c.seen != nil {
						b.ReportMetric(trips[i], fmt.Sprintf("trips/%d", size))
						b.ReportMetric(moved[i], fmt.Sprintf("wire-B/%d", size))
					}
				}
				b.ReportMetric(float64(took[2])/float64(took[1]), "many/few")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// BenchmarkBytes reports what a back end keeps of a session as a sign-in leaves it and as a refresh does, of users with one and with ten; and
// what it keeps beside it after each refresh, until the token that was replaced would have ended.
func BenchmarkBytes(b *testing.B) {
	for _, each := range costly {
		for _, perUser := range []int{1, 10} {
			b.Run(fmt.Sprintf("%s/%d per user", each.name, perUser), func(b *testing.B) {
				owner := func(i int) string { return fmt.Sprintf("user%018d", i/perUser) }
				n := float64(each.some)
				for b.Loop() {
					fresh, c := each.open(b), each.open(b)
					before := fresh.bytes()
					for i := range each.some {
						s := browsers(owner(i), i)
						s.Previous, s.RotatedAt = "", time.Time{}
						if err := fresh.sessions.Create(b.Context(), s); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric((fresh.bytes()-before)/n, "B/sign-in")
					before = c.bytes()
					fill(b, c.sessions, each.some, owner)
					full := c.bytes()
					b.ReportMetric((full-before)/n, "B/session")
					if c.entries != nil {
						b.ReportMetric(c.entries()/n, "index-B/session")
					}
					for i := range each.some {
						s := browsers(owner(i), i)
						r := session.Revocation{UserID: s.UserID, TokenID: s.Previous, At: s.CreatedAt, Until: s.Token.ExpiresAt}
						if err := c.sessions.Revoke(b.Context(), r); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric((c.bytes()-full)/n, "B/refresh")
					runtime.KeepAlive(fresh)
					runtime.KeepAlive(c)
				}
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// browsers is a session as the sign-in of a browser makes it and a refresh leaves it. Those of one user are as long as one another.
func browsers(userID string, i int) session.Session {
	now := time.Now().UTC().Truncate(time.Millisecond)
	id := fmt.Sprintf("s%021d", i) // 22 characters
	return session.Session{
		ID: id, UserID: userID, CreatedAt: now.Add(time.Duration(i) * time.Millisecond), ExpiresAt: now.Add(session.LongestSession), LastSeenAt: now,
		OriginApp: "web", IP: "2001:db8:85a3::8a2e:370:7334", Previous: fmt.Sprintf("p%021d", i), RotatedAt: now,
		UserAgent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
		Token: jwt.TokenPayload{
			TokenID: fmt.Sprintf("t%021d", i), TokenType: jwt.TypeUser, UserID: userID, UserName: "Anna Svensson", TenantID: "acme",
			Scope: jwt.ScopeTenant, OriginApp: "web", SessionID: id, AuthTime: now, Epoch: now.UnixMilli(), Methods: []string{"email_otp"}, AAL: 1,
			Issuer: issuer, Audience: issuer, IssuedAt: now, ExpiresAt: now.Add(30 * time.Minute), Extra: map[string]any{"auth_method": "email_otp"},
		},
	}
}

// fill stores as many sessions.
func fill(b *testing.B, s session.Store, n int, owner func(i int) string) {
	b.Helper()
	for i := range n {
		if err := s.Create(b.Context(), browsers(owner(i), i)); err != nil {
			b.Fatal(err)
		}
	}
}

package catalogue

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/store/redisstore"
	"github.com/crafteasy/auth/user"
)

// TestMixing tries every combination of back ends for what lasts, what expires and the user table: those that may be mixed sign
// people in and out, the others are refused with a sentence that names the field.
func TestMixing(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: testutil.RedisServer(t), ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = rdb.Close() })
	client, err := mongo.Connect(options.Client().ApplyURI(testutil.MongoServer(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) })
	made := map[string]func() store.Store{
		"none":   func() store.Store { return nil },
		"memory": func() store.Store { return memstore.New(nil) },
		"redis":  func() store.Store { return redisstore.New(rdb, &redisstore.Options{Prefix: rand.Text()}) },
		"mongo": func() store.Store {
			return mongostore.New(client.Database("m"+rand.Text()), &mongostore.Options{AllowNoTTL: true, Timeout: 20 * time.Second})
		},
	}
	for lasting, makeStore := range made {
		for expiring, makeKV := range made {
			for _, own := range []bool{false, true} {
				t.Run(fmt.Sprintf("Store %s, KV %s, own users %v", lasting, expiring, own), func(t *testing.T) {
					c := auth.Config{Issuer: issuer, Keys: authtest.Keys(), Secret: auth.NewSecret(), Email: authtest.NewInbox(), SignUp: true, Now: time.Now}
					c.Store = makeStore()
					if s := makeKV(); s != nil {
						c.KV = s.KV()
					}
					if own {
						c.Users = memstore.New(nil).Users()
					}
					a, err := auth.New(c)
					if own && (lasting == "none" || lasting == "memory") {
						if err == nil || !strings.Contains(err.Error(), "Config.Store ") {
							t.Fatalf("it starts, or does not say why not: %v", err)
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					_ = a.Close(t.Context())
					c.Email = nil
					comesAndGoes(t, authtest.New(t, c))
				})
			}
		}
	}
}

// comesAndGoes signs somebody in and ends the session.
func comesAndGoes(t *testing.T, s *authtest.Server) {
	t.Helper()
	token := s.SignIn(user.User{Email: "ada@example.com"})
	who, err := s.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.EndSessions(t.Context(), who.UserID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Authenticate(t.Context(), token); err == nil {
		t.Error("the token outlives its session")
	}
}

// lacking is a back end that is not finished.
type lacking struct {
	store.Store

	typed bool
}

func (l lacking) KV() kv.Store {
	if l.typed {
		return (*unfinished)(nil)
	}
	return nil
}

func (l lacking) Namespace(string) store.Store { return l }

type unfinished struct{ kv.Store }

// TestABackEndThatLacksAView is refused when the service starts, not when somebody first needs it.
func TestABackEndThatLacksAView(t *testing.T) {
	for name, s := range map[string]store.Store{
		"nil": lacking{Store: memstore.New(nil)}, "a nil pointer": lacking{Store: memstore.New(nil), typed: true},
	} {
		t.Run(name, func(t *testing.T) {
			c := auth.Config{Issuer: issuer, Keys: authtest.Keys(), Secret: auth.NewSecret(), Email: authtest.NewInbox(), Store: s}
			a, err := auth.New(c)
			if err == nil {
				_ = a.Close(t.Context())
			}
			if err == nil || !strings.Contains(err.Error(), "Config.Store") || !strings.Contains(err.Error(), "KV") {
				t.Errorf("got %v", err)
			}
		})
	}
}

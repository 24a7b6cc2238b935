package catalogue

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/store/redisstore"
)

// dumpMemory writes every text and byte that can be reached from v.
func dumpMemory(b *strings.Builder, v reflect.Value, seen map[uintptr]bool) {
	switch v.Kind() { //nolint:exhaustive // the rest holds no text
	case reflect.String:
		fmt.Fprintln(b, v.String())
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() || v.Kind() == reflect.Pointer && seen[v.Pointer()] {
			return
		}
		if v.Kind() == reflect.Pointer {
			seen[v.Pointer()] = true
		}
		dumpMemory(b, v.Elem(), seen)
	case reflect.Struct:
		for i := range v.NumField() {
			dumpMemory(b, v.Field(i), seen)
		}
	case reflect.Map:
		for at := v.MapRange(); at.Next(); {
			dumpMemory(b, at.Key(), seen)
			dumpMemory(b, at.Value(), seen)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			text := make([]byte, v.Len())
			for i := range text {
				text[i] = byte(v.Index(i).Uint())
			}
			fmt.Fprintln(b, string(text))
			return
		}
		for i := range v.Len() {
			dumpMemory(b, v.Index(i), seen)
		}
	}
}

// dumpRedis writes every key under a prefix, and what it holds.
func dumpRedis(t *testing.T, rdb *redis.Client, prefix string) string {
	t.Helper()
	var b strings.Builder
	keys, err := rdb.Keys(t.Context(), prefix+"*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		kind, err := rdb.Type(t.Context(), k).Result()
		if err != nil {
			t.Fatal(err)
		}
		var value any
		switch kind {
		case "string":
			value, err = rdb.Get(t.Context(), k).Result()
		case "hash":
			value, err = rdb.HGetAll(t.Context(), k).Result()
		case "set":
			value, err = rdb.SMembers(t.Context(), k).Result()
		case "zset":
			value, err = rdb.ZRange(t.Context(), k, 0, -1).Result()
		case "list":
			value, err = rdb.LRange(t.Context(), k, 0, -1).Result()
		case "stream":
			value, err = rdb.XRange(t.Context(), k, "-", "+").Result()
		default:
			t.Fatalf("a %s", kind)
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %v\n", strings.TrimPrefix(k, prefix), value)
	}
	return b.String()
}

// pending brings everything into the store that can be there: codes and flows under way, factors, keys, sessions.
func pending(t *testing.T, s *social, all *secrets) {
	t.Helper()
	token, app := s.enrol(ada)
	all.token("a token", token)
	all.token("a pre_auth token", s.login(ada))
	all.add("an authenticator secret", app.secret)
	for _, code := range app.recovery {
		all.add("a recovery code", strings.ReplaceAll(code, "-", ""))
		all.add("a recovery code as shown", code)
	}
	eves := s.login(eve)
	waiting, _ := s.setup(eves)
	all.add("the secret of a setup", waiting.secret)
	all.token("a token", eves)
	_, code := s.code(eve)
	all.add("a code", code)
	s.stepUpOptions(eves, "")
	all.add("a code to step up", s.Inbox.Code(t, eve))
	s.change(eves, "new@example.com")
	all.add("a code to change", s.Inbox.Code(t, "new@example.com"))
	m := s.machineOf(eves, "")
	all.add("an API key", m.key)
	all.add("an API key's secret", m.key[12:])
	all.token("a service token", s.serviceOf(m))
	s.passkey(eves, &authtest.Authenticator{})
	s.request()
	b := s.browser(t)
	to, err := url.Parse(b.begin("demo", ""))
	if err != nil {
		t.Fatal(err)
	}
	all.add("a state", to.Query().Get("state"))
	all.add("a nonce", to.Query().Get("nonce"))
	for _, value := range b.cookies {
		all.add("a flow's cookie", value)
	}
	c := s.browser(t)
	back, err := url.Parse(c.back(s.idp.Approve(t, c.begin("demo", "?return_to=/x"), authtest.Person{Email: "carl@example.com"})).header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	all.add("a handoff code", back.Query().Get("code"))
	all.add("a link handle", s.browser(t).signIn("demo", authtest.Person{Subject: "x", Email: ada}).text("link"))
	all.add("the configured secret", string(s.Config.Secret.Reveal()))
	all.add("a provider's client secret", s.idp.ClientSecret)
}

// guessable are hashes without a key, which six digits do not survive.
func guessable(code string) []string {
	var all []string
	for _, text := range []string{code, code + ":" + eve, eve + ":" + code, eve + code, code + eve} {
		small, large := sha256.Sum256([]byte(text)), sha512.Sum512([]byte(text))
		all = append(all, hex.EncodeToString(small[:]), hex.EncodeToString(large[:]))
	}
	return all
}

// TestLeak_ADumpOfTheStore: whoever has all that a store holds, and nothing else, has no code, key, secret or token.
func TestLeak_ADumpOfTheStore(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) (change func(*auth.Config, *authtest.Provider), dump func() string){
		"memory": func(*testing.T) (func(*auth.Config, *authtest.Provider), func() string) {
			var held *memstore.Store
			return func(c *auth.Config, _ *authtest.Provider) {
					held = memstore.New(&memstore.Options{Now: c.Now})
					c.Store = held
				}, func() string {
					var b strings.Builder
					dumpMemory(&b, reflect.ValueOf(held), map[uintptr]bool{})
					return b.String()
				}
		},
		"redis": func(t *testing.T) (func(*auth.Config, *authtest.Provider), func() string) {
			rdb := redis.NewClient(&redis.Options{Addr: testutil.RedisServer(t)})
			t.Cleanup(func() { _ = rdb.Close() })
			prefix := rand.Text()
			return func(c *auth.Config, _ *authtest.Provider) {
				c.Store = redisstore.New(rdb, &redisstore.Options{Prefix: prefix})
			}, func() string { return dumpRedis(t, rdb, prefix) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			change, dump := open(t)
			s, all := aloneSocial(t, change), &secrets{}
			pending(t, s, all)
			// The goroutines of the instance read and write the store too, and the dump of the memory store takes no lock.
			if err := s.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			text := dump()
			if len(text) < 2000 || !strings.Contains(text, eve) {
				t.Fatalf("the dump is of %d bytes: %s", len(text), text)
			}
			for _, hit := range all.found(text) {
				t.Errorf("the dump holds %s", hit)
			}
			for _, k := range all.list() {
				if !strings.HasPrefix(k.kind, "a code") {
					continue
				}
				for _, sum := range guessable(k.value) {
					raw, err := hex.DecodeString(sum)
					if err != nil {
						t.Fatal(err)
					}
					if form, ok := holds(text, string(raw)); ok {
						t.Errorf("the dump holds %s as a hash that can be guessed, %s", k.kind, form)
					}
				}
			}
			planted := all.list()[3].value
			if len(all.found(text+" "+planted)) == 0 {
				t.Error("a secret that was planted is not found")
			}
		})
	}
}

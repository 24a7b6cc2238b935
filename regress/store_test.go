package regress

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/store/redisstore"
)

// documents makes a service on MongoDB, with an index that deletes nothing, as between two rounds of the sweeper.
func documents(t *testing.T, c auth.Config) *world {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(testutil.MongoServer(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) })
	clock := authtest.NewClock(time.Now())
	c.Now = clock.Now
	c.Store = mongostore.New(client.Database("r"+rand.Text()), &mongostore.Options{AllowNoTTL: true, Now: clock.Now, Timeout: 20 * time.Second})
	c.Issuer = issuer
	w := start(t, c, 1)
	w.Clock = clock
	return w
}

// TestCVE_2026_30941_OperatorsForText: an operator where a text belongs is a request that cannot be read, and one inside a text is text.
func TestCVE_2026_30941_OperatorsForText(t *testing.T) {
	w := documents(t, auth.Config{SignUp: true})
	w.code(ada)
	for _, operator := range []string{`{"$ne":""}`, `{"$gt":""}`, `{"$regex":".*"}`, `["x"]`, `null`, `true`, `{"$where":"1"}`} {
		for _, body := range []string{
			`{"target":"ada@example.com","code":"123456","challenge":` + operator + `}`,
			`{"target":"ada@example.com","code":` + operator + `}`, `{"target":` + operator + `,"code":"123456"}`,
		} {
			a := w.post("/auth/login/verify", body)
			if a.status != http.StatusBadRequest && (operator != "null" || a.status != http.StatusUnauthorized) {
				t.Errorf("%s answers %d %s", body, a.status, a.body)
			}
		}
	}
	for _, text := range []string{`{"$ne":""}`, "$where", "$ne", "{$gt:1}"} {
		w.verify(ada, text, "123456").refused()
		w.get("/app", key(text)).want(http.StatusUnauthorized, "invalid_token")
	}
}

// TestGHSA_5fw2_8jcv_xh87_OperatorsInAPath: ids and names in a path find what they name and nothing else.
func TestGHSA_5fw2_8jcv_xh87_OperatorsInAPath(t *testing.T) {
	w := documents(t, auth.Config{})
	token := w.signIn(ada)
	w.machine(token, "")
	for _, id := range []string{`{"$ne":""}`, `{"$gt":""}`, "$ne", "[$ne]=x", `{"$exists":true}`} {
		for _, path := range []string{"/auth/sessions/", "/auth/api-keys/", "/auth/webauthn/credentials/"} {
			w.do(http.MethodDelete, path+escape(id), "", key(token)).refused()
		}
		w.post("/auth/api-key", fmt.Sprintf(`{"api_code":%q,"api_key":%q}`, id, id)).want(http.StatusUnauthorized, "invalid_api_key")
		w.get("/auth/oauth2/" + escape(id) + "/authorize").refused()
	}
	if n := len(w.list("/auth/api-keys", "api_keys", "id", token)); n != 1 {
		t.Errorf("%d keys are left", n)
	}
}

// TestConnectMongodbSession_97_SweptLate: what has expired is over, though the database has not deleted it.
func TestConnectMongodbSession_97_SweptLate(t *testing.T) {
	w := documents(t, auth.Config{SignUp: true})
	handle, code := w.code(ada)
	w.Clock.Advance(5 * time.Minute)
	w.verify(ada, handle, code).want(http.StatusUnauthorized, "invalid_code")
	token := w.signIn(ada)
	w.Clock.Advance(31 * time.Minute)
	w.post("/auth/refresh", "", key(token)).want(http.StatusUnauthorized, "invalid_token")
}

// TestSourcegraph_37016_EmptiedRedis: a Redis that lost everything revives no session that was ended, and lets people sign in again.
func TestSourcegraph_37016_EmptiedRedis(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: testutil.RedisServer(t)})
	t.Cleanup(func() { _ = rdb.Close() })
	prefix := rand.Text()
	w := open(t, auth.Config{Store: redisstore.New(rdb, &redisstore.Options{Prefix: prefix})})
	ended, live := w.signIn(ada), w.signIn(ada)
	w.post("/auth/logout", "", key(ended)).want(http.StatusNoContent, "")
	handle, code := w.code(ada)
	keys, err := rdb.Keys(t.Context(), prefix+"*").Result()
	if err != nil || len(keys) == 0 {
		t.Fatal(keys, err)
	}
	if err := rdb.Del(t.Context(), keys...).Err(); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{ended, live} {
		if w.live(token) {
			t.Error("a token of before is alive")
		}
	}
	w.verify(ada, handle, code).want(http.StatusUnauthorized, "invalid_code")
	if again := w.signIn(ada); !w.live(again) || w.live(ended) {
		t.Error("after a new sign-in the new token is dead, or an old one lives")
	}
}

// solved makes a service that asks for a CAPTCHA whose provider takes each token once, as they do.
func solved(t *testing.T) (w *world, hits *atomic.Int32) {
	t.Helper()
	hits = &atomic.Int32{}
	var clock *authtest.Clock
	provider := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		verdict := fmt.Sprintf(`{"success":true,"challenge_ts":%q,"hostname":"auth.example","action":"login"}`, clock.Now().Format(time.RFC3339))
		if hits.Add(1) > 1 {
			verdict = `{"success":false,"error-codes":["timeout-or-duplicate"]}`
		}
		_, _ = io.WriteString(rw, verdict)
	}))
	t.Cleanup(provider.Close)
	secret, err := auth.SecretFromText("0x4AAAAAAAexampleexampleexample-secret")
	if err != nil {
		t.Fatal(err)
	}
	w = open(t, auth.Config{SignUp: true, Captcha: auth.Captcha{
		Provider: "turnstile", Secret: secret, SiteKey: "site-key", Endpoint: provider.URL, InsecureLoopback: true, Always: true,
	}})
	clock = w.Clock
	return w, hits
}

// TestThinLineRadio_239_CaptchaTwice: a token that was used is refused, without asking the provider again.
func TestThinLineRadio_239_CaptchaTwice(t *testing.T) {
	w, hits := solved(t)
	const body = `{"email":"ada@example.com","captcha_token":"solved"}`
	w.post("/auth/login/email", body).want(http.StatusOK, "")
	w.post("/auth/login/email", body).want(http.StatusBadRequest, "captcha_failed")
	w.Drain()
	if n := len(w.Inbox.Messages()); n != 1 || hits.Load() > 2 {
		t.Errorf("%d messages after %d verdicts", n, hits.Load())
	}
}

// acceptedMailboxes demands that real people's addresses are served although lists of throw-away domains like to hold them.
func acceptedMailboxes(t *testing.T, c auth.Config, addresses ...string) {
	t.Helper()
	c.SignUp = true
	w := open(t, c)
	for _, address := range addresses {
		w.post("/auth/login/email", fmt.Sprintf(`{"email":%q}`, address)).want(http.StatusOK, "")
	}
	w.post("/auth/login/email", `{"email":"ada@mailinator.com"}`).want(http.StatusBadRequest, "disposable_email")
}

// TestWesbos_457_Relays: relays that forward to a person's own mailbox are no throw-away mailboxes.
func TestWesbos_457_Relays(t *testing.T) {
	acceptedMailboxes(t, auth.Config{}, "ada@privaterelay.appleid.com", "ada@duck.com", "ada@simplelogin.com", "ada@mozmail.com")
}

// TestValidEmail2_111_RealProviders: providers of real mailboxes are served.
func TestValidEmail2_111_RealProviders(t *testing.T) {
	acceptedMailboxes(t, auth.Config{}, "ada@gmail.com", "ada@outlook.com", "ada@proton.me", "ada@fastmail.com", "ada@gmx.de", "ada@yandex.com", "ada@qq.com")
}

// TestValidEmail2_211_HostDecides: a host that knows better says so, and is heard.
func TestValidEmail2_211_HostDecides(t *testing.T) {
	acceptedMailboxes(t, auth.Config{Disposable: auth.Disposable{Allow: []string{"yopmail.com"}}}, "ada@yopmail.com", strings.ToUpper("ada@yopmail.com"))
}

package mongostore_test

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/crafteasy/auth/apikey"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/mongostore"
	"github.com/crafteasy/auth/totp"
	"github.com/crafteasy/auth/user"
	"github.com/crafteasy/auth/webauthn"
)

// hung is how long a call may take before it counts as one that never ends. It is no measure of speed.
const hung = 30 * time.Second

// behind answers a store on a server behind a proxy, which holds "x" in every view.
func behind(t *testing.T, uri string, o mongostore.Options) (*mongostore.Store, *testutil.Proxy) {
	t.Helper()
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	proxy := testutil.NewProxy(t, u.Host)
	u.Host = proxy.Addr()
	// The client waits as long as it does by default: the store must not.
	client, err := mongo.Connect(options.Client().ApplyURI(u.String()).SetDirect(true))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.WithoutCancel(t.Context())) })
	direct := connect(t, uri, options.Client())
	name := emptyDatabase(t, direct).Name()
	ready := mongostore.New(direct.Database(name), &mongostore.Options{Timeout: patient})
	if err := prepare(t.Context(), ready, "x"); err != nil {
		t.Fatal(err)
	}
	return mongostore.New(client.Database(name), &o), proxy
}

// notRefusals are the answers that a store that cannot know must not give.
var notRefusals = []error{
	kv.ErrNotFound, session.ErrNotFound, user.ErrNotFound, user.ErrExists, totp.ErrNotFound, totp.ErrExists, webauthn.ErrNotFound, webauthn.ErrExists,
	apikey.ErrNotFound, apikey.ErrExists, oauth.ErrNotFound, oauth.ErrExists,
}

func TestOutage(t *testing.T) {
	uri := servers()[0].uri(t)
	for name, fail := range map[string]func(*testutil.Proxy){
		"a server that is gone":  (*testutil.Proxy).Cut,
		"a server that is stuck": (*testutil.Proxy).Stall,
	} {
		t.Run(name+" is an error within the time-out for every verb, and is found again", func(t *testing.T) {
			store, proxy := behind(t, uri, mongostore.Options{Timeout: 100 * time.Millisecond})
			eventually(t, store)
			fail(proxy)
			for _, v := range verbs {
				wantFailure(t, store, v)
			}
			proxy.Restore()
			eventually(t, store)
		})
	}
}

// wantFailure demands that a verb ends, and with nothing that can be taken for an answer.
func wantFailure(t *testing.T, s *mongostore.Store, v verb) {
	t.Helper()
	begin := time.Now()
	err := v.run(t.Context(), s, "x")
	if err == nil {
		t.Errorf("%s: no error", v.name)
	}
	for _, refusal := range notRefusals {
		if errors.Is(err, refusal) {
			t.Errorf("%s: %v", v.name, err)
		}
	}
	if took := time.Since(begin); took > hung {
		t.Errorf("%s: took %v", v.name, took)
	}
}

func TestRestart(t *testing.T) {
	store, proxy := behind(t, servers()[0].uri(t), mongostore.Options{Timeout: 500 * time.Millisecond})
	for range 3 {
		eventually(t, store)
		proxy.Reset()
	}
	eventually(t, store)
}

// TestCallersContext has the caller's deadline and end come before the store's own.
func TestCallersContext(t *testing.T) {
	store, proxy := behind(t, servers()[0].uri(t), mongostore.Options{Timeout: hung})
	eventually(t, store)
	proxy.Stall()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := store.KV().Take(ctx, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the caller's deadline", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := store.KV().Take(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the caller's end", err)
	}
}

// TestDefaultTimeout lets a call run into the time-out that no option set, while the client would wait for 30 seconds.
func TestDefaultTimeout(t *testing.T) {
	store, proxy := behind(t, servers()[0].uri(t), mongostore.Options{})
	eventually(t, store)
	proxy.Cut()
	begin := time.Now()
	_, err := store.Sessions().State(t.Context(), "x", "x", "x")
	took := time.Since(begin)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want an exceeded deadline", err)
	}
	t.Logf("a server that is gone is an error after %v", took)
}

// eventually waits until the store serves.
func eventually(t *testing.T, store *mongostore.Store) {
	t.Helper()
	for begin := time.Now(); ; {
		_, err := store.KV().Get(t.Context(), "x")
		if err == nil || errors.Is(err, kv.ErrNotFound) {
			return
		}
		if time.Since(begin) > hung {
			t.Fatalf("the store does not serve again: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

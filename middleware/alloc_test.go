package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/store/memstore"
)

// signedIn answers an Auth and a token of it.
func signedIn(tb testing.TB, change ...func(*auth.Config)) (*auth.Auth, string) {
	tb.Helper()
	keys, err := jwt.GenerateKeys()
	if err != nil {
		tb.Fatal(err)
	}
	codes := make(chan string, 1)
	c := auth.Config{
		Issuer: "https://example.com", Keys: keys, Secret: auth.NewSecret(), SignUp: true,
		Email:  sender.EmailFunc(func(_ context.Context, m sender.Message) error { codes <- m.Code; return nil }),
		Logger: silent,
	}
	for _, each := range change {
		each(&c)
	}
	a, err := auth.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = a.Close(context.Background()) })
	ask(tb, a.Handler(), "/auth/login/email", `{"email":"a@example.com"}`)
	answer := ask(tb, a.Handler(), "/auth/login/verify", `{"target":"a@example.com","code":"`+<-codes+`"}`)
	return a, answer
}

var nothing = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// discarded is a writer that costs nothing.
type discarded struct{}

func (discarded) Header() http.Header         { return http.Header{} }
func (discarded) Write(b []byte) (int, error) { return len(b), nil }
func (discarded) WriteHeader(int)             {}

// TestARequestCostsTwoAllocations counts what RequireAuth allocates for a token that it has seen: the copy of the request and one
// context node. Cookies cost nothing more, whether the token is in one or beside them.
func TestARequestCostsTwoAllocations(t *testing.T) {
	if testutil.Race {
		t.Skip("the race detector allocates; go test ./middleware without it runs this")
	}
	for name, tt := range map[string]struct {
		cookieMode bool
		header     func(h http.Header, token string)
	}{
		"a header":                 {false, func(h http.Header, token string) { h.Set("X-Api-Key", token) }},
		"a header, in cookie mode": {true, func(h http.Header, token string) { h.Set("X-Api-Key", token) }},
		"a header beside cookies, in cookie mode": {true, func(h http.Header, token string) {
			h.Set("X-Api-Key", token)
			h.Set("Cookie", "theme=dark; _ga=GA1.1.1")
		}},
		"a cookie": {true, func(h http.Header, token string) { h.Set("Cookie", "theme=dark; __Host-auth="+token+"; _ga=GA1.1.1") }},
		"a cookie and a header that says the same": {true, func(h http.Header, token string) { h.Set("X-Api-Key", token); h.Set("Cookie", "__Host-auth="+token) }},
	} {
		t.Run(name, func(t *testing.T) {
			a, token := signedIn(t, func(c *auth.Config) { c.CookieMode = tt.cookieMode })
			h := a.RequireAuth(nothing)
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			tt.header(r.Header, token)
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != http.StatusOK {
				t.Fatalf("answers %d %s", w.Code, w.Body)
			}
			if n := testing.AllocsPerRun(1000, func() { h.ServeHTTP(discarded{}, r) }); n != 2 {
				t.Errorf("%v allocations", n)
			}
			result := testing.Benchmark(func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					h.ServeHTTP(discarded{}, r)
				}
			})
			if n := result.AllocedBytesPerOp(); n > 344 {
				t.Errorf("%d bytes a request", n)
			}
			t.Logf("%v", result)
		})
	}
}

// TestAMirrorCostsNoAllocation counts the same with [auth.Config.RevocationLag], and that the store is not asked.
func TestAMirrorCostsNoAllocation(t *testing.T) {
	if testutil.Race {
		t.Skip("the race detector allocates; go test ./middleware without it runs this")
	}
	var calls authtest.Faults
	a, token := signedIn(t, func(c *auth.Config) {
		c.RevocationLag = session.LongestLag
		c.Store = calls.Store(memstore.New(nil))
	})
	h := a.RequireAuth(nothing)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("X-Api-Key", token)
	asked := func() int {
		calls.Forget()
		h.ServeHTTP(discarded{}, r)
		return calls.Count("")
	}
	for end := time.Now().Add(10 * time.Second); asked() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the store is asked about every request")
		}
	}
	if n := testing.AllocsPerRun(1000, func() { h.ServeHTTP(discarded{}, r) }); n != 2 {
		t.Errorf("%v allocations", n)
	}
	if n := calls.Count("sessions.State"); n != 0 {
		t.Errorf("the store is asked %d times in 1000 requests", n)
	}
}

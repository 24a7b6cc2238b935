package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/sender"
)

// signedIn answers an Auth and a token of it that a request has presented before.
func signedIn(tb testing.TB) (*auth.Auth, string) {
	tb.Helper()
	keys, err := jwt.GenerateKeys()
	if err != nil {
		tb.Fatal(err)
	}
	codes := make(chan string, 1)
	a, err := auth.New(auth.Config{
		Issuer: "https://example.com", Keys: keys, Secret: auth.NewSecret(), SignUp: true,
		Email:  sender.EmailFunc(func(_ context.Context, m sender.Message) error { codes <- m.Code; return nil }),
		Logger: silent,
	})
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

func request(token string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("X-Api-Key", token)
	return r
}

// TestARequestCostsTwoAllocations counts what RequireAuth allocates for a token that it has seen: the copy of the request and one
// context node.
func TestARequestCostsTwoAllocations(t *testing.T) {
	if testutil.Race {
		t.Skip("the race detector allocates; go test ./middleware without it runs this")
	}
	a, token := signedIn(t)
	h := a.RequireAuth(nothing)
	r := request(token)
	h.ServeHTTP(discarded{}, r)
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
}

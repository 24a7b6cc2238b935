package middleware_test

import (
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/internal/testutil"
)

// plain is a writer with the headers of one answer, which costs nothing itself.
type plain struct {
	h      http.Header
	status int
}

func (p *plain) Header() http.Header         { return p.h }
func (p *plain) Write(b []byte) (int, error) { return len(b), nil }
func (p *plain) WriteHeader(status int)      { p.status = status }

// refused answers a function that has RequireAuth refuse one request, for each way in which a flood can be made of a token that was
// accepted. Events are written out, though nowhere.
func refused(tb testing.TB) map[string]func() {
	tb.Helper()
	a, token := signedIn(tb, func(c *auth.Config) {
		c.Logger = slog.New(slog.NewJSONHandler(io.Discard, nil)) //nolint:sloglint // that an event is formatted is a part of what a refusal costs
	})
	h := a.RequireAuth(nothing)
	parts := strings.Split(token, ".")
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		tb.Fatal(err)
	}
	with := func(body []byte, signature string) string {
		return parts[0] + "." + base64.RawURLEncoding.EncodeToString(body) + "." + signature
	}
	serve := func(token string, want int) func() {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
		w := &plain{h: http.Header{}}
		one := func() {
			clear(w.h)
			w.status = http.StatusOK
			h.ServeHTTP(w, r)
		}
		if one(); w.status != want {
			tb.Fatalf("answers %d, want %d", w.status, want)
		}
		return one
	}
	serve(token, http.StatusOK)
	mac := len(body) - 24
	refusals := map[string]func(){}
	for name, token := range map[string]string{
		"no token":              strings.Repeat("A", len(token)),
		"no mac":                with(body[:mac], parts[2]),
		"a mac of their own":    with(slices.Concat(body[:mac], []byte(`AAAAAAAAAAAAAAAAAAAAAA"}`)), parts[2]),
		"a payload of theirs":   with(slices.Concat([]byte(`{"extra":{},`), body[1:]), parts[2]),
		"a signature of theirs": with(body, "B"+parts[2][1:]), // R begins with seven bits that are 0
	} {
		refusals[name] = serve(token, http.StatusUnauthorized)
	}
	return refusals
}

// TestARefusalCostsSevenAllocations: the node of the request, its id, its address, the answer, the context of the event, and two attributes
// for which a log record has no room of its own; and the payload, where its mac must be computed.
func TestARefusalCostsSevenAllocations(t *testing.T) {
	if testutil.Race {
		t.Skip("the race detector allocates; go test ./middleware without it runs this")
	}
	for name, refuse := range refused(t) {
		if n := testing.AllocsPerRun(1000, refuse); n > 7 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// BenchmarkRefusal is what a flood costs besides the server that it comes through.
func BenchmarkRefusal(b *testing.B) {
	for name, refuse := range refused(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				refuse()
			}
		})
	}
}

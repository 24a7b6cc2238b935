// Package caller talks to a service over HTTP as a stranger's program would, for the tests of examples. It imports the standard library
// alone, so that examples which are modules of their own can use it.
package caller

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Call sends a request and answers its status and body. A body is sent as JSON, a token where there is one, and change may add the rest. It
// may be called while a test ends.
func Call(tb testing.TB, method, url, token, body string, change ...func(*http.Request)) (status int, answer string) {
	tb.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(tb.Context()), method, url, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("X-Api-Key", token)
	}
	for _, f := range change {
		f(r)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return res.StatusCode, string(b)
}

package testutil

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
)

// transport keeps no connection open: a test that looks for leaked goroutines shall find none of ours.
var transport = &http.Transport{DisableKeepAlives: true}

// getJSON reads the JSON answer of a server of this package into v.
func getJSON(tb testing.TB, url string, v any) {
	tb.Helper()
	exchange(tb, http.MethodGet, url, nil, v)
}

// postJSON sends in to a server of this package and reads its JSON answer into v.
func postJSON(tb testing.TB, url string, in, v any) {
	tb.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		tb.Fatal(err)
	}
	exchange(tb, http.MethodPost, url, body, v)
}

func exchange(tb testing.TB, method, url string, body []byte, v any) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("status %d: %s", res.StatusCode, text)
	}
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		tb.Fatalf("%s %s: %v", method, url, err)
	}
}

package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/testutil/caller"
)

// TestScrape signs in and is refused over HTTP, and finds both in what Prometheus is told.
func TestScrape(t *testing.T) {
	inbox := authtest.NewInbox()
	a, service, metrics, err := handlers(inbox)
	if err != nil {
		t.Fatal(err)
	}
	call := func(h http.Handler, method, path, token, body string) string {
		t.Helper()
		s := httptest.NewServer(h)
		defer s.Close()
		_, answer := caller.Call(t, method, s.URL+path, token, body)
		return answer
	}
	call(service, "POST", "/auth/login/email", "", `{"email":"ada@example.com"}`)
	var in struct{ Token string }
	code := inbox.Code(t, "ada@example.com")
	answer := call(service, "POST", "/auth/login/verify", "", `{"target":"ada@example.com","code":"`+code+`"}`)
	if err := json.Unmarshal([]byte(answer), &in); err != nil {
		t.Fatal(err)
	}
	call(service, "POST", "/auth/login/verify", "", `{"target":"ada@example.com","code":"`+code+`"}`)
	call(service, "GET", "/me", in.Token, "")
	call(service, "GET", "/me", "", "")
	if err := a.Close(t.Context()); err != nil { // the code was sent and counted
		t.Error(err)
	}
	scraped := call(metrics, "GET", "/metrics", "", "")
	for _, line := range []string{
		`auth_logins_total{method="email_otp",success="true"} 1`,
		`auth_logins_total{method="email_otp",success="false"} 1`,
		`auth_refusals_total{code="invalid_code"} 1`,
		`auth_refusals_total{code="authentication_required"} 1`,
		`auth_token_checks_total{outcome="accepted"} 1`,
		`auth_token_checks_total{outcome="missing"} 1`,
		`auth_codes_sent_total{channel="email",outcome="sent"} 1`,
		`auth_operation_duration_seconds_count{operation="POST /login/verify"} 2`,
	} {
		if !strings.Contains(scraped, line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	if t.Failed() {
		t.Log(scraped)
	}
}

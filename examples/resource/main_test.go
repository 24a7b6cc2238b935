package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/user"
)

// TestResource lets a service accept the tokens of another over HTTP.
func TestResource(t *testing.T) {
	front := httptest.NewUnstartedServer(nil)
	issuer := "http://" + front.Listener.Addr().String()
	s := authtest.New(t, auth.Config{Issuer: issuer})
	front.Config.Handler = s.Handler()
	front.Start()
	t.Cleanup(front.Close)
	token := s.SignIn(user.User{Email: "ada@example.com", TenantID: "acme"})

	h, err := newHandler(issuer, "")
	if err != nil {
		t.Fatal(err)
	}
	call := func(method, token string) (int, string) {
		r := httptest.NewRequest(method, "/reports", nil)
		if token != "" {
			r.Header.Set("X-Api-Key", token)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	if status, body := call("GET", token); status != http.StatusOK || body != "the reports of acme\n" {
		t.Errorf("a token of the issuer: %d %s", status, body)
	}
	if status, body := call("GET", ""); status != http.StatusUnauthorized || !strings.Contains(body, "authentication_required") {
		t.Errorf("a stranger: %d %s", status, body)
	}
	end := "AA"
	if strings.HasSuffix(token, end) {
		end = "BB"
	}
	if status, body := call("GET", token[:len(token)-2]+end); status != http.StatusUnauthorized || !strings.Contains(body, "invalid_token") {
		t.Errorf("another signature: %d %s", status, body)
	}
	if status, body := call("POST", token); status != http.StatusForbidden || !strings.Contains(body, "wrong_token_type") {
		t.Errorf("a person where only machines may be: %d %s", status, body)
	}

	other := authtest.New(t, auth.Config{Issuer: "https://other.example"})
	if status, _ := call("GET", other.SignIn(user.User{Email: "eve@example.com"})); status != http.StatusUnauthorized {
		t.Errorf("another issuer's token: %d", status)
	}

	// The limit that the program's comment names: the issuer no longer accepts the token, this service does.
	if err := s.EndEverything(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Authenticate(t.Context(), token); err == nil {
		t.Error("the issuer accepts a token of an ended session")
	}
	if status, _ := call("GET", token); status != http.StatusOK {
		t.Errorf("this service knows of revocation: %d; its comment says otherwise", status)
	}
}

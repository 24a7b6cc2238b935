package otp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// stand stands for a *testing.T in these examples.
type stand struct{}

func (stand) Helper()                           {}
func (stand) Cleanup(func())                    {}
func (stand) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// post sends a request to the library and answers the status and what came back.
func post(h http.Handler, method, path, token, body string) (int, map[string]any) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("X-Api-Key", token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	answer := map[string]any{}
	_ = json.Unmarshal(w.Body.Bytes(), &answer) // 204 has none
	return w.Code, answer
}

// A sign-in by mail, as a client sees it: ask for a code, type it in.
func Example() {
	a := authtest.New(stand{}, auth.Config{SignUp: true})
	status, sent := post(a.Handler(), "POST", "/auth/login/email", "", `{"email":"ada@example.com"}`)
	fmt.Println(status, sent["message"])

	code := a.Inbox.Code(stand{}, "ada@example.com")
	body := fmt.Sprintf(`{"target":"ada@example.com","code":%q,"challenge":%q}`, code, sent["challenge"])
	status, in := post(a.Handler(), "POST", "/auth/login/verify", "", body)
	fmt.Println(status, in["token_type"], in["requires_2fa"])

	status, again := post(a.Handler(), "POST", "/auth/login/verify", "", body)
	fmt.Println(status, again["code"])
	// Output:
	// 200 Verification code sent
	// 200 user false
	// 401 invalid_code
}

// A code that is late is refused like one that is wrong.
func Example_late() {
	a := authtest.New(stand{}, auth.Config{SignUp: true})
	_, sent := post(a.Handler(), "POST", "/auth/login/email", "", `{"email":"ada@example.com"}`)
	code := a.Inbox.Code(stand{}, "ada@example.com")
	a.Clock.Advance(5 * time.Minute)
	body := fmt.Sprintf(`{"target":"ada@example.com","code":%q,"challenge":%q}`, code, sent["challenge"])
	status, late := post(a.Handler(), "POST", "/auth/login/verify", "", body)
	fmt.Println(status, late["code"])
	// Output: 401 invalid_code
}

package session_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
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

// Two tabs that refresh at once get the same successor. A thief who comes later ends the session.
func ExampleService_Refresh() {
	a := authtest.New(stand{}, auth.Config{})
	token := a.SignIn(user.User{Email: "ada@example.com"})
	a.Clock.Advance(15 * time.Minute)

	_, one := post(a.Handler(), "POST", "/auth/refresh", token, "")
	_, two := post(a.Handler(), "POST", "/auth/refresh", token, "")
	fmt.Println("the same:", one["token"] == two["token"])

	a.Clock.Advance(session.Grace)
	status, late := post(a.Handler(), "POST", "/auth/refresh", token, "")
	fmt.Println(status, late["code"])
	status, dead := post(a.Handler(), "GET", "/auth/me", one["token"].(string), "")
	fmt.Println(status, dead["code"])
	// Output:
	// the same: true
	// 401 invalid_token
	// 401 invalid_token
}

// A logout holds at the next request, and for every token of the session.
func ExampleService_Logout() {
	a := authtest.New(stand{}, auth.Config{})
	token := a.SignIn(user.User{Email: "ada@example.com"})
	for _, c := range [][2]string{{"GET", "/auth/me"}, {"POST", "/auth/logout"}, {"GET", "/auth/me"}, {"POST", "/auth/logout"}} {
		status, _ := post(a.Handler(), c[0], c[1], token, "")
		fmt.Println(c[0], c[1], status)
	}
	// Output:
	// GET /auth/me 200
	// POST /auth/logout 204
	// GET /auth/me 401
	// POST /auth/logout 204
}

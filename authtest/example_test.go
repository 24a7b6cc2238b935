package authtest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/user"
)

// T stands for a *testing.T in these examples.
type T struct{}

func (T) Helper()                           {}
func (T) Cleanup(func())                    {}
func (T) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// reports is the handler under test.
func reports(w http.ResponseWriter, r *http.Request) {
	who, _ := auth.FromContext(r.Context())
	fmt.Fprintf(w, "the reports of %s", who.TenantID)
}

func ExampleNew() {
	var t T // func TestReports(t *testing.T)

	s := authtest.New(t, auth.Config{})
	r := httptest.NewRequest(http.MethodGet, "/reports", nil)
	r.Header.Set("X-Api-Key", s.SignIn(user.User{Email: "ada@example.com", TenantID: "acme"}))

	w := httptest.NewRecorder()
	s.RequireAuth(http.HandlerFunc(reports)).ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output: 200 the reports of acme
}

func ExampleServer_Browser() {
	var t T
	s := authtest.New(t, auth.Config{CookieMode: true})
	mux := http.NewServeMux()
	mux.Handle("/auth/", s.Handler())
	mux.Handle("POST /reports", s.RequireAuth(http.HandlerFunc(reports)))

	browser := s.Browser(mux, user.User{Email: "ada@example.com", TenantID: "acme"})
	answer, err := browser.Post("https://auth.example/reports", "application/json", nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(answer.Status)

	foreign, err := http.NewRequest(http.MethodPost, "https://auth.example/reports", nil)
	if err != nil {
		panic(err)
	}
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	if answer, err = browser.Do(foreign); err != nil {
		panic(err)
	}
	fmt.Println(answer.Status)
	// Output:
	// 200 OK
	// 403 Forbidden
}

func ExampleServer_SignIn_ended() {
	var t T
	s := authtest.New(t, auth.Config{})
	ada := s.Put(user.User{Email: "ada@example.com"})
	token := s.SignIn(ada)
	if err := s.EndSessions(context.Background(), ada.ID); err != nil {
		panic(err)
	}
	_, err := s.Authenticate(context.Background(), token)
	fmt.Println(err)
	// Output: invalid_token: The token is not valid.
}

func ExampleFaults() {
	var t T
	s := authtest.New(t, auth.Config{})
	token := s.SignIn(user.User{Email: "ada@example.com"})

	s.Faults.Inject(authtest.Fault{On: "sessions.State", Err: errors.New("connection refused")})
	_, err := s.Authenticate(context.Background(), token)
	fmt.Println(err)
	// Output: unavailable: A service this request depends on does not answer; try again shortly.
}

func ExampleInbox() {
	var t T
	s := authtest.New(t, auth.Config{})
	ada := s.Put(user.User{Email: "ada@example.com"})
	if err := s.EndSessions(context.Background(), ada.ID); err != nil {
		panic(err)
	}
	fmt.Println(s.Inbox.Next(t, "ada@example.com").Purpose)
	// Output: notice
}

package totp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	pquerna "github.com/pquerna/otp/totp"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/user"
)

// stand stands for a *testing.T in these examples.
type stand struct{}

func (stand) Helper()                           {}
func (stand) Cleanup(func())                    {}
func (stand) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// post sends a request to the library and answers the status and what came back.
func post(h http.Handler, path, token, body string) (int, map[string]any) {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("X-Api-Key", token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	answer := map[string]any{}
	_ = json.Unmarshal(w.Body.Bytes(), &answer) // 204 has none
	return w.Code, answer
}

// app is what an authenticator app shows, as a request's body.
func app(secret any, at time.Time) string {
	code, err := pquerna.GenerateCode(secret.(string), at)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"code":%q}`, code)
}

// Somebody enrols an authenticator app. From then on every sign-in asks for its code, and takes each code once.
func Example() {
	a := authtest.New(stand{}, auth.Config{})
	ada := user.User{Email: "ada@example.com"}
	token := a.SignIn(ada)
	_, setup := post(a.Handler(), "/auth/2fa/setup", token, "")
	fmt.Println(len(setup["backup_codes"].([]any)), "recovery codes")
	status, _ := post(a.Handler(), "/auth/2fa/enable", token, app(setup["secret"], a.Clock.Now()))
	fmt.Println(status)

	_, sent := post(a.Handler(), "/auth/login/email", "", `{"email":"ada@example.com"}`)
	code := a.Inbox.Code(stand{}, ada.Email)
	_, owed := post(a.Handler(), "/auth/login/verify", "",
		fmt.Sprintf(`{"target":%q,"code":%q,"challenge":%q}`, ada.Email, code, sent["challenge"]))
	fmt.Println(owed["token_type"], owed["second_factors"])
	preAuth := owed["token"].(string)

	status, used := post(a.Handler(), "/auth/2fa/verify", preAuth, app(setup["secret"], a.Clock.Now())) // the code that enabled it
	fmt.Println(status, used["code"])
	a.Clock.Advance(30 * time.Second)
	status, in := post(a.Handler(), "/auth/2fa/verify", preAuth, app(setup["secret"], a.Clock.Now()))
	fmt.Println(status, in["token_type"])
	// Output:
	// 10 recovery codes
	// 204
	// pre_auth [totp recovery_code]
	// 401 invalid_code
	// 200 user
}

// Whoever must have a second factor and has none can enrol one, and do nothing else.
func Example_owed() {
	a := authtest.New(stand{}, auth.Config{RequireSecondFactor: func(u user.User) bool { return u.Scope == "system" }})
	preAuth := a.SignIn(user.User{Email: "ada@example.com", Scope: "system"})
	status, refused := post(a.Handler(), "/auth/refresh", preAuth, "")
	fmt.Println(status, refused["code"])

	_, setup := post(a.Handler(), "/auth/2fa/setup", preAuth, "")
	status, in := post(a.Handler(), "/auth/2fa/enable", preAuth, app(setup["secret"], a.Clock.Now()))
	fmt.Println(status, in["token_type"])
	// Output:
	// 403 enrolment_required
	// 200 user
}

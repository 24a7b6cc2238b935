package webauthn_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/user"
)

// stand stands for a *testing.T in these examples.
type stand struct{}

func (stand) Helper()                           {}
func (stand) Cleanup(func())                    {}
func (stand) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// send sends a request to the library and answers the status and the body.
func send(h http.Handler, method, path, token, body string) (int, []byte) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("X-Api-Key", token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.Bytes()
}

// member is a member of a JSON object as text.
func member(b []byte, name string) string {
	var doc map[string]any
	if err := json.Unmarshal(b, &doc); err != nil {
		panic(err)
	}
	return fmt.Sprint(doc[name])
}

// credential is an authenticator's answer as a request's body.
func credential(answer []byte) string { return fmt.Sprintf(`{"credential":%s}`, answer) }

// Somebody registers a passkey and signs in with it, without a user name. In a page, webauthn.js does what the soft authenticator
// does here.
func Example() {
	a := authtest.New(stand{}, auth.Config{})
	token := a.SignIn(user.User{Email: "ada@example.com"})
	var device authtest.Authenticator

	_, options := send(a.Handler(), "POST", "/auth/webauthn/register/options", token, "")
	answer, passkey := device.Register(options)
	status, made := send(a.Handler(), "POST", "/auth/webauthn/register/verify", token, credential(answer))
	fmt.Println(status, member(made, "name"))

	_, options = send(a.Handler(), "POST", "/auth/webauthn/login/options", "", "")
	assertion := credential(device.Assert(options, passkey))
	status, in := send(a.Handler(), "POST", "/auth/webauthn/login/verify", "", assertion)
	fmt.Println(status, member(in, "token_type"))
	_, me := send(a.Handler(), "GET", "/auth/me", member(in, "token"), "")
	fmt.Println(member(me, "methods"), "at level", member(me, "aal"))

	status, again := send(a.Handler(), "POST", "/auth/webauthn/login/verify", "", assertion)
	fmt.Println(status, member(again, "code"))
	// Output:
	// 201 Passkey
	// 200 user
	// [webauthn] at level 2
	// 401 invalid_credentials
}

// A passkey is the second factor of whoever has one, after a code or a provider.
func Example_secondFactor() {
	a := authtest.New(stand{}, auth.Config{})
	ada := user.User{Email: "ada@example.com"}
	token := a.SignIn(ada)
	var device authtest.Authenticator
	_, options := send(a.Handler(), "POST", "/auth/webauthn/register/options", token, "")
	answer, passkey := device.Register(options)
	send(a.Handler(), "POST", "/auth/webauthn/register/verify", token, credential(answer))

	preAuth := a.SignIn(ada)
	_, options = send(a.Handler(), "POST", "/auth/2fa/webauthn/options", preAuth, "")
	status, in := send(a.Handler(), "POST", "/auth/2fa/verify", preAuth, credential(device.Assert(options, passkey)))
	fmt.Println(status, member(in, "token_type"))
	// Output: 200 user
}

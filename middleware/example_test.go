package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/middleware"
)

// fixed is an authenticator that knows some tokens. *auth.Auth and *jwt.Remote are real ones.
type fixed map[string]jwt.TokenPayload

func (f fixed) Authenticate(_ context.Context, token string) (*jwt.TokenPayload, error) {
	if p, ok := f[token]; ok {
		return &p, nil
	}
	return nil, errors.New("unknown")
}

func answered(h http.Handler, token string) int {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if token != "" {
		r.Header.Set("X-Api-Key", token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

var page = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

func ExampleRequireAuth() {
	tokens := fixed{"t": {UserID: "ada", TokenType: jwt.TypeUser}}
	h := middleware.RequireAuth(tokens)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		who, _ := middleware.FromContext(r.Context())
		fmt.Println("hello", who.UserID)
	}))
	fmt.Println(answered(h, "t"), answered(h, ""))
	// Output:
	// hello ada
	// 200 401
}

func ExampleOptionalAuth() {
	h := middleware.OptionalAuth(fixed{"t": {UserID: "ada"}})(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		who, ok := middleware.FromContext(r.Context())
		fmt.Println(who != nil, ok)
	}))
	answered(h, "t")
	answered(h, "")
	// Output:
	// true true
	// false false
}

func ExampleRequireScope() {
	tokens := fixed{"tenant": {Scope: jwt.ScopeTenant}, "system": {Scope: jwt.ScopeSystem}}
	h := middleware.RequireAuth(tokens)(middleware.RequireScope(jwt.ScopePartner)(page))
	fmt.Println(answered(h, "tenant"), answered(h, "system"))
	// Output: 403 200
}

func ExampleRequireType() {
	tokens := fixed{"person": {TokenType: jwt.TypeUser}, "machine": {TokenType: jwt.TypeService}}
	h := middleware.RequireAuth(tokens)(middleware.RequireType(jwt.TypeService)(page))
	fmt.Println(answered(h, "person"), answered(h, "machine"))
	// Output: 403 200
}

func ExampleRequireMethod() {
	tokens := fixed{"code": {Methods: []string{"email_otp"}}, "passkey": {Methods: []string{"webauthn"}}}
	h := middleware.RequireAuth(tokens)(middleware.RequireMethod("webauthn")(page))
	fmt.Println(answered(h, "code"), answered(h, "passkey"))
	// Output: 403 200
}

func ExampleRequireFresh() {
	tokens := fixed{
		"old":   {TokenType: jwt.TypeUser, AuthTime: time.Now().Add(-time.Hour)},
		"fresh": {TokenType: jwt.TypeUser, AuthTime: time.Now()},
	}
	h := middleware.RequireAuth(tokens)(middleware.RequireFresh(10 * time.Minute)(page))
	fmt.Println(answered(h, "old"), answered(h, "fresh"))
	// Output: 403 200
}

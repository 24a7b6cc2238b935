// Package local is what the programs of this module share: an account that signs in, and a port of this machine.
package local

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/crafteasy/auth"
)

// SignIn signs somebody in by mail and answers the token. The sender of a puts what it sends into codes.
func SignIn(a *auth.Auth, codes <-chan string) (string, error) {
	if _, err := post(a, "/auth/login/email", `{"email":"a@example.com"}`); err != nil {
		return "", err
	}
	return post(a, "/auth/login/verify", `{"target":"a@example.com","code":"`+<-codes+`"}`)
}

// post answers the token in an answer, where there is one.
func post(a *auth.Auth, path, body string) (string, error) {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return "", errors.New(w.Body.String())
	}
	var answer struct{ Token string }
	err := json.Unmarshal(w.Body.Bytes(), &answer)
	return answer.Token, err
}

// FreePort answers a port of the loopback address on which nobody listens.
func FreePort(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	return port, err
}

package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/internal/testutil/caller"
)

// client talks to the server as a stranger would: over HTTP, with what the server itself answers.
type client struct {
	t    *testing.T
	base string
}

func start(t *testing.T, env map[string]string) client {
	t.Helper()
	a, err := newApp(t.Context(), "127.0.0.1:8080", lookup(env))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(a.handler())
	t.Cleanup(func() {
		s.Close()
		if err := a.auth.Close(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
		a.close()
	})
	return client{t, s.URL}
}

func lookup(env map[string]string) environment {
	return func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
}

func (c client) call(method, path, token string, body any) (int, []byte) {
	c.t.Helper()
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			c.t.Fatal(err)
		}
	}
	status, answer := caller.Call(c.t, method, c.base+path, token, string(text))
	return status, []byte(answer)
}

// into fails unless the answer has the status, and reads it.
func (c client) into(v any, status int, method, path, token string, body any) {
	c.t.Helper()
	got, b := c.call(method, path, token, body)
	if got != status {
		c.t.Fatalf("%s %s: status %d, want %d: %s", method, path, got, status, b)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal(b, v); err != nil {
		c.t.Fatalf("%s %s: %v: %s", method, path, err, b)
	}
}

// mail waits for the newest message to an address. It is sent off the request's path.
func (c client) mail(to string) letter {
	c.t.Helper()
	for range 3000 { // half a minute
		var letters []letter
		c.into(&letters, http.StatusOK, http.MethodGet, "/dev/inbox.json?to="+url.QueryEscape(to), "", nil)
		if len(letters) > 0 {
			return letters[0]
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.t.Fatalf("no message to %s", to)
	return letter{}
}

type token struct {
	Token       string `json:"token"`
	TokenType   string `json:"token_type"`
	Expires     string `json:"expires"`
	Requires2FA bool   `json:"requires_2fa"`
}

func (c client) signIn(path string, request map[string]string, to string) token {
	c.t.Helper()
	var asked struct{ Message, Method, Challenge string }
	c.into(&asked, http.StatusOK, http.MethodPost, path, "", request)
	var got token
	c.into(&got, http.StatusOK, http.MethodPost, "/auth/login/verify", "", map[string]string{"target": to, "code": c.mail(to).Code, "challenge": asked.Challenge})
	return got
}

func TestMain(m *testing.M) { testutil.Main(m) }

// TestTour walks through the server as the README's reader does, on every store that the environment can name.
func TestTour(t *testing.T) {
	t.Run("memory", func(t *testing.T) { tour(t, nil) })
	t.Run("Redis", func(t *testing.T) { tour(t, map[string]string{"REDIS_URL": "redis://" + testutil.RedisServer(t)}) })
	t.Run("MongoDB", func(t *testing.T) { tour(t, map[string]string{"MONGO_URI": testutil.MongoServer(t)}) })
	t.Run("MongoDB and Redis", func(t *testing.T) {
		tour(t, map[string]string{"MONGO_URI": testutil.MongoServer(t), "REDIS_URL": "redis://" + testutil.RedisServer(t)})
	})
}

// tour signs in by a new address each time: the stores outlive a tour, and so do their limits.
func tour(t *testing.T, env map[string]string) {
	c := start(t, env)
	mail := strings.ToLower(rand.Text()) + "@example.com"
	phone := fmt.Sprintf("+4670%07d", time.Now().UnixNano()%10_000_000)
	for _, way := range []struct{ name, path, field, to string }{
		{"by mail", "/auth/login/email", "email", mail},
		{"by SMS", "/auth/login/sms", "phone", phone},
	} {
		t.Run(way.name, func(t *testing.T) {
			c := client{t, c.base}
			first := c.signIn(way.path, map[string]string{way.field: way.to, "application": "tour"}, way.to)
			if first.TokenType != "user" || first.Requires2FA {
				t.Fatalf("signed in with %+v", first)
			}
			var me map[string]any
			c.into(&me, http.StatusOK, http.MethodGet, "/me", first.Token, nil)
			if me["origin_app"] != "tour" || me["user_id"] == "" {
				t.Errorf("/me answers %v", me)
			}
			var second, again token
			c.into(&second, http.StatusOK, http.MethodPost, "/auth/refresh", first.Token, nil)
			c.into(&again, http.StatusOK, http.MethodPost, "/auth/refresh", first.Token, nil)
			if second.Token == first.Token || second != again {
				t.Error("the old token must answer the same successor within the grace")
			}
			c.into(nil, http.StatusOK, http.MethodGet, "/me", first.Token, nil)
			c.into(nil, http.StatusNoContent, http.MethodPost, "/auth/logout", second.Token, nil)
			c.into(nil, http.StatusUnauthorized, http.MethodGet, "/me", first.Token, nil)
			c.into(nil, http.StatusUnauthorized, http.MethodGet, "/me", second.Token, nil)
			c.into(nil, http.StatusUnauthorized, http.MethodPost, "/auth/refresh", second.Token, nil)
			c.into(nil, http.StatusNoContent, http.MethodPost, "/auth/logout", second.Token, nil)
		})
	}
	c.into(nil, http.StatusOK, http.MethodGet, "/healthz", "", nil)
	c.into(nil, http.StatusOK, http.MethodGet, "/", "", nil)
	var page map[string]any
	c.into(&page, http.StatusOK, http.MethodGet, "/page", "", nil)
	if user, ok := page["user"]; !ok || user != nil {
		t.Errorf("/page answers a stranger %v", page)
	}
	c.into(nil, http.StatusUnauthorized, http.MethodGet, "/page", "garbage", nil)
}

// TestAWrongSettingEndsItBeforeItListens names the setting.
func TestAWrongSettingEndsItBeforeItListens(t *testing.T) {
	for name, value := range map[string]string{
		"AUTH_ENABLED": "off", "OTP_LENGTH": "4", "SMTP_URL": "http://example.com", "TWILIO_ACCOUNT_SID": "AC", "SIGN_UP": "1",
	} {
		_, err := newApp(t.Context(), "127.0.0.1:8080", lookup(map[string]string{name: value}))
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

// TestWellKnown: browsers and clients ask the root of the server, not the mount point.
func TestWellKnown(t *testing.T) {
	c := start(t, map[string]string{"M2M_ENABLED": "true", "WEBAUTHN_ORIGINS": "http://localhost:8080"})
	var related struct{ Origins []string }
	c.into(&related, http.StatusOK, http.MethodGet, "/.well-known/webauthn", "", nil)
	if len(related.Origins) != 1 || related.Origins[0] != "http://localhost:8080" {
		t.Errorf("the origins are %v", related.Origins)
	}
	c.into(nil, http.StatusOK, http.MethodGet, "/.well-known/oauth-authorization-server", "", nil)
	off := start(t, map[string]string{"AUTH_ISSUER": "http://127.0.0.1:8080"})
	off.into(nil, http.StatusNotFound, http.MethodGet, "/.well-known/webauthn", "", nil)
	off.into(nil, http.StatusNotFound, http.MethodGet, "/auth/webauthn.js", "", nil)
	off.into(nil, http.StatusOK, http.MethodGet, "/webauthn.js", "", nil)
}

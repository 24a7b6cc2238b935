package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/go-chi/jwtauth/v5"
	goredis "github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/bench/internal/local"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/store/redisstore"
)

// The kinds of server.
const (
	bare    = "bare"
	memory  = "memory"
	onRedis = "redis"
	chi     = "chi"
	least   = "least"

	bareDocument   = "bare-document"
	memoryDocument = "memory-document"
)

// hello is the handler behind every middleware, but where document is.
var hello = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello\n") })

// document answers what an endpoint that knows its caller might.
var document = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, caller)
})

const caller = `{"user_id":"4Jx0hV8kTqGm2yZbLw9sRA","email":"ada@example.com","tenant_id":"acme","scope":"tenant",` +
	`"amr":["email_otp"],"expires_at":"2026-01-01T12:30:00Z"}` + "\n"

// serve prints where it listens and the token it takes, and serves.
func serve(kind, redis string) error {
	h, token, err := handler(kind, redis)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://"+l.Addr().String()+"/", token)
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	return s.Serve(l)
}

func handler(kind, redis string) (http.Handler, string, error) {
	if kind == chi {
		return chiHandler()
	}
	keys, err := jwt.GenerateKeys()
	if err != nil {
		return nil, "", err
	}
	codes := make(chan string, 1)
	c := auth.Config{
		Issuer: "https://example.com", Keys: keys, Secret: auth.NewSecret(), SignUp: true,
		// Events are written out as in a real service, though nowhere.
		Logger: slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Email:  sender.EmailFunc(func(_ context.Context, m sender.Message) error { codes <- m.Code; return nil }),
	}
	if kind == onRedis {
		opts, err := goredis.ParseURL(redis)
		if err != nil {
			return nil, "", err
		}
		c.Store, c.RevocationLag = redisstore.New(goredis.NewClient(opts), nil), time.Second
	}
	a, err := auth.New(c)
	if err != nil {
		return nil, "", err
	}
	token, err := local.SignIn(a, codes)
	switch kind {
	case bare: // nothing is asked, in a process that holds what the others hold: the collector has as much to do
		return hello, token, err
	case bareDocument:
		return document, token, err
	case least:
		return compared(token), token, err
	case memoryDocument:
		return a.RequireAuth(document), token, err
	}
	return a.RequireAuth(hello), token, err
}

// compared lets the one token through that it knows, and does nothing else: what a refusal then costs is what net/http takes for it.
func compared(token string) http.Handler {
	want := "Bearer " + token
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != want {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		hello(w, r)
	})
}

// chiHandler is the peer as its documentation says.
func chiHandler() (http.Handler, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		return nil, "", err
	}
	ja := jwtauth.New("ES512", key, &key.PublicKey)
	_, token, err := ja.Encode(map[string]any{"sub": "user", "exp": time.Now().Add(time.Hour).Unix()})
	return jwtauth.Verifier(ja)(jwtauth.Authenticator(ja)(hello)), token, err
}

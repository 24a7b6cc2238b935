package jwt_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/jwt"
)

func ExampleGenerateKeys() {
	keys, err := jwt.GenerateKeys()
	if err != nil {
		panic(err)
	}
	private, err := keys.PrivatePEM() // for the key file, or JWT_PRIVATE_KEY
	if err != nil {
		panic(err)
	}
	again, err := jwt.ParseKeys(private)
	if err != nil {
		panic(err)
	}
	fmt.Println(again.ID() == keys.ID(), keys)
	// Output: true [jwt keys]
}

// To rotate, sign with the new key and go on accepting the old one for as long as its tokens live.
func ExampleParseKeys() {
	oldKeys, newKeys := newKeys(), newKeys()
	private, err := newKeys.PrivatePEM()
	if err != nil {
		panic(err)
	}
	previous, err := oldKeys.PublicPEM()
	if err != nil {
		panic(err)
	}
	keys, err := jwt.ParseKeys(private, previous)
	if err != nil {
		panic(err)
	}
	fmt.Println("signs with the new key:", keys.ID() == newKeys.ID())
	// Output: signs with the new key: true
}

func ExampleService() {
	tokens, err := jwt.New(newKeys(), jwt.Options{Issuer: "https://auth.example", Secret: auth.NewSecret()})
	if err != nil {
		panic(err)
	}
	now := tokens.Now()
	token, err := tokens.Sign(jwt.TokenPayload{
		TokenID: rand.Text(), TokenType: jwt.TypeUser, UserID: "alice",
		IssuedAt: now, ExpiresAt: now.Add(30 * time.Minute),
	})
	if err != nil {
		panic(err)
	}
	who, err := tokens.Verify(token)
	fmt.Println(who.UserID, err)

	_, err = tokens.Verify(token[1:])
	fmt.Println(err)
	// Output:
	// alice <nil>
	// invalid_token: The token is not valid.
}

// Another service verifies tokens with nothing but the published keys.
func ExampleRemote() {
	tokens, err := jwt.New(newKeys(), jwt.Options{Issuer: "https://auth.example", Secret: auth.NewSecret()})
	if err != nil {
		panic(err)
	}
	published := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(tokens.JWKS()) // package auth serves this at /auth/jwks.json
	}))
	defer published.Close()

	remote, err := jwt.NewRemote(published.URL, "https://auth.example", "", nil)
	if err != nil {
		panic(err)
	}
	now := tokens.Now()
	token, err := tokens.Sign(jwt.TokenPayload{
		TokenID: rand.Text(), TokenType: jwt.TypeUser, UserID: "alice",
		IssuedAt: now, ExpiresAt: now.Add(30 * time.Minute),
	})
	if err != nil {
		panic(err)
	}
	who, err := remote.Authenticate(context.Background(), token)
	fmt.Println(who.UserID, err)
	// Output: alice <nil>
}

func newKeys() *jwt.Keys {
	keys, err := jwt.GenerateKeys()
	if err != nil {
		panic(err)
	}
	return keys
}

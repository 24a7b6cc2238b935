// Command quickstart is the smallest service with a sign-in: it prints the code instead of mailing it.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/sender"
)

func main() {
	keys, err := jwt.GenerateKeys()
	if err != nil {
		log.Fatal(err)
	}
	a, err := auth.New(auth.Config{
		Issuer: "http://localhost:8080", Keys: keys, Secret: auth.NewSecret(), SignUp: true,
		Email: sender.EmailFunc(func(_ context.Context, m sender.Message) error { fmt.Println(m.Text); return nil }),
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", a.Handler())
	mux.Handle("GET /me", a.RequireAuth(http.HandlerFunc(me)))
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", mux)) //nolint:gosec // the production example sets time-outs
}

func me(w http.ResponseWriter, r *http.Request) {
	who, _ := auth.FromContext(r.Context())
	fmt.Fprintln(w, who.UserID)
}

// Command existing adds sign-in to a program that has a user table and a router already. [auth.Config.Users] is that table, seen
// through four methods (accounts.go); chi takes the guards as they are.
//
// It is a module of its own, so that the library does not depend on chi. Run it in this folder:
//
//	go run .
//	curl -s localhost:8080/auth/login/email -H 'Content-Type: application/json' -d '{"email":"ada@example.com"}'
//	curl -s localhost:8080/auth/login/verify -H 'Content-Type: application/json' -d '{"target":"ada@example.com","code":"…"}'
//	curl -s localhost:8080/me -H 'X-API-Key: …'
//
// The code appears where the program runs.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/middleware"
	"github.com/crafteasy/auth/sender"
)

func main() {
	mail := sender.EmailFunc(func(_ context.Context, m sender.Message) error {
		fmt.Println(m.To, m.Text)
		return nil
	})
	mine := &accounts{rows: map[int]account{
		1001: {Number: 1001, Name: "Ada Lovelace", Mail: "Ada@Example.com", Company: "acme"},
		1002: {Number: 1002, Name: "Grace Hopper", Mail: "grace@example.com", Mobile: "+46 70 123 45 67", Company: "navy", Admin: true},
	}}
	handler, err := newHandler(mine, mail)
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: "127.0.0.1:8080", Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func newHandler(mine *accounts, mail sender.Email) (http.Handler, error) {
	keys, err := jwt.GenerateKeys()
	if err != nil {
		return nil, err
	}
	a, err := auth.New(auth.Config{
		Issuer: "http://localhost:8080", Keys: keys, Secret: auth.NewSecret(), Email: mail,
		Users: mine,
		// Sessions, passkeys and second factors belong into a store that lasts as long as the accounts do. The library refuses to
		// start without one, unless this says that losing them is fine.
		InsecureMemoryStore: true,
	})
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Handle("/auth/*", a.Handler())
	r.Get("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "what everybody may see") })
	r.Group(func(r chi.Router) {
		r.Use(a.RequireAuth)
		r.Get("/me", me)
		r.With(middleware.RequireScope("system"), middleware.RequireFresh(10*time.Minute)).Post("/customers/{id}/lock", lock(mine, a))
	})
	return r, nil
}

func me(w http.ResponseWriter, r *http.Request) {
	who, _ := auth.FromContext(r.Context())
	fmt.Fprintf(w, "%s of %s, signed in by %v\n", who.UserID, who.TenantID, who.Methods)
}

// lock shows the one thing a host must remember: it writes its own table, and ends what the user is signed in to.
func lock(mine *accounts, a *auth.Auth) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := chi.URLParam(r, "id")
		if !mine.lock(id) {
			http.Error(w, "no such customer", http.StatusNotFound)
			return
		}
		if err := a.EndSessions(r.Context(), id); err != nil {
			http.Error(w, "the sessions could not be ended: try again", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// Command gin guards the routes of a gin server. Gin wraps handlers of net/http and not their middleware: guard, at the end of this file, is
// all that is missing.
//
// It is a module of its own, so that the library does not depend on gin. Run it in this folder:
//
//	go run .
//	curl -s localhost:8080/auth/login/email -H 'Content-Type: application/json' -d '{"email":"you@example.com"}'
//	curl -s localhost:8080/auth/login/verify -H 'Content-Type: application/json' -d '{"target":"you@example.com","code":"…"}'
//	curl -s localhost:8080/api/me -H 'X-API-Key: …'
//
// The code appears where the program runs.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/middleware"
	"github.com/crafteasy/auth/sender"
)

func main() {
	engine, err := newServer(sender.EmailFunc(func(_ context.Context, m sender.Message) error {
		fmt.Println(m.To, m.Text)
		return nil
	}))
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: "127.0.0.1:8080", Handler: engine, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func newServer(mail sender.Email) (*gin.Engine, error) {
	keys, err := jwt.GenerateKeys()
	if err != nil {
		return nil, err
	}
	a, err := auth.New(auth.Config{
		Issuer: "http://localhost:8080", Keys: keys, Secret: auth.NewSecret(), SignUp: true, Email: mail,
	})
	if err != nil {
		return nil, err
	}
	engine := gin.New()
	engine.Any("/auth/*path", gin.WrapH(a.Handler()))
	engine.GET("/page", guard(a.OptionalAuth), page)
	api := engine.Group("/api", guard(a.RequireAuth))
	api.GET("/me", me)
	api.DELETE("/everything", guard(middleware.RequireScope("system")), func(c *gin.Context) { c.Status(http.StatusNoContent) })
	return engine, nil
}

func me(c *gin.Context) {
	who, _ := auth.FromContext(c.Request.Context())
	c.String(http.StatusOK, who.UserID)
}

func page(c *gin.Context) {
	if who, ok := auth.FromContext(c.Request.Context()); ok {
		c.String(http.StatusOK, "hello "+who.UserID)
		return
	}
	c.String(http.StatusOK, "hello stranger")
}

// guard makes gin middleware of net/http's. What it does not let through goes no further down the chain.
func guard(m func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		passed := false
		m(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			passed = true
			c.Request = r
			c.Next()
		})).ServeHTTP(c.Writer, c.Request)
		if !passed {
			c.Abort()
		}
	}
}

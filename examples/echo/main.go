// Command echo guards the routes of an echo server.
//
// It is a module of its own, so that the library does not depend on echo. Run it in this folder:
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

	"github.com/labstack/echo/v4"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/middleware"
	"github.com/crafteasy/auth/sender"
)

func main() {
	e, err := newServer(sender.EmailFunc(func(_ context.Context, m sender.Message) error {
		fmt.Println(m.To, m.Text)
		return nil
	}))
	if err != nil {
		log.Fatal(err)
	}
	e.Server.ReadHeaderTimeout = 5 * time.Second
	log.Fatal(e.Start("127.0.0.1:8080"))
}

func newServer(mail sender.Email) (*echo.Echo, error) {
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
	e := echo.New()
	e.HideBanner = true
	e.Any("/auth/*", echo.WrapHandler(a.Handler()))
	e.GET("/page", page, echo.WrapMiddleware(a.OptionalAuth))
	api := e.Group("/api", echo.WrapMiddleware(a.RequireAuth))
	api.GET("/me", me)
	api.DELETE("/everything", nothing, echo.WrapMiddleware(middleware.RequireScope("system")))
	return e, nil
}

func me(c echo.Context) error {
	who, _ := auth.FromContext(c.Request().Context())
	return c.String(http.StatusOK, who.UserID)
}

func page(c echo.Context) error {
	if who, ok := auth.FromContext(c.Request().Context()); ok {
		return c.String(http.StatusOK, "hello "+who.UserID)
	}
	return c.String(http.StatusOK, "hello stranger")
}

func nothing(c echo.Context) error { return c.NoContent(http.StatusNoContent) }

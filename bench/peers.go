package main

import (
	"context"
	"crypto/ecdsa"
	"net/http"

	jwtmiddleware "github.com/auth0/go-jwt-middleware/v2"
	"github.com/auth0/go-jwt-middleware/v2/validator"
	"github.com/go-chi/jwtauth/v5"
	fiberjwt "github.com/gofiber/contrib/jwt"
	"github.com/gofiber/fiber/v2"
	echojwt "github.com/labstack/echo-jwt/v4"
	"github.com/labstack/echo/v4"
	"github.com/valyala/fasthttp"
)

// peers are other libraries, set up as their documentation says.
type peers struct {
	chiES512, chiHS256, echoHS256, auth0 http.Handler
	fiber                                fasthttp.RequestHandler
}

func newPeers(key *ecdsa.PrivateKey, issuer string) (peers, error) {
	var p peers
	chi := func(ja *jwtauth.JWTAuth) http.Handler {
		return jwtauth.Verifier(ja)(jwtauth.Authenticator(ja)(nothing))
	}
	p.chiES512 = chi(jwtauth.New("ES512", key, &key.PublicKey))
	p.chiHS256 = chi(jwtauth.New("HS256", hmacKey, nil))

	e := echo.New()
	e.Use(echojwt.WithConfig(echojwt.Config{SigningKey: hmacKey}))
	e.GET("/", func(echo.Context) error { return nil })
	p.echoHS256 = e

	v, err := validator.New(func(context.Context) (any, error) { return &key.PublicKey, nil }, "ES512", issuer, []string{issuer})
	if err != nil {
		return p, err
	}
	p.auth0 = jwtmiddleware.New(v.ValidateToken).CheckJWT(nothing)

	f := fiber.New()
	f.Use(fiberjwt.New(fiberjwt.Config{SigningKey: fiberjwt.SigningKey{JWTAlg: "ES512", Key: &key.PublicKey}}))
	f.Get("/", func(*fiber.Ctx) error { return nil })
	p.fiber = f.Handler()
	return p, nil
}

// ops adds one request to each library.
func (p peers) ops(ops map[string]func(), es512, hs256 string) {
	ops[chiES512] = serve(p.chiES512, request(es512))
	ops[chiHS256] = serve(p.chiHS256, request(hs256))
	ops[echoHS256] = serve(p.echoHS256, request(hs256))
	ops[auth0ES512] = serve(p.auth0, request(es512))
	var ctx fasthttp.RequestCtx
	ctx.Request.SetRequestURI("/")
	ctx.Request.Header.Set("Authorization", "Bearer "+es512)
	ops[fiberES512] = func() {
		p.fiber(&ctx)
		if ctx.Response.StatusCode() != http.StatusOK {
			panic("fiber refused its own token")
		}
	}
}

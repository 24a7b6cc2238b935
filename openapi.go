package auth

import (
	_ "embed"
	"net/http"

	"github.com/crafteasy/auth/internal/web"
)

// openAPI is the contract of all endpoints as an OpenAPI 3.1 document.
//
//go:embed openapi.json
var openAPI []byte

func openAPIHTTP(w http.ResponseWriter, _ *http.Request) error {
	web.SetHeaders(w.Header())
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(openAPI)
	return nil
}

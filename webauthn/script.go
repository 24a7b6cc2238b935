package webauthn

import (
	_ "embed"
	"net/http"

	"github.com/crafteasy/auth/internal/web"
)

// script is the browser side: one module without dependencies.
//
//go:embed webauthn.js
var script []byte

func scriptHTTP(w http.ResponseWriter, _ *http.Request) error {
	web.SetHeaders(w.Header())
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = w.Write(script)
	return nil
}

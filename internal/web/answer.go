package web

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/internal/problem"
)

// WriteJSON answers v as JSON. Every answer of this library goes uncached.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return problem.ErrInternal.Wrap(err)
	}
	SetHeaders(w.Header())
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client is gone when this fails
	return nil
}

// NoContent answers 204.
func NoContent(w http.ResponseWriter) error {
	SetHeaders(w.Header())
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// SetHeaders sets what every answer carries: it is not to be stored, sniffed, or named in a Referer.
func SetHeaders(h http.Header) { setHeaders(h, new([3]string)) }

// setHeaders is SetHeaders with room for the values. No answer shares it with another: handlers may change what they find in a header.
func setHeaders(h http.Header, v *[3]string) {
	*v = [...]string{"no-store", "nosniff", "no-referrer"}
	h["Cache-Control"], h["X-Content-Type-Options"], h["Referrer-Policy"] = v[0:1:1], v[1:2:2], v[2:3:3]
}

// ErrorWriter renders a refusal. The host may set its own.
type ErrorWriter func(w http.ResponseWriter, r *http.Request, p *problem.Error)

// Refusal answers the refusal in err, or [problem.ErrInternal] with err as its cause where there is none: what is not
// known to be harmless is not shown.
func Refusal(err error) *problem.Error {
	if p, ok := problem.As(err); ok {
		return p
	}
	return problem.ErrInternal.Wrap(err)
}

package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/audit"
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
func SetHeaders(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
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

// document is the problem document of RFC 9457.
type document struct {
	Type       string         `json:"type"`
	Title      string         `json:"title"`
	Status     int            `json:"status"`
	Detail     string         `json:"detail"`
	Code       string         `json:"code"`
	RequestID  string         `json:"request_id,omitzero"`
	RetryAfter int64          `json:"retry_after,omitzero"` // seconds
	Members    map[string]any `json:",embed"`
}

// WriteProblem answers p as application/problem+json (RFC 9457), with WWW-Authenticate on 401 (RFC 6750 section 3) and
// Retry-After where waiting helps.
func WriteProblem(w http.ResponseWriter, r *http.Request, p *problem.Error) {
	doc := document{
		Type: "about:blank", Title: http.StatusText(p.Status()), Status: p.Status(), Detail: p.Detail(), Code: p.Code(),
		RequestID: audit.OriginFrom(r.Context()).RequestID, Members: p.Members(),
	}
	h := w.Header()
	if d := p.RetryAfter(); d > 0 {
		doc.RetryAfter = int64((d + time.Second - 1) / time.Second)
		h.Set("Retry-After", strconv.FormatInt(doc.RetryAfter, 10))
	}
	if p.Status() == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", challenge(p))
	}
	b, err := json.Marshal(&doc, json.Deterministic(true))
	if err != nil {
		b = []byte(`{"type":"about:blank","status":500,"code":"internal_error"}`)
	}
	SetHeaders(h)
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status())
	if r.Method != http.MethodHead {
		_, _ = w.Write(b)
	}
}

// challenge names an error only when something was presented (RFC 6750 section 3.1).
func challenge(p *problem.Error) string {
	switch p.Code() {
	case problem.ErrInvalidToken.Code():
		return `Bearer error="invalid_token"`
	default:
		return "Bearer"
	}
}

package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/crafteasy/auth/internal/problem"
)

// usual is more than the document of a refusal takes as a rule, in bytes.
const usual = 192

// refusal is what a problem document is made in, allocated at once: whoever floods a service with junk gets this answer.
type refusal struct {
	fixed                     [3]string
	media, challenge, request [1]string
	text                      [usual]byte
}

// WriteProblem answers p as application/problem+json (RFC 9457), with the headers that [refusal.head] sets.
func WriteProblem(w http.ResponseWriter, method, requestID string, p *problem.Error) {
	a := &refusal{media: [...]string{"application/problem+json"}}
	h := w.Header()
	wait := a.head(h, requestID, p)
	b, err := document(a.text[:0], p, requestID, wait)
	if err != nil {
		b = []byte(`{"type":"about:blank","status":500,"code":"internal_error"}`)
	}
	h["Content-Type"] = a.media[:]
	w.WriteHeader(p.Status())
	if method != http.MethodHead {
		_, _ = w.Write(b) //nolint:gosec // JSON, which no browser renders: nosniff
	}
}

// head sets what goes with p in whatever form it is rendered: WWW-Authenticate on 401 (RFC 6750 section 3), Retry-After where waiting
// helps, the id of the request where it has one, and what every answer carries. It answers the wait in whole seconds.
func (a *refusal) head(h http.Header, requestID string, p *problem.Error) (wait int64) {
	a.challenge, a.request = [...]string{challenge(p)}, [...]string{requestID}
	setHeaders(h, &a.fixed)
	if requestID != "" {
		h["X-Request-Id"] = a.request[:]
	}
	if p.Status() == http.StatusUnauthorized {
		h["Www-Authenticate"] = a.challenge[:]
	}
	if wait = int64((p.RetryAfter() + time.Second - 1) / time.Second); wait > 0 {
		h.Set("Retry-After", strconv.FormatInt(wait, 10))
	}
	return wait
}

// document appends the problem document of RFC 9457 to b, with code, request_id and retry_after (in seconds) where there are any, and
// the refusal's own members by name.
func document(b []byte, p *problem.Error, requestID string, wait int64) ([]byte, error) {
	d := members{b: append(b, `{"type":"about:blank"`...)}
	d.text("title", http.StatusText(p.Status()))
	d.b = strconv.AppendInt(append(d.b, `,"status":`...), int64(p.Status()), 10)
	d.text("detail", p.Detail())
	d.text("code", p.Code())
	if requestID != "" {
		d.text("request_id", requestID)
	}
	if wait > 0 {
		d.b = strconv.AppendInt(append(d.b, `,"retry_after":`...), wait, 10)
	}
	if m := p.Members(); len(m) > 0 {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			d.value(name, m[name])
		}
	}
	return append(d.b, '}'), d.err
}

// members writes the members of a JSON object behind its first.
type members struct {
	b   []byte
	err error
}

// text writes a member whose name is ours and plain.
func (m *members) text(name, value string) {
	m.b = append(append(append(m.b, `,"`...), name...), `":`...)
	m.quote(value)
}

func (m *members) quote(s string) {
	var err error
	if m.b, err = jsontext.AppendQuote(m.b, s); err != nil {
		m.err = err
	}
}

func (m *members) value(name string, v any) {
	m.b = append(m.b, ',')
	m.quote(name)
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		m.err = err
	}
	m.b = append(append(m.b, ':'), b...)
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

package authotel_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/authtest"
	authotel "github.com/crafteasy/auth/otel"
	"github.com/crafteasy/auth/sender"
)

// world is a service that is measured, and what was measured.
type world struct {
	t      *testing.T
	s      *authtest.Server
	inbox  *authtest.Inbox
	reader *metric.ManualReader
	spans  *tracetest.SpanRecorder
	log    bytes.Buffer
}

func open(t *testing.T, change func(*auth.Config)) *world {
	t.Helper()
	w := &world{t: t, inbox: authtest.NewInbox(), reader: metric.NewManualReader(), spans: tracetest.NewSpanRecorder()}
	telemetry, err := authotel.New(&authotel.Options{
		MeterProvider:  metric.NewMeterProvider(metric.WithReader(w.reader)),
		TracerProvider: trace.NewTracerProvider(trace.WithSpanProcessor(w.spans)),
		Next:           audit.NewSlog(slog.New(slog.NewTextHandler(&w.log, nil))),
	})
	if err != nil {
		t.Fatal(err)
	}
	c := auth.Config{SignUp: true, Email: w.inbox, Observe: telemetry.Observe, Audit: telemetry}
	if change != nil {
		change(&c)
	}
	w.s = authtest.New(t, c)
	return w
}

func (w *world) call(h http.Handler, method, path, token, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("X-Api-Key", token)
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer
}

func (w *world) signIn(mail, code string) (token string, status int) {
	w.t.Helper()
	w.call(w.s.Handler(), "POST", "/auth/login/email", "", `{"email":"`+mail+`"}`)
	if code == "" {
		code = w.inbox.Code(w.t, mail)
	}
	answer := w.call(w.s.Handler(), "POST", "/auth/login/verify", "", `{"target":"`+mail+`","code":"`+code+`"}`)
	var in struct{ Token string }
	_ = json.Unmarshal(answer.Body.Bytes(), &in)
	return in.Token, answer.Code
}

// counters are all sums, by name and attributes, and the operations whose duration was measured.
func (w *world) counters() (sums map[string]int64, operations []string) {
	w.t.Helper()
	var all metricdata.ResourceMetrics
	if err := w.reader.Collect(context.Background(), &all); err != nil {
		w.t.Fatal(err)
	}
	sums = map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					name := m.Name
					for _, kv := range p.Attributes.ToSlice() {
						name += fmt.Sprintf(" %s=%s", kv.Key, kv.Value.String())
					}
					sums[name] = p.Value
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					op, _ := p.Attributes.Value("operation")
					operations = append(operations, op.String())
				}
			}
		}
	}
	slices.Sort(operations)
	return sums, operations
}

func TestMetrics(t *testing.T) {
	w := open(t, func(c *auth.Config) {
		c.SMS, c.SMSCountries = sender.SMSFunc(func(context.Context, sender.Message) error { return errors.New("down") }), []string{"*"}
	})
	token, _ := w.signIn("ada@example.com", "")
	if _, status := w.signIn("ada@example.com", "000000x"); status != http.StatusUnauthorized {
		t.Errorf("a wrong code: %d", status)
	}
	guarded := w.s.RequireAuth(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, token := range []string{token, token, "", "x"} {
		w.call(guarded, "GET", "/", token, "")
	}
	w.call(w.s.Handler(), "POST", "/auth/login/sms", "", `{"phone":"+46701234567"}`)
	w.call(w.s.Handler(), "GET", "/auth/oauth2/eve/authorize", "", "")
	w.call(w.s.Handler(), "POST", "/auth/api-key", "", `{"api_code":"a","api_key":"b"}`)
	w.s.Faults.Inject(authtest.Fault{On: "sessions"})
	w.call(guarded, "GET", "/", token, "")
	w.s.Drain()

	sums, operations := w.counters()
	for name, want := range map[string]int64{
		"auth.logins method=email_otp success=true":  1,
		"auth.logins method=email_otp success=false": 1,
		"auth.logins method=api_key success=false":   1,
		"auth.refusals code=invalid_code":            1,
		"auth.refusals code=invalid_token":           1,
		"auth.refusals code=authentication_required": 1,
		"auth.refusals code=unavailable":             1,
		"auth.codes.sent channel=email outcome=sent": 2,
		"auth.codes.sent channel=sms outcome=failed": 1,
		"auth.token.checks outcome=accepted":         2,
		"auth.token.checks outcome=refused":          1,
		"auth.token.checks outcome=missing":          1,
		"auth.token.checks outcome=failed":           1,
		"auth.logins method=oauth:eve success=false": 0,
		"auth.codes.sent channel=sms outcome=sent":   0,
		"auth.refusals code=message_failed":          0,
	} {
		if sums[name] != want {
			t.Errorf("%s is %d, want %d", name, sums[name], want)
		}
	}
	for _, op := range []string{"POST /login/email", "POST /login/verify", "authenticate", "send code by email", "send code by sms"} {
		if !slices.Contains(operations, op) {
			t.Errorf("no duration of %q among %q", op, operations)
		}
	}
}

// TestSpans: one span for each operation, with the request's id, its events, and an error only where we failed.
func TestSpans(t *testing.T) {
	w := open(t, nil)
	_, _ = w.signIn("ada@example.com", "")
	answer := w.call(w.s.Handler(), "POST", "/auth/login/verify", "", `{"target":"ada@example.com","code":"1"}`)
	w.s.Faults.Inject(authtest.Fault{On: "kv"})
	w.call(w.s.Handler(), "POST", "/auth/login/email", "", `{"email":"ada@example.com"}`)
	w.s.Drain()
	byName := map[string][]trace.ReadOnlySpan{}
	for _, s := range w.spans.Ended() {
		byName[s.Name()] = append(byName[s.Name()], s)
	}
	if len(byName["POST /login/email"]) != 2 || len(byName["POST /login/verify"]) != 2 || len(byName["send code by email"]) != 1 {
		t.Fatalf("the spans are %v", byName)
	}
	asked, sent := byName["POST /login/email"][0], byName["send code by email"][0]
	if sent.Parent().SpanID() != asked.SpanContext().SpanID() {
		t.Error("the message is not a child of the request that led to it")
	}
	refused := byName["POST /login/verify"][1]
	attrs := fmt.Sprint(refused.Attributes())
	if refused.Status().Code == codes.Error || !strings.Contains(attrs, "invalid_code") || !strings.Contains(attrs, answer.Header().Get("X-Request-Id")) {
		t.Errorf("the refusal has %v %s", refused.Status(), attrs)
	}
	if events := refused.Events(); len(events) != 1 || events[0].Name != "otp.verify" {
		t.Errorf("the refusal's events are %v", events)
	}
	if failed := byName["POST /login/email"][1]; failed.Status().Code != codes.Error || failed.Status().Description != "unavailable" {
		t.Errorf("the failure has %v", failed.Status())
	}
}

// TestNobodyIsNamed: neither metrics nor spans hold anything of a person, a secret or an address.
func TestNobodyIsNamed(t *testing.T) {
	w := open(t, nil)
	token, _ := w.signIn("ada@example.com", "")
	code := w.inbox.Messages()[0].Code
	p, err := w.s.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	w.call(w.s.Handler(), "DELETE", "/auth/sessions/"+p.SessionID, token, "")
	w.call(w.s.RequireAuth(http.NotFoundHandler()), "GET", "/", token, "")
	w.s.Drain()
	var all metricdata.ResourceMetrics
	if err := w.reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	metrics, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	var spans strings.Builder
	for _, s := range w.spans.Ended() {
		fmt.Fprintln(&spans, s.Name(), s.Attributes(), s.Events(), s.Status())
	}
	if !strings.Contains(spans.String(), "session.end") {
		t.Fatalf("the spans hold no event: %s", spans.String())
	}
	for name, hidden := range map[string]string{
		"the token": token, "the code": code, "the user": p.UserID, "the session": p.SessionID, "the address": "ada@", "the client": "192.0.2.1",
	} {
		if strings.Contains(string(metrics), hidden) || strings.Contains(spans.String(), hidden) {
			t.Errorf("%s is in what was measured", name)
		}
	}
	if !strings.Contains(w.log.String(), p.UserID) {
		t.Error("the next sink got no events")
	}
}

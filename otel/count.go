package authotel

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/crafteasy/auth/audit"
)

// count counts the end of an operation. The names of operations are those of [auth.Config.Observe].
func (t *Telemetry) count(ctx context.Context, op, code string) {
	if message, ok := strings.CutPrefix(op, "send "); ok {
		if channel, ok := strings.CutPrefix(message, "code by "); ok {
			t.sent.Add(ctx, 1, metric.WithAttributes(attribute.String("channel", channel), attribute.String("outcome", delivery(code))))
		}
		return
	}
	if op == "authenticate" {
		t.checks.Add(ctx, 1, metric.WithAttributes(attribute.String("outcome", check(code))))
	}
	if code != "" {
		t.refusals.Add(ctx, 1, metric.WithAttributes(attribute.String("code", code)))
	}
}

func delivery(code string) string {
	if code == "" {
		return "sent"
	}
	return "failed"
}

// check is the outcome of a token check.
func check(code string) string {
	switch {
	case code == "":
		return "accepted"
	case code == "authentication_required":
		return "missing"
	case failed(code):
		return "failed"
	}
	return "refused"
}

// failed reports whether the code stands for a failure on our side.
func failed(code string) bool {
	return code == "internal_error" || code == "unavailable" || code == "message_failed"
}

// login reports whether e is the end of a sign-in, and how it went. Half a sign-in, whose second factor is still owed, is none.
// Limits are no sign-in either: auth.refusals counts them.
func login(e audit.Event) (method string, success, ok bool) {
	switch e.Name {
	case "session.sign_in", "apikey.use":
		return e.Method, e.Outcome == audit.Success, true
	case "oauth.sign_in", "webauthn.sign_in":
		// What went well goes on to session.sign_in.
		return e.Method, false, e.Outcome == audit.Failure
	case "otp.verify":
		return e.Method, false, e.Outcome == audit.Failure && e.Fields["purpose"] == "login"
	case "session.complete":
		return "second_factor", false, e.Outcome == audit.Failure
	}
	return "", false, false
}

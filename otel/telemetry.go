package authotel

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/crafteasy/auth/audit"
)

// scope names this instrumentation.
const scope = "github.com/crafteasy/auth/otel"

// Options are the settings of a [Telemetry]. The zero value is the recommended setting.
type Options struct {
	// MeterProvider and TracerProvider take the measurements and spans. Default: the global ones.
	MeterProvider  metric.MeterProvider
	TracerProvider trace.TracerProvider
	// Next gets every event as well. Default: the log of slog.Default, which is where events go without this package.
	Next audit.Sink
}

// Telemetry measures one [auth.Auth] or several. It is safe for concurrent use and there is nothing to close: the providers are
// the caller's.
type Telemetry struct {
	tracer   trace.Tracer
	next     audit.Sink
	logins   metric.Int64Counter
	refusals metric.Int64Counter
	sent     metric.Int64Counter
	checks   metric.Int64Counter
	duration metric.Float64Histogram
}

var _ audit.Sink = (*Telemetry)(nil)

// buckets are the upper bounds of durations in seconds: a token that was seen takes microseconds, a mail server seconds.
var buckets = []float64{.00001, .0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// New makes the instruments. opts may be nil. The error says that a provider refuses one.
func New(opts *Options) (*Telemetry, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.MeterProvider == nil {
		o.MeterProvider = otel.GetMeterProvider()
	}
	if o.TracerProvider == nil {
		o.TracerProvider = otel.GetTracerProvider()
	}
	if o.Next == nil {
		o.Next = audit.NewSlog(slog.Default())
	}
	t := &Telemetry{tracer: o.TracerProvider.Tracer(scope), next: o.Next}
	meter := o.MeterProvider.Meter(scope)
	var errs [5]error
	t.logins, errs[0] = meter.Int64Counter("auth.logins", metric.WithDescription("Sign-ins that ended, by method and success."))
	t.refusals, errs[1] = meter.Int64Counter("auth.refusals", metric.WithDescription("Requests and token checks that were not served, by code."))
	t.sent, errs[2] = meter.Int64Counter("auth.codes.sent", metric.WithDescription("One-time codes, by channel and outcome."))
	t.checks, errs[3] = meter.Int64Counter("auth.token.checks", metric.WithDescription("Token checks by the guards, by outcome."))
	t.duration, errs[4] = meter.Float64Histogram("auth.operation.duration", metric.WithUnit("s"),
		metric.WithDescription("How long operations took."), metric.WithExplicitBucketBoundaries(buckets...))
	return t, errors.Join(errs[:]...)
}

// Observe begins the span of an operation, and measures it at its end. It is the function for [auth.Config.Observe].
func (t *Telemetry) Observe(ctx context.Context, op string) (inner context.Context, done func(code string)) {
	begun := time.Now()
	attrs := make([]attribute.KeyValue, 0, 2)
	attrs = append(attrs, attribute.String("auth.operation", op))
	if id := audit.OriginFrom(ctx).RequestID; id != "" {
		attrs = append(attrs, attribute.String("auth.request_id", id))
	}
	//nolint:spancheck // done ends it
	ctx, span := t.tracer.Start(ctx, op, trace.WithAttributes(attrs...))
	return ctx, func(code string) { //nolint:spancheck // that is done
		t.duration.Record(ctx, time.Since(begun).Seconds(), metric.WithAttributes(attribute.String("operation", op)))
		t.count(ctx, op, code)
		if code != "" {
			span.SetAttributes(attribute.String("auth.code", code))
		}
		if failed(code) {
			span.SetStatus(codes.Error, code) // a refusal is no error: it is what the library is for
		}
		span.End()
	}
}

// Record counts the sign-in that e is the end of, if any, notes e in the operation's span, and hands it on ([audit.Sink]).
func (t *Telemetry) Record(ctx context.Context, e audit.Event) {
	attrs := make([]attribute.KeyValue, 0, 3)
	attrs = append(attrs, attribute.String("auth.outcome", string(e.Outcome)))
	if e.Code != "" {
		attrs = append(attrs, attribute.String("auth.code", e.Code))
	}
	if e.Method != "" {
		attrs = append(attrs, attribute.String("auth.method", e.Method))
	}
	trace.SpanFromContext(ctx).AddEvent(e.Name, trace.WithAttributes(attrs...))
	if method, success, ok := login(e); ok {
		t.logins.Add(ctx, 1, metric.WithAttributes(attribute.String("method", method), attribute.Bool("success", success)))
	}
	t.next.Record(ctx, e)
}

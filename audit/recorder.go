package audit

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/crafteasy/auth/internal/ctxkey"
	"github.com/crafteasy/auth/jwt"
)

// Origin says where a request comes from.
type Origin struct {
	// IP is the client's address, as far as the configuration lets it be believed.
	IP string
	// UserAgent is the client's own text.
	UserAgent string
	// RequestID names the request in answers, logs and events.
	RequestID string
	// Languages are what the client accepts (RFC 9110 section 12.5.4), in its own text, for messages. No event holds them.
	Languages string
}

// WithOrigin answers a context that carries the origin of the request.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, ctxkey.Origin{}, &o)
}

// OriginFrom answers the origin that ctx carries; it is zero outside a request.
func OriginFrom(ctx context.Context) Origin {
	if o, ok := ctx.Value(ctxkey.Origin{}).(*Origin); ok {
		return *o
	}
	return Origin{}
}

// Recorder stamps events with what the context knows and hands them to a sink. It is safe for concurrent use.
type Recorder struct {
	sink Sink
	now  func() time.Time
}

// NewRecorder makes a recorder. A nil now is time.Now.
func NewRecorder(sink Sink, now func() time.Time) *Recorder {
	if now == nil {
		now = time.Now
	}
	return &Recorder{sink: sink, now: now}
}

// Record stamps e with the time, the origin and the actor, where e names none, and records it. A panic of the sink is the
// host's to find: it passes.
func (r *Recorder) Record(ctx context.Context, e Event) {
	e.Time = r.now().UTC()
	o := OriginFrom(ctx)
	e.IP, e.UserAgent, e.RequestID = o.IP, o.UserAgent, o.RequestID
	if p, ok := jwt.Shared(ctx); ok && e.Actor == "" {
		e.Actor = p.UserID
		if p.IsSystemUser {
			e.Actor = p.SessionID
		}
	}
	if n, ok := ctx.Value(ctxkey.Events{}).(*atomic.Int32); ok {
		n.Add(1)
	}
	r.sink.Record(context.WithoutCancel(ctx), e) // who leaves is recorded too, by a sink that needs time as well
}

// RecordVerb is [Recorder.Record] for what a caller or the host itself asks for: where no caller is known, the actor is the host.
func (r *Recorder) RecordVerb(ctx context.Context, e Event) {
	if _, ok := jwt.Shared(ctx); !ok {
		e.Actor = "host"
	}
	r.Record(ctx, e)
}

// Recorded reports whether the request of ctx has led to an event, so that a refusal nobody recorded can be.
func Recorded(ctx context.Context) bool {
	n, ok := ctx.Value(ctxkey.Events{}).(*atomic.Int32)
	return ok && n.Load() > 0
}

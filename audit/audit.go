package audit

import (
	"context"
	"time"
)

// Outcome is how a decision went.
type Outcome string

// The outcomes.
const (
	Success Outcome = "success"
	// Failure is a proof that did not hold.
	Failure Outcome = "failure"
	// Refused is a request that was turned away before any proof was looked at: limits, policy, shape.
	Refused Outcome = "refused"
	// Fault is a dependency that failed.
	Fault Outcome = "error"
)

// Event is one decision.
type Event struct {
	// Time is in UTC.
	Time time.Time
	// Name says what was decided, such as "otp.verify", "session.refresh", "session.reuse_detected": docs/events.md has them all.
	Name string
	// Outcome is how it went.
	Outcome Outcome
	// Code is the stable code of the refusal, where there was one.
	Code string
	// Reason says more than the client is told. It is text of this library, never the client's.
	Reason string
	// UserID is the account that is concerned, where one is known.
	UserID string
	// Actor is who did it: a user id, an API key's id, "host" for the host's own verbs, or empty for a stranger.
	Actor string
	// Method is the sign-in method, named as in amr.
	Method string
	// SessionID names the session. It is not a credential.
	SessionID string
	// IP, UserAgent and RequestID say where from. UserAgent is the client's text: sinks must escape it.
	IP, UserAgent, RequestID string
	// Fields hold what only some events have, such as a provider's name.
	Fields map[string]string
}

// Sink takes events. Record must be safe for concurrent use and should not block for long: it runs on the request's path.
// It cannot fail a request. The context has the values of the request's and does not end with it.
type Sink interface {
	Record(ctx context.Context, e Event)
}

// SinkFunc makes a Sink of a function.
type SinkFunc func(ctx context.Context, e Event)

// Record calls f.
func (f SinkFunc) Record(ctx context.Context, e Event) { f(ctx, e) }

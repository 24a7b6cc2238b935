// Package problem is the one shape of a refusal: a value with a stable code that is matched by
// errors.Is inside the program and becomes an RFC 9457 problem document on the wire.
//
// A sentinel is made once with [New]. What varies from case to case is added by the With methods,
// which answer a copy that still matches its sentinel. A cause given by [Error.Wrap] reaches the log
// and never a client.
package problem

import (
	"errors"
	"maps"
	"time"
)

// Error is a refusal. It is immutable: the With methods answer copies.
type Error struct {
	status     int
	code       string
	detail     string
	retryAfter time.Duration
	members    map[string]any
	cause      error
	base       *Error
}

// New makes a sentinel with an HTTP status, a code clients may branch on, and one sentence for people.
func New(status int, code, detail string) *Error {
	return &Error{status: status, code: code, detail: detail}
}

// Error is the code and the sentence, without the cause: it is safe to show.
func (e *Error) Error() string { return e.code + ": " + e.detail }

// Status is the HTTP status.
func (e *Error) Status() int { return e.status }

// Code is the stable name of the refusal.
func (e *Error) Code() string { return e.code }

// Detail is one sentence for people.
func (e *Error) Detail() string { return e.detail }

// RetryAfter is how long to wait, or 0 where waiting does not help.
func (e *Error) RetryAfter() time.Duration { return e.retryAfter }

// Members are further members of the problem document, such as "link". The map must not be changed.
func (e *Error) Members() map[string]any { return e.members }

// Unwrap is the cause, for logs and errors.Is.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is the sentinel that e was made from.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && e.root() == t.root()
}

func (e *Error) root() *Error {
	if e.base != nil {
		return e.base
	}
	return e
}

func (e *Error) copy() *Error {
	c := *e
	c.base = e.root()
	return &c
}

// WithDetail answers a copy of e with another sentence, for naming the field that is wrong.
func (e *Error) WithDetail(detail string) *Error {
	c := e.copy()
	c.detail = detail
	return c
}

// WithRetryAfter answers a copy of e that tells the client how long to wait.
func (e *Error) WithRetryAfter(d time.Duration) *Error {
	c := e.copy()
	c.retryAfter = d
	return c
}

// WithMember answers a copy of e whose problem document carries one more member.
func (e *Error) WithMember(name string, value any) *Error {
	c := e.copy()
	c.members = make(map[string]any, len(e.members)+1)
	maps.Copy(c.members, e.members)
	c.members[name] = value
	return c
}

// Wrap answers a copy of e with the cause for the log.
func (e *Error) Wrap(cause error) *Error {
	c := e.copy()
	c.cause = cause
	return c
}

// As finds the first refusal in err's chain.
func As(err error) (*Error, bool) {
	return errors.AsType[*Error](err)
}

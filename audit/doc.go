// Package audit is the record of every authentication decision: exactly one [Event] for each, written to a [Sink].
//
// Most programs set nothing and get events through log/slog. Implement [Sink] to keep them elsewhere.
//
// An event never holds a secret: no code, token, key or handle reaches it.
package audit

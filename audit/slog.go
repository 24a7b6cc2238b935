package audit

import (
	"context"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"time"
)

// NewSlog makes a sink that writes one log record for each event: successes at level Info, everything else at Warn.
// The attributes carry the client's texts as values, which slog's handlers escape.
func NewSlog(l *slog.Logger) Sink {
	var here [1]uintptr // the source of all records, where a handler wants one
	runtime.Callers(1, here[:])
	h := l.Handler()
	return SinkFunc(func(ctx context.Context, e Event) {
		level := slog.LevelInfo
		if e.Outcome != Success {
			level = slog.LevelWarn
		}
		if !h.Enabled(ctx, level) {
			return
		}
		r := slog.NewRecord(time.Now(), level, e.Name, here[0])
		describe(&r, &e)
		_ = h.Handle(ctx, r) // as slog's own methods do: a log that fails cannot fail a request
	})
}

// most is how many attributes an event has beside its fields.
const most = 11

func describe(r *slog.Record, e *Event) {
	list := [most]slog.Attr{slog.Time("at", e.Time), slog.String("outcome", string(e.Outcome))}
	n := 2
	for _, f := range [...]struct{ name, value string }{
		{"code", e.Code},
		{"reason", e.Reason},
		{"user_id", e.UserID},
		{"actor", e.Actor},
		{"method", e.Method},
		{"session_id", e.SessionID},
		{"ip", e.IP},
		{"user_agent", e.UserAgent},
		{"request_id", e.RequestID},
	} {
		if f.value != "" {
			list[n] = slog.String(f.name, f.value)
			n++
		}
	}
	r.AddAttrs(list[:n]...)
	if len(e.Fields) == 0 {
		return // sorting nothing is not free
	}
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		r.AddAttrs(slog.String(name, e.Fields[name]))
	}
}

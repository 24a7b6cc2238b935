package audit

import (
	"context"
	"log/slog"
	"maps"
	"slices"
)

// NewSlog makes a sink that writes one log record for each event: successes at level Info, everything else at Warn.
// The attributes carry the client's texts as values, which slog's handlers escape.
func NewSlog(l *slog.Logger) Sink {
	return SinkFunc(func(ctx context.Context, e Event) {
		level := slog.LevelInfo
		if e.Outcome != Success {
			level = slog.LevelWarn
		}
		if !l.Enabled(ctx, level) {
			return
		}
		l.LogAttrs(ctx, level, e.Name, attrs(e)...)
	})
}

func attrs(e Event) []slog.Attr {
	texts := [...]struct{ name, value string }{
		{"code", e.Code},
		{"reason", e.Reason},
		{"user_id", e.UserID},
		{"actor", e.Actor},
		{"method", e.Method},
		{"session_id", e.SessionID},
		{"ip", e.IP},
		{"user_agent", e.UserAgent},
		{"request_id", e.RequestID},
	}
	list := make([]slog.Attr, 0, 2+len(texts)+len(e.Fields))
	list = append(list, slog.Time("at", e.Time), slog.String("outcome", string(e.Outcome)))
	for _, f := range texts {
		if f.value != "" {
			list = append(list, slog.String(f.name, f.value))
		}
	}
	for _, n := range slices.Sorted(maps.Keys(e.Fields)) {
		list = append(list, slog.String(n, e.Fields[n]))
	}
	return list
}

package audit

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/ctxkey"
	"github.com/crafteasy/auth/jwt"
)

// TestRecordStamps: time, origin and actor come from the context, whatever the event says of them.
func TestRecordStamps(t *testing.T) {
	at := time.Date(2026, 1, 1, 13, 0, 0, 0, time.FixedZone("", 3600))
	for name, tt := range map[string]struct {
		p           *jwt.TokenPayload
		said, actor string
	}{
		"a stranger":         {nil, "", ""},
		"a person":           {&jwt.TokenPayload{UserID: "u", SessionID: "s"}, "", "u"},
		"a machine":          {&jwt.TokenPayload{UserID: "u", SessionID: "key", IsSystemUser: true}, "", "key"},
		"who is named stays": {&jwt.TokenPayload{UserID: "u"}, "host", "host"},
	} {
		t.Run(name, func(t *testing.T) {
			var got Event
			r := NewRecorder(SinkFunc(func(_ context.Context, e Event) { got = e }), func() time.Time { return at })
			ctx := WithOrigin(t.Context(), Origin{IP: "192.0.2.1", UserAgent: "ua", RequestID: "id"})
			if tt.p != nil {
				ctx = jwt.NewContext(ctx, tt.p)
			}
			r.Record(ctx, Event{Name: "x", Actor: tt.said, IP: "forged", RequestID: "forged"})
			if got.Actor != tt.actor || got.IP != "192.0.2.1" || got.UserAgent != "ua" || got.RequestID != "id" || got.Time.Location() != time.UTC || !got.Time.Equal(at) {
				t.Errorf("the event is %+v", got)
			}
		})
	}
}

// TestRecord_WhoeverLeaves: a sink hears of what a client did that has left, or leaves meanwhile, with a context it can work with.
func TestRecord_WhoeverLeaves(t *testing.T) {
	for when, before := range map[string]bool{"before": true, "while the sink is at work": false} {
		t.Run(when, func(t *testing.T) {
			ctx, leave := context.WithCancel(WithOrigin(t.Context(), Origin{RequestID: "id"}))
			if before {
				leave()
			}
			ended, id := context.Canceled, ""
			NewRecorder(SinkFunc(func(ctx context.Context, _ Event) {
				leave()
				ended, id = ctx.Err(), OriginFrom(ctx).RequestID
			}), nil).Record(ctx, Event{})
			if ended != nil || id != "id" {
				t.Errorf("the context of the sink is %v, of request %q", ended, id)
			}
		})
	}
}

func TestRecorded(t *testing.T) {
	r := NewRecorder(SinkFunc(func(context.Context, Event) {}), nil)
	ctx := context.WithValue(t.Context(), ctxkey.Events{}, new(atomic.Int32))
	if Recorded(ctx) || Recorded(t.Context()) {
		t.Error("recorded before anything was")
	}
	r.Record(ctx, Event{})
	if !Recorded(ctx) {
		t.Error("not recorded afterwards")
	}
}

// TestSlog: one line for each event, empty attributes left out, and what is no success is a warning.
func TestSlog(t *testing.T) {
	var b bytes.Buffer
	sink := NewSlog(slog.New(slog.NewTextHandler(&b, nil)))
	sink.Record(t.Context(), Event{Name: "a", Outcome: Success, UserAgent: "x\nlevel=INFO msg=fake"})
	sink.Record(t.Context(), Event{Name: "b", Outcome: Failure, Code: "invalid_code", Fields: map[string]string{"z": "1", "y": "2"}})
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "level=INFO") || !strings.Contains(lines[1], "level=WARN") ||
		!strings.Contains(lines[1], "y=2 z=1") || strings.Contains(lines[1], "user_id") {
		t.Errorf("the log says\n%s", b.String())
	}
}

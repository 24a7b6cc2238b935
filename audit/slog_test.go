package audit_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/audit"
)

// TestARecordSaysAllOfAnEvent reads every text of an event back from the log, and the source.
func TestARecordSaysAllOfAnEvent(t *testing.T) {
	var log bytes.Buffer
	sink := audit.NewSlog(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{AddSource: true})))
	sink.Record(t.Context(), audit.Event{
		Time: time.Date(2026, 4, 5, 12, 0, 0, 0, time.UTC), Name: "n", Outcome: audit.Failure, Code: "c", Reason: "r", UserID: "u",
		Actor: "a", Method: "m", SessionID: "s", IP: "i", UserAgent: "line\nbreak", RequestID: "q", Fields: map[string]string{"z": "1", "b": "2"},
	})
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Fatalf("%d lines for one event:\n%s", n, &log)
	}
	var got map[string]any
	if err := json.Unmarshal(log.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	source, _ := got["source"].(map[string]any)
	if file, _ := source["file"].(string); !strings.HasSuffix(file, "slog.go") {
		t.Errorf("the source is %v", got["source"])
	}
	for name, want := range map[string]string{
		"level": "WARN", "msg": "n", "at": "2026-04-05T12:00:00Z", "outcome": "failure", "code": "c", "reason": "r", "user_id": "u", "actor": "a",
		"method": "m", "session_id": "s", "ip": "i", "user_agent": "line\nbreak", "request_id": "q", "z": "1", "b": "2",
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %q", name, got[name], want)
		}
	}
}

// TestALogThatIsOffGetsNothing leaves out what has nothing to say.
func TestALogThatIsOffGetsNothing(t *testing.T) {
	var log bytes.Buffer
	sink := audit.NewSlog(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})))
	sink.Record(t.Context(), audit.Event{Name: "good", Outcome: audit.Success})
	sink.Record(t.Context(), audit.Event{Name: "bad", Outcome: audit.Refused})
	if s := log.String(); strings.Contains(s, "good") || !strings.Contains(s, "bad") || strings.Contains(s, "user_id") {
		t.Errorf("the log says %q", s)
	}
}

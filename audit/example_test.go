package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/crafteasy/auth/audit"
)

// A sink that alerts on theft and hands everything on to the log.
func ExampleSinkFunc() {
	log := audit.NewSlog(slog.New(slog.DiscardHandler))
	sink := audit.SinkFunc(func(ctx context.Context, e audit.Event) {
		if e.Name == "session.reuse_detected" {
			fmt.Println("alert:", e.UserID, e.IP)
		}
		log.Record(ctx, e)
	})
	sink.Record(context.Background(), audit.Event{Name: "session.sign_in", Outcome: audit.Success, UserID: "u1"})
	sink.Record(context.Background(), audit.Event{Name: "session.reuse_detected", Outcome: audit.Failure, UserID: "u1", IP: "203.0.113.7"})
	// Output: alert: u1 203.0.113.7
}

func ExampleNewSlog() {
	plain := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "at" {
			return slog.Attr{}
		}
		return a
	}}))
	audit.NewSlog(plain).Record(context.Background(), audit.Event{
		Name: "otp.verify", Outcome: audit.Failure, Code: "invalid_code", Reason: "the code is wrong", RequestID: "Zk3v",
	})
	// Output: level=WARN msg=otp.verify outcome=failure code=invalid_code reason="the code is wrong" request_id=Zk3v
}

package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

func TestTries(t *testing.T) {
	temporary, final := sender.Temporary(errors.New("busy")), errors.New("no such mailbox")
	tests := []struct {
		name                string
		answers             []error // of try after try; the last one stays
		sent, tries, events int
	}{
		{"at once", []error{nil}, 1, 1, 0},
		{"the second time, after a second", []error{temporary, nil}, 1, 2, 0},
		{"the fourth time, after 1, 5 and 15 s", []error{temporary, temporary, temporary, nil}, 1, 4, 0},
		{"never: four tries and one event", []error{temporary}, 0, 4, 1},
		{"a failure that stays is not tried again", []error{final}, 0, 1, 1},
		{"nor after a temporary one", []error{temporary, final}, 0, 2, 1},
		{"a time-out is temporary", []error{context.DeadlineExceeded, nil}, 1, 2, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ids []string
				k := &kept{}
				k.send = func(_ context.Context, n int, m sender.Message) error {
					ids = append(ids, m.ID)
					return tt.answers[min(n, len(tt.answers))-1]
				}
				o := open(k, func(o *Options) { o.Workers = 1 })
				_ = o.Send(t.Context(), to(1))
				time.Sleep(time.Minute)
				k.expect(t, tt.sent, tt.tries, tt.events)
				for _, id := range ids {
					if id != ids[0] {
						t.Errorf("a further try has another id: %q", ids)
					}
				}
				if err := o.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestPausesBetweenTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		began := time.Now()
		k := &kept{send: func(context.Context, int, sender.Message) error {
			at = append(at, time.Since(began))
			return sender.Temporary(errors.New("busy"))
		}}
		o := open(k, func(o *Options) { o.Workers = 1 })
		_ = o.Send(t.Context(), to(1))
		time.Sleep(time.Minute)
		_ = o.Close(t.Context())
		if fmt.Sprint(at) != "[0s 1s 6s 21s]" {
			t.Errorf("tried at %v", at)
		}
	})
}

// TestCloseDoesNotPause: what waits for its next try is tried at once when the queue closes.
func TestCloseDoesNotPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kept{send: func(_ context.Context, n int, _ sender.Message) error {
			if n < 4 {
				return sender.Temporary(errors.New("busy"))
			}
			return nil
		}}
		o := open(k, func(o *Options) { o.Workers = 1 })
		_ = o.Send(t.Context(), to(1))
		synctest.Wait()
		began := time.Now()
		if err := o.Close(t.Context()); err != nil || time.Since(began) != 0 {
			t.Errorf("closed with %v after %v", err, time.Since(began))
		}
		k.expect(t, 1, 4, 0)
	})
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kept{send: func(ctx context.Context, n int, _ sender.Message) error {
			if n > 1 {
				return nil
			}
			<-ctx.Done()
			return fmt.Errorf("dial: %w", ctx.Err())
		}}
		o := open(k, func(o *Options) { o.Workers = 1 })
		_ = o.Send(t.Context(), to(1))
		time.Sleep(15*time.Second - 1)
		k.expect(t, 0, 1, 0)
		time.Sleep(2 * time.Second)
		k.expect(t, 1, 2, 0)
		_ = o.Close(t.Context())
	})
}

// TestPanics lets the host's code panic at every place: the worker lives on, the event comes, and no code is told.
func TestPanics(t *testing.T) {
	tests := []struct {
		name   string
		change func(o *Options, k *kept)
		events int
	}{
		{"in the sender", func(_ *Options, k *kept) {
			k.send = func(_ context.Context, _ int, m sender.Message) error { panic(m.Text + " to " + m.To) }
		}, 3},
		{"in the renderer", func(o *Options, _ *kept) {
			o.Renderer = sender.RendererFunc(func(_ context.Context, _ sender.Channel, _ sender.Kind, d sender.Data) (sender.Message, error) {
				panic(d.Code)
			})
		}, 3},
		{"in the sink", func(o *Options, k *kept) {
			k.send = func(context.Context, int, sender.Message) error { return errors.New("no") }
			o.Audit = audit.NewRecorder(audit.SinkFunc(func(context.Context, audit.Event) { panic("the sink") }), nil)
		}, 0},
		{"no panic, but an error that tells", func(_ *Options, k *kept) {
			k.send = func(_ context.Context, _ int, m sender.Message) error {
				return errors.New("refused: " + m.Text + " to " + m.To)
			}
		}, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := &kept{}
				o := open(k, func(o *Options) { o.Workers = 1; tt.change(o, k) })
				for i := range 3 {
					_ = o.Send(t.Context(), to(i))
				}
				if err := o.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if len(k.events) != tt.events {
					t.Errorf("%d events, want %d", len(k.events), tt.events)
				}
				for _, e := range k.events {
					if text := fmt.Sprintf("%+v", e); strings.Contains(text, "123456") || strings.Contains(text, "@example.com") {
						t.Errorf("the event tells: %s", text)
					}
				}
			})
		})
	}
}

func TestNoticeChoosesTheAddress(t *testing.T) {
	both := user.User{ID: "u", Email: "ada@example.com", Phone: "+46701234567"}
	tests := []struct {
		name string
		u    user.User
		mail bool
		to   string
	}{
		{"mail where there is an address", both, true, "ada@example.com"},
		{"SMS where mail is off", both, false, "+46701234567"},
		{"SMS where there is no address", user.User{ID: "u", Phone: "+46701234567"}, true, "+46701234567"},
		{"nothing where there is nothing", user.User{ID: "u"}, true, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := &kept{}
			o := open(k, func(o *Options) {
				if !tt.mail {
					o.Email = nil
				}
			})
			o.Notice(t.Context(), tt.u, sender.SessionsEnded, sender.Data{})
			_ = o.Close(t.Context())
			var got []string
			for _, m := range k.sent {
				got = append(got, m.To)
			}
			if strings.Join(got, " ") != tt.to {
				t.Errorf("sent to %q, want %q", got, tt.to)
			}
		})
	}
}

func TestChannelThatIsOff(t *testing.T) {
	k := &kept{}
	o := open(k, func(o *Options) { o.Email = nil })
	_ = o.Send(t.Context(), to(1))
	_ = o.Close(t.Context())
	k.expect(t, 0, 0, 1)
}

func TestAbandon(t *testing.T) {
	synctest.Test(t, func(*testing.T) { open(&kept{}, nil).Abandon() })
}

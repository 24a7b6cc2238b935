package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// plain writes messages whose text is the code.
var plain = sender.RendererFunc(func(_ context.Context, _ sender.Channel, _ sender.Kind, d sender.Data) (sender.Message, error) {
	return sender.Message{Text: "the code is " + d.Code, Code: d.Code}, nil
})

// kept is a sender, an audit sink and what came to both.
type kept struct {
	mu     sync.Mutex
	sent   []sender.Message
	events []audit.Event
	// send decides about a message before it is kept.
	send func(ctx context.Context, n int, m sender.Message) error
	n    int
}

func (k *kept) SendEmail(ctx context.Context, m sender.Message) error {
	k.mu.Lock()
	k.n++
	n := k.n
	k.mu.Unlock()
	if k.send != nil {
		if err := k.send(ctx, n, m); err != nil {
			return err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.sent = append(k.sent, m)
	return nil
}

func (k *kept) SendSMS(ctx context.Context, m sender.Message) error { return k.SendEmail(ctx, m) }

func (k *kept) Record(_ context.Context, e audit.Event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.events = append(k.events, e)
}

func (k *kept) counts() (sent, tries, events int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.sent), k.n, len(k.events)
}

func open(k *kept, change func(o *Options)) *Outbox {
	o := Options{Email: k, SMS: k, Renderer: plain, Audit: audit.NewRecorder(k, nil)}
	if change != nil {
		change(&o)
	}
	return New(o)
}

func to(n int) Envelope {
	return Envelope{
		To: user.Identifier{Kind: user.Email, Value: fmt.Sprintf("user%d@example.com", n)}, Kind: sender.SignInCode, Data: sender.Data{Code: "123456"},
	}
}

func (k *kept) expect(t *testing.T, sent, tries, events int) {
	t.Helper()
	if s, n, e := k.counts(); s != sent || n != tries || e != events {
		t.Errorf("%d sent in %d tries with %d events; want %d in %d with %d", s, n, e, sent, tries, events)
	}
}

func TestCloseLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kept{send: func(ctx context.Context, _ int, _ sender.Message) error {
			select {
			case <-time.After(3 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
		o := open(k, nil)
		for i := range 500 {
			if err := o.Send(t.Context(), to(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		k.expect(t, 500, 500, 0)
		ids := map[string]bool{}
		for _, m := range k.sent {
			ids[m.ID] = true
		}
		if len(ids) != 500 {
			t.Errorf("%d different ids", len(ids))
		}
		if err := o.Close(t.Context()); err != nil {
			t.Errorf("closing again: %v", err)
		}
	})
}

func TestSendOutlivesItsRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kept{send: func(ctx context.Context, _ int, _ sender.Message) error {
			time.Sleep(time.Second)
			return ctx.Err()
		}}
		o := open(k, nil)
		ctx, cancel := context.WithCancel(t.Context())
		if err := o.Send(ctx, to(1)); err != nil {
			t.Fatal(err)
		}
		cancel()
		_ = o.Close(t.Context())
		k.expect(t, 1, 1, 0)
	})
}

func TestFullQueueRefusesEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		k := &kept{send: func(context.Context, int, sender.Message) error { <-release; return nil }}
		o := open(k, func(o *Options) { o.Capacity, o.Workers = 3, 1 })
		_ = o.Send(t.Context(), to(0))
		synctest.Wait() // the worker holds the first
		for i := range 3 {
			if err := o.Send(t.Context(), to(i)); err != nil {
				t.Errorf("message %d is refused: %v", i, err)
			}
		}
		for name, e := range map[string]Envelope{"a message": to(9), "one that would be dropped": {To: to(9).To, Discard: true}} {
			began := time.Now()
			err := o.Send(t.Context(), e)
			if !errors.Is(err, problem.ErrUnavailable) || time.Since(began) != 0 {
				t.Errorf("%s: %v after %v", name, err, time.Since(began))
			}
		}
		o.Notice(t.Context(), user.User{ID: "u", Email: "ada@example.com"}, sender.SessionsEnded, sender.Data{})
		k.expect(t, 0, 1, 1) // what happened stands; that its notice was lost is an event
		close(release)
		if err := o.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		k.expect(t, 4, 4, 1)
		if err := o.Send(t.Context(), to(1)); !errors.Is(err, problem.ErrUnavailable) {
			t.Errorf("a closed queue answers %v", err)
		}
	})
}

func TestDiscardGoesThroughTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kept{}
		o := open(k, nil)
		e := to(1)
		e.Discard = true
		if err := o.Send(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		_ = o.Close(t.Context())
		k.expect(t, 0, 0, 0)
	})
}

// TestCloseGivesUp ends the wait before the messages are out: each is an event, and the error says so.
func TestCloseGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kept{send: func(ctx context.Context, _ int, _ sender.Message) error { <-ctx.Done(); return ctx.Err() }}
		o := open(k, func(o *Options) { o.Workers = 2 })
		for i := range 10 {
			_ = o.Send(t.Context(), to(i))
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		err := o.Close(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 5*time.Second {
			t.Errorf("closed with %v after %v", err, time.Since(began))
		}
		if err := o.Close(t.Context()); err == nil || err.Error() != "outbox: messages were given up" {
			t.Errorf("closed again, with time to spare: %v", err)
		}
		k.expect(t, 0, 2, 10) // senders are not asked any more for those that wait
	})
}

// TestCloseDoesNotHang: a sender that ignores its context holds Close up for a second and no longer.
func TestCloseDoesNotHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		k := &kept{send: func(context.Context, int, sender.Message) error { <-release; return nil }}
		o := open(k, nil)
		_ = o.Send(t.Context(), to(1))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		if err := o.Close(ctx); err == nil || time.Since(began) != 6*time.Second {
			t.Errorf("closed with %v after %v", err, time.Since(began))
		}
		close(release)
	})
}

// TestEndedContextLosesNothing: a context that has ended is no error where nothing was left to send.
func TestEndedContextLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kept{}
		o := open(k, nil)
		_ = o.Send(t.Context(), to(1))
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := o.Close(ctx); err != nil {
			t.Error(err)
		}
		k.expect(t, 1, 1, 0)
	})
}

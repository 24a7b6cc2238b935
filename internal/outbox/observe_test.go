package outbox

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// TestObserve tells of each message that is sent or fails, and of none that is dropped.
func TestObserve(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	k := &kept{send: func(_ context.Context, _ int, m sender.Message) error {
		if m.To == "+46701234567" {
			return errors.New("refused")
		}
		if m.To == "panic@example.com" {
			panic("a sender of the host's")
		}
		return nil
	}}
	o := open(k, func(o *Options) {
		o.Workers = 1
		o.Observe = func(ctx context.Context, op string) (context.Context, func(string)) {
			return ctx, func(code string) {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, op+" "+code)
			}
		}
	})
	mail := func(to string) user.Identifier { return user.Identifier{Kind: user.Email, Value: to} }
	for _, e := range []Envelope{
		{To: mail("a@example.com"), Kind: sender.SignInCode},
		{To: mail("a@example.com"), Kind: sender.PasskeyAdded},
		{To: user.Identifier{Kind: user.Phone, Value: "+46701234567"}, Kind: sender.SignInCode},
		{To: mail("panic@example.com"), Kind: sender.SignInCode},
		{To: mail("nobody@example.com"), Kind: sender.SignInCode, Discard: true},
	} {
		if err := o.Send(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Close(t.Context()); err != nil {
		t.Error(err)
	}
	want := []string{"send code by email ", "send notice by email ", "send code by sms message_failed", "send code by email message_failed"}
	if !slices.Equal(seen, want) {
		t.Errorf("observed %q, want %q", seen, want)
	}
}

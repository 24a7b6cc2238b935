package authtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/crafteasy/auth/sender"
)

// patience bounds the wait for a message that never comes. It is no part of what is tested.
const patience = 20 * time.Second

// Inbox is a sender of mail and of text messages that keeps them for the test. It is safe for concurrent use.
type Inbox struct {
	mu      sync.Mutex
	held    []sender.Message
	read    []bool
	arrived chan struct{}
}

// NewInbox makes an empty inbox.
func NewInbox() *Inbox { return &Inbox{arrived: make(chan struct{})} }

// SendEmail keeps the message (sender.Email).
func (b *Inbox) SendEmail(ctx context.Context, m sender.Message) error { return b.keep(ctx, m) }

// SendSMS keeps the message (sender.SMS).
func (b *Inbox) SendSMS(ctx context.Context, m sender.Message) error { return b.keep(ctx, m) }

func (b *Inbox) keep(ctx context.Context, m sender.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held, b.read = append(b.held, m), append(b.read, false)
	close(b.arrived)
	b.arrived = make(chan struct{})
	return nil
}

// Messages are all messages that have arrived, the oldest first, read or not.
func (b *Inbox) Messages() []sender.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.held)
}

// Next waits for the first unread message to the address, which is spelled in its normal form, and marks it as read. When
// none comes, the test ends.
func (b *Inbox) Next(t TB, to string) sender.Message {
	t.Helper()
	return b.wait(t, to, func(sender.Message) bool { return true })
}

// Code is [Inbox.Next] for messages with a code, and answers the code.
func (b *Inbox) Code(t TB, to string) string {
	t.Helper()
	return b.wait(t, to, func(m sender.Message) bool { return m.Code != "" }).Code
}

// Arrived waits until n messages have arrived since the inbox was made, and answers them all. When they do not come, the test ends.
func (b *Inbox) Arrived(t TB, n int) []sender.Message {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		b.mu.Lock()
		all, arrived := slices.Clone(b.held), b.arrived
		b.mu.Unlock()
		if len(all) >= n {
			return all
		}
		select {
		case <-arrived:
		case <-late.C:
			t.Fatalf("authtest: %d messages did not come; the inbox holds %s", n, b.summary())
			return all
		}
	}
}

func (b *Inbox) wait(t TB, to string, wanted func(sender.Message) bool) sender.Message {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		m, arrived, ok := b.take(to, wanted)
		if ok {
			return m
		}
		select {
		case <-arrived:
		case <-late.C:
			t.Fatalf("authtest: no message to %s came; the inbox holds %s", to, b.summary())
			return sender.Message{}
		}
	}
}

func (b *Inbox) take(to string, wanted func(sender.Message) bool) (sender.Message, <-chan struct{}, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, m := range b.held {
		if !b.read[i] && m.To == to && wanted(m) {
			b.read[i] = true
			return m, nil, true
		}
	}
	return sender.Message{}, b.arrived, false
}

func (b *Inbox) summary() string {
	all := b.Messages()
	if len(all) == 0 {
		return "nothing"
	}
	lines := make([]string, len(all))
	for i, m := range all {
		lines[i] = fmt.Sprintf("a %s to %s", m.Purpose, m.To)
	}
	return strings.Join(lines, ", ")
}

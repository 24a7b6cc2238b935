package authtest

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/crafteasy/auth/sender"
)

// Sender sends mail and text messages.
type Sender interface {
	sender.Email
	sender.SMS
}

type senderFunc func(ctx context.Context, m sender.Message) error

func (f senderFunc) SendEmail(ctx context.Context, m sender.Message) error { return f(ctx, m) }
func (f senderFunc) SendSMS(ctx context.Context, m sender.Message) error   { return f(ctx, m) }

// Refusing makes a sender that answers every message with err. Mark err with sender.Temporary to see it tried again.
func Refusing(err error) Sender {
	return senderFunc(func(context.Context, sender.Message) error { return err })
}

// EveryOther makes a sender that answers the first, third, fifth … message with err, and hands the others to next.
func EveryOther(next Sender, err error) Sender {
	var n atomic.Int64
	return senderFunc(func(ctx context.Context, m sender.Message) error {
		if n.Add(1)%2 == 1 {
			return err
		}
		return next.SendEmail(ctx, m)
	})
}

// Stall is a sender as slow as the test wants: each message waits until the test releases it or its context ends.
type Stall struct {
	next    Sender
	release chan struct{}
	once    sync.Once
	// waiting gets a value for each message that has begun to wait.
	waiting chan struct{}
}

// NewStall makes a sender that holds messages back before it hands them to next.
func NewStall(next Sender) *Stall {
	return &Stall{next: next, release: make(chan struct{}), waiting: make(chan struct{}, 1<<16)}
}

// Waiting receives a value for each message that has begun to wait.
func (s *Stall) Waiting() <-chan struct{} { return s.waiting }

// Release lets every message through, those that wait and those that come.
func (s *Stall) Release() { s.once.Do(func() { close(s.release) }) }

// SendEmail waits, then sends (sender.Email).
func (s *Stall) SendEmail(ctx context.Context, m sender.Message) error {
	s.waiting <- struct{}{}
	select {
	case <-s.release:
		return s.next.SendEmail(ctx, m)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// SendSMS is SendEmail (sender.SMS).
func (s *Stall) SendSMS(ctx context.Context, m sender.Message) error { return s.SendEmail(ctx, m) }

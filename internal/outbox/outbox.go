// Package outbox sends messages off the request's path, so that a caller learns nothing from how long sending takes, through
// a bounded queue that loses nothing it has accepted.
//
// A queue that is full refuses every address alike. A message that may not leave, because no account has the address, passes
// through the queue like any other and is dropped at its end.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// Envelope is one message on its way.
type Envelope struct {
	// To is the only recipient.
	To user.Identifier
	// Kind and Data say what the message says.
	Kind sender.Kind
	Data sender.Data
	// UserID is the account it is about, where there is one.
	UserID string
	// Discard drops the message at the end of the queue.
	Discard bool
}

// Options are the settings of an [Outbox].
type Options struct {
	// Email and SMS send; a nil one refuses its channel.
	Email sender.Email
	SMS   sender.SMS
	// Renderer writes the messages.
	Renderer sender.Renderer
	// Capacity is how many messages may wait. Default: 1024.
	Capacity int
	// Workers is how many are sent at a time. Default: 8.
	Workers int
	// Timeout bounds one try. Default: 15 s.
	Timeout time.Duration
	// Waits are the pauses before each further try of a temporary failure. Default: 1 s, 5 s, 15 s.
	Waits []time.Duration
	// Audit gets one event for each message that could not be sent.
	Audit *audit.Recorder
	// Log gets panics of a sender.
	Log *slog.Logger
}

type job struct {
	ctx context.Context //nolint:containedctx // the origin of the request, detached from its end
	e   Envelope
	id  string
}

// Outbox is a queue with its workers. It is safe for concurrent use. [Outbox.Close] ends it.
type Outbox struct {
	opts    Options
	jobs    chan job
	mu      sync.RWMutex
	closed  bool
	workers sync.WaitGroup
	// hurry is closed when waiting is over: retries go at once. abort is closed when sending is over.
	hurry chan struct{}
	abort context.CancelFunc
	life  context.Context //nolint:containedctx // the life of the workers
}

// New starts the workers.
func New(opts Options) *Outbox {
	if opts.Capacity == 0 {
		opts.Capacity = 1024
	}
	if opts.Workers == 0 {
		opts.Workers = 8
	}
	if opts.Timeout == 0 {
		opts.Timeout = 15 * time.Second
	}
	if opts.Waits == nil {
		opts.Waits = []time.Duration{time.Second, 5 * time.Second, 15 * time.Second}
	}
	o := &Outbox{opts: opts, jobs: make(chan job, opts.Capacity), hurry: make(chan struct{})}
	o.life, o.abort = context.WithCancel(context.Background())
	for range opts.Workers {
		o.workers.Go(o.work)
	}
	return o
}

// Send accepts a message, or answers unavailable when the queue is full or closed. It never waits.
func (o *Outbox) Send(ctx context.Context, e Envelope) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if o.closed {
		return problem.Unavailable(errors.New("outbox: closed"))
	}
	select {
	case o.jobs <- job{context.WithoutCancel(ctx), e, secret.Handle(16)}:
		return nil
	default:
		return problem.Unavailable(errors.New("outbox: the queue is full"))
	}
}

// Notice tells the owner of an account that something about it changed, by mail where there is an address, else by SMS. A full
// queue does not undo what happened: it is an event.
func (o *Outbox) Notice(ctx context.Context, u user.User, kind sender.Kind, d sender.Data) {
	to := u.Address(user.Email)
	if to.IsZero() || o.opts.Email == nil {
		to = u.Address(user.Phone)
	}
	if to.IsZero() {
		return
	}
	o.NoticeTo(ctx, to, u.ID, kind, d)
}

// NoticeTo is [Outbox.Notice] to one address, for an owner who had more than one.
func (o *Outbox) NoticeTo(ctx context.Context, to user.Identifier, userID string, kind sender.Kind, d sender.Data) {
	if err := o.Send(ctx, Envelope{To: to, Kind: kind, Data: d, UserID: userID}); err != nil {
		o.failed(ctx, Envelope{Kind: kind, UserID: userID}, err)
	}
}

// Close refuses new messages and sends those that were accepted, without further pauses between tries. When ctx ends
// first, the rest is given up: each is an event, and the error says that there were some.
func (o *Outbox) Close(ctx context.Context) error {
	o.mu.Lock()
	if !o.closed {
		o.closed = true
		close(o.jobs)
		close(o.hurry)
	}
	o.mu.Unlock()
	done := make(chan struct{})
	go func() {
		o.workers.Wait()
		close(done)
	}()
	select {
	case <-done:
		o.abort()
		return nil
	case <-ctx.Done():
		o.abort()
		<-done
		return fmt.Errorf("outbox: messages were given up: %w", ctx.Err())
	}
}

// Abandon ends an outbox that was never used.
func (o *Outbox) Abandon() {
	o.abort()
	_ = o.Close(o.life) // it has ended: nothing waits
}

func (o *Outbox) work() {
	for j := range o.jobs {
		if j.e.Discard {
			continue
		}
		if err := o.deliver(j); err != nil {
			o.failed(j.ctx, j.e, err)
		}
	}
}

// deliver tries until it is sent, fails for good, or the tries are used up.
func (o *Outbox) deliver(j job) error {
	m, err := o.opts.Renderer.Render(j.ctx, channel(j.e.To), j.e.Kind, j.e.Data)
	if err != nil {
		return err
	}
	m.To, m.ID = j.e.To.Value, j.id
	for _, wait := range o.opts.Waits {
		err = o.try(j.ctx, j.e.To.Kind, m)
		if err == nil || !sender.IsTemporary(err) || o.life.Err() != nil {
			return err
		}
		o.pause(wait)
	}
	return o.try(j.ctx, j.e.To.Kind, m)
}

func (o *Outbox) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-o.hurry:
	case <-o.life.Done():
	}
}

var errNoSender = errors.New("outbox: no sender for this channel")

// try sends once. The call ends with the time-out, or when the outbox gives up.
func (o *Outbox) try(ctx context.Context, kind user.Kind, m sender.Message) (err error) {
	ctx, cancel := context.WithTimeout(ctx, o.opts.Timeout)
	defer cancel()
	defer context.AfterFunc(o.life, cancel)()
	defer func() {
		if v := recover(); v != nil {
			o.opts.Log.ErrorContext(ctx, "panic in a sender", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = errors.New("outbox: the sender panicked")
		}
	}()
	switch {
	case kind == user.Email && o.opts.Email != nil:
		err = o.opts.Email.SendEmail(ctx, m)
	case kind == user.Phone && o.opts.SMS != nil:
		err = o.opts.SMS.SendSMS(ctx, m)
	default:
		err = errNoSender
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = sender.Temporary(err)
	}
	return err
}

// failed records a message that did not leave. The recipient's budget is not refunded: an address that bounces would
// otherwise tell that it has an account.
func (o *Outbox) failed(ctx context.Context, e Envelope, err error) {
	o.opts.Audit.Record(ctx, audit.Event{
		Name: "message.failed", Outcome: audit.Fault, UserID: e.UserID, Reason: err.Error(),
		Fields: map[string]string{"kind": string(e.Kind)},
	})
}

func channel(to user.Identifier) sender.Channel {
	if to.Kind == user.Phone {
		return sender.SMSChannel
	}
	return sender.EmailChannel
}

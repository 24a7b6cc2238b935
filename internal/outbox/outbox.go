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
	"strings"
	"sync"
	"sync/atomic"
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

	// uncounted says that nobody has counted the message yet: [Options.Admit] does.
	uncounted bool
}

// Options are the settings of an [Outbox].
type Options struct {
	// Email and SMS send; a nil one refuses its channel.
	Email sender.Email
	SMS   sender.SMS
	// Renderer writes the messages, in the language that Language answers for a user and what the client of the request accepts.
	// Default: none is named.
	Renderer sender.Renderer
	Language func(ctx context.Context, userID, accept string) string
	// Capacity is how many messages may wait. Default: 1024.
	Capacity int
	// Workers is how many are sent at a time. Default: 8.
	Workers int
	// Timeout bounds the writing of a message, and each try to send it. Default: 15 s.
	Timeout time.Duration
	// Waits are the pauses before each further try of a temporary failure. Default: 1 s, 5 s, 15 s.
	Waits []time.Duration
	// Admit is asked before a notice leaves. One that answers rate_limited, and has recorded it, drops the notice; one that fails does
	// not: an owner who hears nothing is worse than one who hears too much. Default: every notice leaves.
	Admit func(ctx context.Context, to user.Identifier) error
	// Audit gets one event for each message that could not be sent.
	Audit *audit.Recorder
	// Observe is told of every message that is sent: op is "send code by email" and the like, code [CodeFailed] or "". Default: nobody.
	Observe func(ctx context.Context, op string) (inner context.Context, done func(code string))
	// Log gets panics of the host's code. Default: none.
	Log *slog.Logger
}

// CodeFailed is what the observer is told of a message that could not be sent.
const CodeFailed = "message_failed"

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
	// hurry is closed when waiting is over: retries go at once. abort is called when sending is over.
	hurry chan struct{}
	abort context.CancelFunc
	life  context.Context //nolint:containedctx // the life of the workers
	// lost says that a message was given up because sending was over.
	lost atomic.Bool
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
	if opts.Observe == nil {
		opts.Observe = func(ctx context.Context, _ string) (context.Context, func(string)) { return ctx, func(string) {} }
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
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
	if err := o.Send(ctx, Envelope{To: to, Kind: kind, Data: d, UserID: userID, uncounted: true}); err != nil {
		o.failed(ctx, Envelope{To: to, Kind: kind, UserID: userID}, err)
	}
}

// lastWait is how long Close waits for senders that do not honour their context.
const lastWait = time.Second

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
	defer o.abort()
	done := make(chan struct{})
	go func() {
		o.workers.Wait()
		close(done)
	}()
	select {
	case <-done:
		return o.verdict(ctx)
	case <-ctx.Done():
	}
	o.abort()
	late := time.NewTimer(lastWait)
	defer late.Stop()
	select {
	case <-done:
		return o.verdict(ctx)
	case <-late.C:
		return errors.New("outbox: a sender does not end with its context")
	}
}

func (o *Outbox) verdict(ctx context.Context) error {
	switch {
	case !o.lost.Load():
		return nil
	case ctx.Err() == nil: // somebody who closed it before had no time
		return errLost
	}
	return fmt.Errorf("%w: %w", errLost, ctx.Err())
}

var errLost = errors.New("outbox: messages were given up")

// Abandon ends an outbox that was never used.
func (o *Outbox) Abandon() {
	o.abort()
	_ = o.Close(o.life) // it has ended: nothing waits
}

func (o *Outbox) work() {
	for j := range o.jobs {
		o.handle(j)
	}
}

// handle sends one message. Nothing that the host's code does ends the worker.
func (o *Outbox) handle(j job) {
	var sink error
	defer o.caught(j, "audit sink", &sink)
	if j.e.Discard {
		return
	}
	ctx, done := o.opts.Observe(j.ctx, "send "+string(j.e.Kind.Purpose())+" by "+string(channel(j.e.To)))
	j.ctx = ctx
	code := CodeFailed
	defer func() { done(code) }()
	if !o.admits(j) {
		code = problem.ErrRateLimited.Code()
		return
	}
	err := o.deliver(j)
	if err == nil {
		code = ""
		return
	}
	if o.life.Err() != nil {
		o.lost.Store(true)
	}
	o.failed(j.ctx, j.e, err)
}

// admits asks whether a notice may leave.
func (o *Outbox) admits(j job) bool {
	if !j.e.uncounted || o.opts.Admit == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(j.ctx, o.opts.Timeout)
	defer cancel()
	return !errors.Is(o.opts.Admit(ctx, j.e.To), problem.ErrRateLimited)
}

var errGivenUp = errors.New("outbox: given up")

// deliver tries until it is sent, fails for good, or the tries are used up.
func (o *Outbox) deliver(j job) error {
	if o.life.Err() != nil {
		return errGivenUp
	}
	m, err := o.render(j)
	if err != nil {
		return err
	}
	m.To, m.ID = j.e.To.Value, j.id
	for _, wait := range o.opts.Waits {
		err = o.try(j, m)
		if err == nil || !sender.IsTemporary(err) || o.life.Err() != nil {
			return err
		}
		o.pause(wait)
	}
	return o.try(j, m)
}

func (o *Outbox) render(j job) (m sender.Message, err error) {
	defer o.caught(j, "renderer", &err)
	ctx, cancel := context.WithTimeout(j.ctx, o.opts.Timeout)
	defer cancel()
	if o.opts.Language != nil {
		j.e.Data.Language = o.opts.Language(ctx, j.e.UserID, audit.OriginFrom(ctx).Languages)
	}
	return o.opts.Renderer.Render(ctx, channel(j.e.To), j.e.Kind, j.e.Data)
}

// caught makes an error of a panic of the host's code. It is deferred itself.
func (o *Outbox) caught(j job, where string, err *error) {
	v := recover()
	if v == nil {
		return
	}
	o.opts.Log.ErrorContext(j.ctx, "panic in a "+where, "panic", scrub(fmt.Sprint(v), j.e), "stack", string(debug.Stack()),
		"request_id", audit.OriginFrom(j.ctx).RequestID)
	*err = errors.New("outbox: the " + where + " panicked")
}

// scrub takes the code and the recipient out of a text that the host's code made: senders quote what they were given.
func scrub(text string, e Envelope) string {
	for _, hidden := range []struct{ secret, name string }{{e.Data.Code, "[code]"}, {e.To.Value, "[recipient]"}} {
		if hidden.secret != "" {
			text = strings.ReplaceAll(text, hidden.secret, hidden.name)
		}
	}
	return text
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
func (o *Outbox) try(j job, m sender.Message) (err error) {
	ctx, cancel := context.WithTimeout(j.ctx, o.opts.Timeout)
	defer cancel()
	defer context.AfterFunc(o.life, cancel)()
	defer o.caught(j, "sender", &err)
	switch kind := j.e.To.Kind; {
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
		Name: "message.failed", Outcome: audit.Fault, UserID: e.UserID, Reason: scrub(err.Error(), e),
		Fields: map[string]string{"kind": string(e.Kind), "channel": string(channel(e.To))},
	})
}

func channel(to user.Identifier) sender.Channel {
	if to.Kind == user.Phone {
		return sender.SMSChannel
	}
	return sender.EmailChannel
}

package sender

import "context"

// Purpose says why a message is sent.
type Purpose string

// The purposes.
const (
	// Code carries a one-time code.
	Code Purpose = "code"
	// Notice tells an owner that something about the account changed.
	Notice Purpose = "notice"
)

// Message is one message to one recipient.
type Message struct {
	// To is an address or number in normal form. It is the only recipient.
	To string
	// Subject and HTML are empty for SMS.
	Subject, HTML string
	// Text is the plain text.
	Text string
	// Purpose says why it is sent.
	Purpose Purpose
	// Code is the one-time code that the text holds, for gateways that put it into a template of their own. Empty for a notice.
	Code string
	// ID is the same for every try to send this message, so that a gateway can drop doubles.
	ID string
}

// Email sends an e-mail. It must be safe for concurrent use and honour ctx. A nil error means that the message was
// accepted for delivery. A failure that another try may mend is marked with [Temporary].
type Email interface {
	SendEmail(ctx context.Context, m Message) error
}

// SMS sends a text message, under the same rules as [Email].
type SMS interface {
	SendSMS(ctx context.Context, m Message) error
}

// EmailFunc makes an [Email] of a function.
type EmailFunc func(ctx context.Context, m Message) error

// SendEmail calls f.
func (f EmailFunc) SendEmail(ctx context.Context, m Message) error { return f(ctx, m) }

// SMSFunc makes an [SMS] of a function.
type SMSFunc func(ctx context.Context, m Message) error

// SendSMS calls f.
func (f SMSFunc) SendSMS(ctx context.Context, m Message) error { return f(ctx, m) }

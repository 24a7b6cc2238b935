package webhook

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/crafteasy/auth/internal/outbound"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/sender"
)

const (
	maxTimeout = time.Minute
	// maxAnswer is how much of an answer is read, so that its connection can be used again.
	maxAnswer = 64 << 10
)

// Options are the settings of a gateway.
type Options struct {
	// URL takes the messages. It must be https, unless one of the Allow options is on. Required.
	URL string
	// Secret signs. The gateway must know it; use it for nothing else. Required.
	Secret Secret
	// Previous are older secrets that sign too, while a gateway moves to a new one.
	Previous []Secret
	// Timeout bounds one delivery as a whole. At most 1 minute. Default: 10 seconds.
	Timeout time.Duration
	// AllowLoopback admits a gateway on this machine, over plain http too.
	AllowLoopback bool
	// AllowPrivate admits a gateway at a private address, over plain http too.
	AllowPrivate bool
	// Now returns the current time. Default: time.Now.
	Now func() time.Time
}

// Payload is the body of a request.
type Payload struct {
	// ID is the same for every try of one message.
	ID string `json:"id"`
	// Channel is "email" or "sms".
	Channel sender.Channel `json:"channel"`
	// To is the one recipient: an address, or a number in E.164 form.
	To string `json:"to"`
	// Subject is empty for SMS.
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html,omitzero"`
	// Purpose is "code" or "notice".
	Purpose sender.Purpose `json:"purpose"`
	// Code is empty for a notice.
	Code string `json:"code"`
}

// Sender sends e-mail and SMS through a gateway. It is safe for concurrent use.
type Sender struct {
	url    string
	keys   []Secret
	client *http.Client
	now    func() time.Time
}

var (
	_ sender.Email = (*Sender)(nil)
	_ sender.SMS   = (*Sender)(nil)
)

// New makes a sender. It does not connect. An error names the option that is wrong, without its value.
func New(opts Options) (*Sender, error) {
	u, err := url.Parse(opts.URL)
	plain := opts.AllowLoopback || opts.AllowPrivate
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("webhook: URL must be an https URL without a user")
	case u.Scheme == "http" && !plain:
		return nil, errors.New("webhook: URL must be https; plain http needs AllowLoopback or AllowPrivate")
	case opts.Secret.IsZero():
		return nil, errors.New("webhook: Secret is required")
	case opts.Timeout < 0 || opts.Timeout > maxTimeout:
		return nil, errors.New("webhook: Timeout must be at most one minute")
	}
	s := &Sender{url: u.String(), keys: []Secret{opts.Secret}, now: opts.Now}
	for i, p := range opts.Previous {
		if p.IsZero() {
			return nil, fmt.Errorf("webhook: Previous[%d] is empty", i)
		}
		s.keys = append(s.keys, p)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.client = outbound.New(outbound.Options{Timeout: opts.Timeout, AllowLoopback: opts.AllowLoopback, AllowPrivate: opts.AllowPrivate})
	return s, nil
}

// Format hides the secrets from every verb.
func (s Sender) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "webhook sender") }

// SendEmail hands over an e-mail. A failure that another try may mend is marked with [sender.Temporary]. Errors hold
// nothing of the message, nor of what the gateway answered.
func (s *Sender) SendEmail(ctx context.Context, m sender.Message) error {
	return s.send(ctx, sender.EmailChannel, m)
}

// SendSMS hands over a text message, under the same rules.
func (s *Sender) SendSMS(ctx context.Context, m sender.Message) error {
	return s.send(ctx, sender.SMSChannel, m)
}

func (s *Sender) send(ctx context.Context, c sender.Channel, m sender.Message) error {
	id := identify(m.ID)
	body, err := json.Marshal(Payload{
		ID: id, Channel: c, To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML, Purpose: m.Purpose, Code: m.Code,
	})
	if err != nil {
		return errors.New("webhook: the message is not UTF-8")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return errors.New("webhook: the request cannot be made")
	}
	at := strconv.FormatInt(s.now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", id)
	req.Header.Set(headerID, id)
	req.Header.Set(headerTimestamp, at)
	req.Header.Set(headerSignature, signatures(s.keys, id, at, body))
	resp, err := s.client.Do(req)
	if err != nil {
		again, cause := outbound.Cause(err)
		return mark(fmt.Errorf("webhook: the gateway cannot be reached: %w", cause), again)
	}
	defer func() { _ = resp.Body.Close() }()                         // the status says it all
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) // the same
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return mark(fmt.Errorf("webhook: the gateway answered %d", resp.StatusCode), outbound.Again(resp.StatusCode))
	}
	return nil
}

func mark(err error, again bool) error {
	if again {
		return sender.Temporary(err)
	}
	return err
}

// identify makes the id of a request. It stands in headers and in the signed text, where a dot would be a boundary; so
// an id of other characters is replaced by a digest, which is as constant.
func identify(id string) string {
	if id == "" {
		return secret.Handle(16)
	}
	for _, r := range id {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '_' || len(id) > 128 {
			sum := sha256.Sum256([]byte(id))
			return hex.EncodeToString(sum[:])
		}
	}
	return id
}

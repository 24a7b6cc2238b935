package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"unicode"

	"github.com/wneessen/go-mail"

	"github.com/crafteasy/auth/sender"
)

// maxReply is how much of a server's words an error shows.
const maxReply = 160

// failure says what went wrong without saying what was sent, to whom, or with which password.
func (s *Sender) failure(ctx context.Context, err error, m sender.Message) error {
	if ctx.Err() != nil {
		return sender.Temporary(fmt.Errorf("smtp: %s did not take the mail in time: %w", s.opts.Host, ctx.Err()))
	}
	if e, ok := errors.AsType[*mail.SendError](err); ok {
		code := e.ErrorCode()
		if code == 0 {
			return sender.Temporary(fmt.Errorf("smtp: the connection to %s broke while %s", s.opts.Host, e.Reason))
		}
		_, reply, _ := strings.Cut(e.Error(), ": ")
		reply, _, _ = strings.Cut(reply, ", affected ")
		return mark(fmt.Errorf("smtp: %s refused while %s: %s", s.opts.Host, e.Reason, s.redact(reply, m)), code)
	}
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		what := "connection"
		if strings.Contains(err.Error(), "AUTH failed") {
			what = "credentials"
		}
		// The words stay away: a server may repeat what AUTH told it.
		return mark(fmt.Errorf("smtp: %s refused the %s: code %d", s.opts.Host, what, e.Code), e.Code)
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("smtp: the certificate of %s is not trusted: %w", s.opts.Host, e)
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return sender.Temporary(fmt.Errorf("smtp: no connection to %s: %w", s.opts.Host, err))
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return fmt.Errorf("smtp: no encrypted connection to %s: %w", s.opts.Host, err)
	}
	// What is left is said by the client in between, about a server that lacks STARTTLS or AUTH.
	return fmt.Errorf("smtp: %s cannot be used: %w", s.opts.Host, errors.New(s.redact(err.Error(), m)))
}

// mark marks answers of class 4 as temporary (RFC 5321 section 4.2.1).
func mark(err error, code int) error {
	if code/100 == 4 {
		return sender.Temporary(err)
	}
	return err
}

// redact makes a server's words one short line without what was sent to it.
func (s *Sender) redact(reply string, m sender.Message) string {
	reply = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, reply)
	for _, hidden := range []string{s.opts.Password, m.Code, m.Text, m.Subject, m.To, s.opts.Username} {
		if hidden != "" {
			reply = strings.ReplaceAll(reply, hidden, "[hidden]")
		}
	}
	if r := []rune(reply); len(r) > maxReply {
		reply = string(r[:maxReply]) + "…"
	}
	return reply
}

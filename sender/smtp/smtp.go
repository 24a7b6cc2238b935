package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/crafteasy/auth/sender"
)

const (
	defaultTimeout = 10 * time.Second
	maxTimeout     = time.Minute
	submission     = 587 // RFC 6409
	submissions    = 465 // RFC 8314 section 7.3
)

// Options are the settings of a mail server. They do not print: they hold a password.
type Options struct {
	// Host is the server's name; its certificate must hold for it. Required.
	Host string
	// Port is the server's port. Default: 587, or 465 with ImplicitTLS.
	Port int
	// ImplicitTLS starts with TLS at once (RFC 8314) instead of STARTTLS.
	ImplicitTLS bool
	// Username and Password sign in with AUTH SCRAM-SHA-256, PLAIN or LOGIN, whichever the server offers first in this
	// order. Default: no AUTH.
	Username, Password string
	// From is the sender: an address, or a name and an address as in "Example <noreply@example.com>". Required.
	From string
	// MessageIDDomain is the right side of the Message-ID. Default: the domain of From.
	MessageIDDomain string
	// Timeout bounds one delivery as a whole, from dialling to the last answer. At most 1 minute. Default: 10 seconds.
	Timeout time.Duration
	// TLSConfig is for a private certificate authority. It is copied; TLS 1.2 is the least. Default: the system's roots.
	TLSConfig *tls.Config
	// InsecureNoTLS sends codes in the clear, for a relay on the same machine. It is the reason, in words. It cannot be
	// combined with a password. Default: empty, TLS is demanded.
	InsecureNoTLS string
}

// Format hides the password from every verb.
func (o Options) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "smtp options for %s", o.Host) }

// LogValue hides the password from slog.
func (o Options) LogValue() slog.Value { return slog.StringValue("smtp options for " + o.Host) }

// Sender sends mails, each over a connection of its own. It is safe for concurrent use; there is nothing to close.
type Sender struct {
	opts Options
	from netmail.Address
	tls  *tls.Config
}

var _ sender.Email = (*Sender)(nil)

// New makes a sender. It does not connect. An error names the option that is wrong, without its value.
func New(opts Options) (*Sender, error) {
	s := &Sender{opts: opts}
	from, err := netmail.ParseAddress(opts.From)
	domain := ""
	if err == nil {
		domain = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	}
	if s.opts.MessageIDDomain == "" {
		s.opts.MessageIDDomain = domain
	}
	if opts.Timeout == 0 {
		s.opts.Timeout = defaultTimeout
	}
	if opts.Port == 0 {
		s.opts.Port = submission
		if opts.ImplicitTLS {
			s.opts.Port = submissions
		}
	}
	switch {
	case err != nil:
		return nil, errors.New("smtp: From must be an address, such as Example <noreply@example.com>")
	case opts.Host == "" || strings.ContainsAny(opts.Host, "/:@ \r\n") && net.ParseIP(opts.Host) == nil:
		return nil, errors.New("smtp: Host must be a name or an address, without a port")
	case s.opts.Port < 1 || s.opts.Port > 65535:
		return nil, errors.New("smtp: Port is out of range")
	case opts.Username == "" && opts.Password != "", opts.Username != "" && opts.Password == "":
		return nil, errors.New("smtp: Username and Password go together")
	case opts.InsecureNoTLS != "" && (opts.ImplicitTLS || opts.Username != ""):
		return nil, errors.New("smtp: InsecureNoTLS cannot be combined with ImplicitTLS or a password")
	case !hostname(s.opts.MessageIDDomain):
		return nil, errors.New("smtp: MessageIDDomain must be a domain name")
	case opts.Timeout < 0 || opts.Timeout > maxTimeout:
		return nil, errors.New("smtp: Timeout must be at most one minute")
	}
	s.from = *from
	s.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	if opts.TLSConfig != nil {
		s.tls = opts.TLSConfig.Clone()
		s.tls.MinVersion = max(s.tls.MinVersion, tls.VersionTLS12)
	}
	if s.tls.ServerName == "" {
		s.tls.ServerName = opts.Host
	}
	return s, nil
}

// Format hides the password from every verb.
func (s Sender) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "smtp sender by %s", s.opts.Host) }

// SendEmail delivers m to the server. A failure that another try may mend is marked with [sender.Temporary]: answers of
// class 4, a connection that broke, a time-out. A mail that the server took is a success even if the connection breaks
// right after. Errors hold neither credentials nor the message nor its recipient.
func (s *Sender) SendEmail(ctx context.Context, m sender.Message) error {
	msg, err := s.compose(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	conn := &line{tls: s.tls, implicit: s.opts.ImplicitTLS}
	defer conn.close()
	defer context.AfterFunc(ctx, conn.close)()
	client, err := mail.NewClient(s.opts.Host, s.clientOptions(conn)...)
	if err != nil {
		return errors.New("smtp: the options are not accepted")
	}
	err = client.DialAndSendWithContext(ctx, msg)
	if err == nil || msg.IsDelivered() {
		return nil
	}
	return s.failure(ctx, err, m)
}

// clientOptions are those of one client. It is made anew for each mail, because it keeps state between mails.
func (s *Sender) clientOptions(l *line) []mail.Option {
	policy := mail.TLSMandatory
	if s.opts.InsecureNoTLS != "" {
		policy = mail.NoTLS
	}
	opts := []mail.Option{
		mail.WithPort(s.opts.Port), mail.WithTimeout(s.opts.Timeout), mail.WithTLSConfig(s.tls), mail.WithTLSPolicy(policy),
		mail.WithDialContextFunc(l.dial), mail.WithoutNoop(),
	}
	if s.opts.ImplicitTLS {
		opts = append(opts, mail.WithSSL())
	}
	if s.opts.Username != "" {
		opts = append(opts, mail.WithUsername(s.opts.Username), mail.WithPassword(s.opts.Password),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthPlain, mail.SMTPAuthLogin))
	}
	return opts
}

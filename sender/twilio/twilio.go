package twilio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/crafteasy/auth/internal/outbound"
	"github.com/crafteasy/auth/sender"
)

const (
	defaultBase = "https://api.twilio.com"
	maxTimeout  = time.Minute
	maxAnswer   = 64 << 10
	// maxBody is the longest text that Twilio takes, in characters.
	maxBody = 1600
	// defaultValidity is how long a code may wait in Twilio's queue: as long as a code lives.
	defaultValidity = 5 * time.Minute
	maxValidity     = 10 * time.Hour
)

var (
	accountSID = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	keySID     = regexp.MustCompile(`^SK[0-9a-fA-F]{32}$`)
	serviceSID = regexp.MustCompile(`^MG[0-9a-fA-F]{32}$`)
	// from is a number, a short code, or an alphanumeric sender of at most 11 characters.
	from = regexp.MustCompile(`^(\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9+_& -]{1,11})$`)
	e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
)

// Options are the settings of an account. They do not print: they hold a credential.
type Options struct {
	// AccountSID names the account: "AC" and 32 hexadecimal digits. Required.
	AccountSID string
	// APIKey ("SK" and 32 hexadecimal digits) and APISecret sign in. Either they or AuthToken are required.
	APIKey, APISecret string
	// AuthToken signs in as the account itself.
	AuthToken string
	// From is the sender: a number in E.164 form, a short code, or an alphanumeric sender. Either it or
	// MessagingServiceSID is required.
	From string
	// MessagingServiceSID lets a Messaging Service choose the sender: "MG" and 32 hexadecimal digits.
	MessagingServiceSID string
	// Validity is how long a message with a code may wait in Twilio's queue before it is dropped. At most 10 hours.
	// Default: 5 minutes, the life of a code.
	Validity time.Duration
	// Timeout bounds one delivery as a whole. At most 1 minute. Default: 10 seconds.
	Timeout time.Duration
	// BaseURL is for other regions and for tests. Default: https://api.twilio.com.
	BaseURL string
	// AllowLoopback admits a BaseURL on this machine, over plain http too, for tests.
	AllowLoopback bool
}

// Format hides the credentials from every verb.
func (o Options) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "twilio options") }

// LogValue hides the credentials from slog.
func (o Options) LogValue() slog.Value { return slog.StringValue("twilio options") }

// Sender sends SMS. It is safe for concurrent use.
type Sender struct {
	opts       Options
	url        string
	user, pass string
	client     *http.Client
}

var _ sender.SMS = (*Sender)(nil)

// New makes a sender. It does not connect. An error names the option that is wrong, without its value.
func New(opts Options) (*Sender, error) {
	if opts.BaseURL == "" {
		opts.BaseURL = defaultBase
	}
	if opts.Validity == 0 {
		opts.Validity = defaultValidity
	}
	base, err := url.Parse(opts.BaseURL)
	key := opts.APIKey != "" || opts.APISecret != ""
	switch {
	case !accountSID.MatchString(opts.AccountSID):
		return nil, errors.New(`twilio: AccountSID must be "AC" and 32 hexadecimal digits`)
	case key && (!keySID.MatchString(opts.APIKey) || opts.APISecret == ""):
		return nil, errors.New(`twilio: APIKey must be "SK" and 32 hexadecimal digits, and APISecret set`)
	case key == (opts.AuthToken != ""):
		return nil, errors.New("twilio: either APIKey with APISecret or AuthToken must be set")
	case (opts.From != "") == (opts.MessagingServiceSID != ""):
		return nil, errors.New("twilio: either From or MessagingServiceSID must be set")
	case opts.From != "" && !from.MatchString(opts.From):
		return nil, errors.New("twilio: From must be a number in E.164 form, a short code or an alphanumeric sender")
	case opts.MessagingServiceSID != "" && !serviceSID.MatchString(opts.MessagingServiceSID):
		return nil, errors.New(`twilio: MessagingServiceSID must be "MG" and 32 hexadecimal digits`)
	case opts.Validity < time.Second || opts.Validity > maxValidity:
		return nil, errors.New("twilio: Validity must be between 1 second and 10 hours")
	case opts.Timeout < 0 || opts.Timeout > maxTimeout:
		return nil, errors.New("twilio: Timeout must be at most one minute")
	case err != nil || base.Hostname() == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" ||
		base.Scheme != "https" && (base.Scheme != "http" || !opts.AllowLoopback):
		return nil, errors.New("twilio: BaseURL must be an https URL")
	}
	s := &Sender{opts: opts, user: opts.AccountSID, pass: opts.AuthToken}
	if key {
		s.user, s.pass = opts.APIKey, opts.APISecret
	}
	s.url = base.JoinPath("2010-04-01", "Accounts", opts.AccountSID, "Messages.json").String()
	s.client = outbound.New(outbound.Options{Timeout: opts.Timeout, AllowLoopback: opts.AllowLoopback})
	return s, nil
}

// Format hides the credentials from every verb.
func (s Sender) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "twilio sender") }

// SendSMS creates a message at Twilio. What Twilio refuses is an [*Error]; a failure that another try may mend is
// marked with [sender.Temporary]. Twilio knows no message ids of ours: a try after a time-out may deliver twice.
// Errors hold neither credentials nor the message nor its recipient.
func (s *Sender) SendSMS(ctx context.Context, m sender.Message) error {
	switch {
	case !e164.MatchString(m.To):
		return errors.New("twilio: the recipient is no number in E.164 form")
	case m.Text == "" || len([]rune(m.Text)) > maxBody:
		return fmt.Errorf("twilio: the text is empty or over %d characters", maxBody)
	}
	form := url.Values{"To": {m.To}, "Body": {m.Text}}
	if s.opts.From != "" {
		form.Set("From", s.opts.From)
	} else {
		form.Set("MessagingServiceSid", s.opts.MessagingServiceSID)
	}
	if m.Purpose == sender.Code {
		form.Set("ValidityPeriod", strconv.Itoa(int(s.opts.Validity/time.Second)))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, strings.NewReader(form.Encode()))
	if err != nil {
		return errors.New("twilio: the request cannot be made")
	}
	req.SetBasicAuth(s.user, s.pass)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := s.client.Do(req) //nolint:bodyclose // ReadAll closes it
	if err != nil {
		again, cause := outbound.Cause(err)
		return mark(fmt.Errorf("twilio: cannot be reached: %w", cause), again)
	}
	body, err := outbound.ReadAll(resp, maxAnswer)
	return judge(resp.StatusCode, body, err)
}

func mark(err error, again bool) error {
	if again {
		return sender.Temporary(err)
	}
	return err
}

package twilio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/outbound"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/sender/twilio"
)

var message = sender.Message{
	To: "+46701234567", Text: "048213 is your code.\n\n@example.com #048213", Purpose: sender.Code, Code: "048213", ID: "m-1",
}

func (d *double) options() twilio.Options {
	return twilio.Options{AccountSID: account, AuthToken: token, From: number, BaseURL: d.URL, AllowLoopback: true}
}

func newSender(t *testing.T, o twilio.Options) *twilio.Sender {
	t.Helper()
	s, err := twilio.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// silentAbout fails if an error shows what it must not.
func silentAbout(t *testing.T, err error, to string) {
	t.Helper()
	for _, s := range []string{token, secret, message.Code, to, account} {
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), s) {
			t.Errorf("the error shows %q: %v", s, err)
		}
	}
}

func TestAMessageIsCreated(t *testing.T) {
	d := start(t)
	notice := message
	notice.Purpose, notice.Code = sender.Notice, ""
	for _, c := range []struct {
		rule   string
		change func(*twilio.Options)
		m      sender.Message
		want   url.Values
	}{
		{
			"from a number, as the account", func(*twilio.Options) {}, message,
			url.Values{"To": {message.To}, "From": {number}, "Body": {message.Text}, "ValidityPeriod": {"300"}},
		},
		{
			"by a messaging service, with an API key", func(o *twilio.Options) {
				o.AuthToken, o.APIKey, o.APISecret, o.From, o.MessagingServiceSID = "", key, secret, "", service
			}, message,
			url.Values{"To": {message.To}, "MessagingServiceSid": {service}, "Body": {message.Text}, "ValidityPeriod": {"300"}},
		},
		{
			"from an alphanumeric sender, with another validity", func(o *twilio.Options) { o.From, o.Validity = "Example", time.Minute }, message,
			url.Values{"To": {message.To}, "From": {"Example"}, "Body": {message.Text}, "ValidityPeriod": {"60"}},
		},
		{
			"a notice may wait", func(*twilio.Options) {}, notice,
			url.Values{"To": {message.To}, "From": {number}, "Body": {message.Text}},
		},
	} {
		t.Run(c.rule, func(t *testing.T) {
			o := d.options()
			c.change(&o)
			if err := newSender(t, o).SendSMS(t.Context(), c.m); err != nil {
				t.Fatal(err)
			}
			if got := d.forms[len(d.forms)-1]; got.Encode() != c.want.Encode() {
				t.Errorf("got %s\nwant %s", got.Encode(), c.want.Encode())
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	d := start(t)
	s := newSender(t, d.options())
	for _, c := range []struct {
		rule, to     string
		status, code int
		temporary    bool
	}{
		{"an invalid number is final", "+15005550001", 400, 21211, false},
		{"a recipient who opted out is final", "+15005550004", 400, 21610, false},
		{"a country that is switched off is final", "+15005550003", 403, 21408, false},
		{"too many requests is temporary", "+15005550011", 429, 20429, true},
		{"a full queue is temporary", "+15005550012", 400, 21611, true},
		{"a failure of Twilio is temporary", "+15005550013", 503, 20503, true},
		{"a proxy's failure is temporary", "+15005550014", 502, 0, true},
		{"a message that failed at once is final", "+15005550015", 201, 30008, false},
		{"a message that is undelivered at once is final", "+15005550016", 201, 0, false},
		{"a redirect is not followed", "+15005550019", 307, 0, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			m := message
			m.To = c.to
			err := s.SendSMS(t.Context(), m)
			e, ok := errors.AsType[*twilio.Error](err)
			if !ok || e.Status != c.status || e.Code != c.code || sender.IsTemporary(err) != c.temporary {
				t.Errorf("got %v (%+v), temporary %t", err, e, sender.IsTemporary(err))
			}
			silentAbout(t, err, c.to)
		})
	}
	for _, to := range []string{"+15005550017", "+15005550018", "+15005550020"} {
		m := message
		m.To = to
		if err := s.SendSMS(t.Context(), m); err == nil || sender.IsTemporary(err) {
			t.Errorf("an answer that is no message resource: got %v, want a final failure", err)
		}
	}
}

func TestCredentials(t *testing.T) {
	d := start(t)
	o := d.options()
	o.AuthToken = "another token"
	err := newSender(t, o).SendSMS(t.Context(), message)
	if e, ok := errors.AsType[*twilio.Error](err); !ok || e.Status != 401 || e.Code != 20003 || sender.IsTemporary(err) {
		t.Errorf("got %v, want a final 20003", err)
	}
	silentAbout(t, err, "another token")
	o = d.options()
	s := newSender(t, o)
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s", o, o, o, o), fmt.Sprintf("%v %+v %#v %+v", s, s, s, *s), o.LogValue().String()} {
		if strings.Contains(text, token) {
			t.Errorf("the token prints: %s", text)
		}
	}
}

func TestOnlyOneNumberInE164(t *testing.T) {
	d := start(t)
	s := newSender(t, d.options())
	for _, to := range []string{
		"", "46701234567", "+46 70 123 45 67", "0701234567", "+0701234567", "whatsapp:+46701234567", "+46701234567,+15005550001", "+46701234567\n",
		"+4670123456789012", "+٤٦٧٠١٢٣٤٥٦٧", "alice@example.test",
	} {
		m := message
		m.To = to
		if err := s.SendSMS(t.Context(), m); err == nil || sender.IsTemporary(err) {
			t.Errorf("to %q: got %v, want a final refusal", to, err)
		}
	}
	for _, text := range []string{"", strings.Repeat("é", 1601)} {
		m := message
		m.Text = text
		if err := s.SendSMS(t.Context(), m); err == nil {
			t.Errorf("a text of %d characters was sent", len(text))
		}
	}
	if len(d.forms) != 0 {
		t.Errorf("Twilio heard of %d messages", len(d.forms))
	}
}

func TestNetwork(t *testing.T) {
	d := start(t)
	o := d.options()
	d.Close()
	err := newSender(t, o).SendSMS(t.Context(), message)
	if !sender.IsTemporary(err) {
		t.Errorf("no server: got %v, want temporary", err)
	}
	silentAbout(t, err, message.To)
	hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(hang.Close)
	o.BaseURL, o.Timeout = hang.URL, 50*time.Millisecond
	if err := newSender(t, o).SendSMS(t.Context(), message); !sender.IsTemporary(err) {
		t.Errorf("a slow server: got %v, want temporary", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newSender(t, o).SendSMS(ctx, message); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	o.BaseURL, o.AllowLoopback = "https://127.0.0.1", false
	if err := newSender(t, o).SendSMS(t.Context(), message); !errors.Is(err, outbound.ErrAddress) || sender.IsTemporary(err) {
		t.Errorf("loopback that is not admitted: got %v, want ErrAddress for good", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		rule, names string
		change      func(*twilio.Options)
	}{
		{"no account", "AccountSID", func(o *twilio.Options) { o.AccountSID = "" }},
		{"an account that leaves its path", "AccountSID", func(o *twilio.Options) { o.AccountSID = "AC/../0123456789abcdef0123456789abcd" }},
		{"no credential", "AuthToken", func(o *twilio.Options) { o.AuthToken = "" }},
		{"two credentials", "AuthToken", func(o *twilio.Options) { o.APIKey, o.APISecret = key, secret }},
		{"a key without its secret", "APISecret", func(o *twilio.Options) { o.AuthToken, o.APIKey = "", key }},
		{"a key that is none", "APIKey", func(o *twilio.Options) { o.AuthToken, o.APIKey, o.APISecret = "", account, secret }},
		{"no sender", "From", func(o *twilio.Options) { o.From = "" }},
		{"two senders", "From", func(o *twilio.Options) { o.MessagingServiceSID = service }},
		{"a sender that is too long", "From", func(o *twilio.Options) { o.From = "ExampleExample" }},
		{"a service that is none", "MessagingServiceSID", func(o *twilio.Options) { o.From, o.MessagingServiceSID = "", account }},
		{"a validity of no time", "Validity", func(o *twilio.Options) { o.Validity = time.Millisecond }},
		{"a validity over ten hours", "Validity", func(o *twilio.Options) { o.Validity = 11 * time.Hour }},
		{"a time-out over a minute", "Timeout", func(o *twilio.Options) { o.Timeout = time.Hour }},
		{"plain http", "BaseURL", func(o *twilio.Options) { o.BaseURL = "http://api.twilio.com" }},
		{"a user in the URL", "BaseURL", func(o *twilio.Options) { o.BaseURL = "https://u:p@api.twilio.com" }},
	} {
		t.Run(c.rule, func(t *testing.T) {
			o := twilio.Options{AccountSID: account, AuthToken: token, From: number}
			c.change(&o)
			if _, err := twilio.New(o); err == nil || !strings.Contains(err.Error(), c.names) || strings.Contains(err.Error(), token) {
				t.Errorf("got %v, want an error that names %s", err, c.names)
			}
		})
	}
}

package smtp_test

import (
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/sender/smtp"
)

func TestMain(m *testing.M) { testutil.Main(m) }

func newSender(t *testing.T, o smtp.Options) *smtp.Sender {
	t.Helper()
	s, err := smtp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDelivery(t *testing.T) {
	for _, c := range []struct {
		rule     string
		implicit bool
		mechs    []string
	}{
		{"STARTTLS and AUTH PLAIN", false, []string{"PLAIN"}},
		{"STARTTLS and AUTH LOGIN", false, []string{"LOGIN"}},
		{"PLAIN before LOGIN", false, []string{"LOGIN", "PLAIN"}},
		{"TLS from the start", true, []string{"PLAIN"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			srv := start(t, c.implicit)
			srv.mechanisms = c.mechs
			o := srv.options()
			o.ImplicitTLS = c.implicit
			if err := newSender(t, o).SendEmail(t.Context(), message); err != nil {
				t.Fatal(err)
			}
			mails := srv.received()
			if len(mails) != 1 || len(srv.to) != 1 || srv.to[0] != message.To {
				t.Fatalf("%d mails to %v", len(mails), srv.to)
			}
			inspect(t, mails[0])
		})
	}
}

// inspect reads a mail with the standard library's parsers.
func inspect(t *testing.T, raw string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != message.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	for name, want := range map[string]string{
		"From": `^"Example" <noreply@example\.test>$`, "To": `^<alice@example\.test>$`, "Auto-Submitted": `^auto-generated$`,
		"Message-Id": `^<[0-9a-f]{32}@example\.test>$`, "Date": `.`, "Bcc": `^$`, "Cc": `^$`, "X-Mailer": `^$`, "User-Agent": `^$`,
	} {
		if got := m.Header.Get(name); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s: %q, want %s", name, got, want)
		}
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q, %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []struct{ kind, body string }{{"text/plain", message.Text}, {"text/html", message.HTML}} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(string(body), "\r\n", "\n"); !strings.HasPrefix(p.Header.Get("Content-Type"), want.kind) || got != want.body {
			t.Errorf("%s: %q, want %s: %q", p.Header.Get("Content-Type"), got, want.kind, want.body)
		}
	}
}

func TestEveryTryHasOneMessageID(t *testing.T) {
	srv := start(t, false)
	s := newSender(t, srv.options())
	anonymous, other := message, message
	anonymous.ID, other.ID = "", "m-2\r\nBcc: x"
	for _, m := range []sender.Message{message, message, other, anonymous, anonymous} {
		if err := s.SendEmail(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	for _, raw := range srv.received() {
		m, err := netmail.ReadMessage(strings.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m.Header.Get("Message-Id"))
	}
	if ids[0] != ids[1] || ids[1] == ids[2] || ids[3] == ids[4] || ids[2] == ids[3] {
		t.Errorf("message ids %q", ids)
	}
}

func TestConcurrentMails(t *testing.T) {
	srv := start(t, false)
	s := newSender(t, srv.options())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := s.SendEmail(t.Context(), message); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(srv.received()); n != 8 {
		t.Errorf("%d mails, want 8", n)
	}
}

func TestARealServerTakesIt(t *testing.T) {
	srv := testutil.MailServer(t)
	host, port := hostPort(t, srv.Addr)
	o := smtp.Options{
		Host: host, Port: port, Username: srv.Username, Password: srv.Password, From: "Example <noreply@example.test>", TLSConfig: trust(srv.Roots),
	}
	m := message
	m.To, m.Subject = "real@example.test", "048213 · dein Code für Example"
	if err := newSender(t, o).SendEmail(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := srv.Wait(t, m.To)
	if got.Subject != m.Subject || got.HTML != m.HTML || got.From != "noreply@example.test" || len(got.To) != 1 || got.To[0] != m.To {
		t.Errorf("got %+v", got)
	}
	if text := strings.TrimSpace(strings.ReplaceAll(got.Text, "\r\n", "\n")); text != m.Text {
		t.Errorf("text %q, want %q", text, m.Text)
	}
	o.Password = "wrong"
	m.To = "nobody@example.test"
	if err := newSender(t, o).SendEmail(t.Context(), m); err == nil || sender.IsTemporary(err) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("wrong password: got %v, want a lasting refusal without the password", err)
	}
	if others := srv.Messages(t, m.To); len(others) != 0 {
		t.Errorf("a mail was taken with a wrong password")
	}
}

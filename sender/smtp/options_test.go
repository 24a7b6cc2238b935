package smtp_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/sender/smtp"
)

func TestN04_NoSecondRecipientAndNoHeader(t *testing.T) {
	srv := start(t, false)
	s := newSender(t, srv.options())
	for _, to := range []string{
		"", "alice@example.test\r\nBcc: evil@example.org", "alice@example.test\n", "alice@example.test\x00", "a@b.test,c@d.test",
		"a@b.test;c@d.test", "a@b.test c@d.test", "Name <a@b.test>", "<a@b.test>", "a@b.test (c)", "=?utf-8?q?x?= <a@b.test>",
		"@r1.test:a@b.test", "group: a@b.test;", "a", "-oQ/tmp@b.test", `"a b"@c.test`, "a@b.test\u2028", "a\u202e@b.test", "a@b.test>\r\nRCPT TO:<c@d.test",
	} {
		m := message
		m.To = to
		if err := s.SendEmail(t.Context(), m); err == nil || sender.IsTemporary(err) {
			t.Errorf("to %q: got %v, want a lasting refusal", to, err)
		}
	}
	for _, subject := range []string{"", "x\r\nBcc: evil@example.org", "x\ny", "x\ry", "x\x00y", "x\u2028y", "x\u202ey", "\xff"} {
		m := message
		m.Subject = subject
		if err := s.SendEmail(t.Context(), m); err == nil {
			t.Errorf("subject %q was sent", subject)
		}
	}
	for _, text := range []string{"", "\xff\xfe"} {
		m := message
		m.Text = text
		if err := s.SendEmail(t.Context(), m); err == nil {
			t.Errorf("text %q was sent", text)
		}
	}
	if n := len(srv.received()) + len(srv.to); n != 0 {
		t.Errorf("the server heard of %d mails or recipients", n)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		rule, names string
		change      func(*smtp.Options)
	}{
		{"no sender", "From", func(o *smtp.Options) { o.From = "" }},
		{"two senders", "From", func(o *smtp.Options) { o.From = "a@b.test, c@d.test" }},
		{"a sender with a header", "From", func(o *smtp.Options) { o.From = "a@b.test\r\nBcc: c@d.test" }},
		{"no host", "Host", func(o *smtp.Options) { o.Host = "" }},
		{"a host with a port", "Host", func(o *smtp.Options) { o.Host = "mail.example.test:25" }},
		{"a port out of range", "Port", func(o *smtp.Options) { o.Port = 70000 }},
		{"a password without a user", "Username", func(o *smtp.Options) { o.Password = password }},
		{"a user without a password", "Password", func(o *smtp.Options) { o.Username = username }},
		{"a password without TLS", "InsecureNoTLS", func(o *smtp.Options) { o.Username, o.Password, o.InsecureNoTLS = username, password, "x" }},
		{"TLS and no TLS", "InsecureNoTLS", func(o *smtp.Options) { o.ImplicitTLS, o.InsecureNoTLS = true, "x" }},
		{"a Message-ID domain with a header", "MessageIDDomain", func(o *smtp.Options) { o.MessageIDDomain = "a\r\nb" }},
		{"a negative time-out", "Timeout", func(o *smtp.Options) { o.Timeout = -1 }},
		{"a time-out over a minute", "Timeout", func(o *smtp.Options) { o.Timeout = time.Minute + 1 }},
	} {
		t.Run(c.rule, func(t *testing.T) {
			o := smtp.Options{Host: "mail.example.test", From: "noreply@example.test"}
			c.change(&o)
			if _, err := smtp.New(o); err == nil || !strings.Contains(err.Error(), c.names) || strings.Contains(err.Error(), password) {
				t.Errorf("got %v, want an error that names %s", err, c.names)
			}
		})
	}
}

func TestParse(t *testing.T) {
	good := map[string]smtp.Options{
		"smtp://u:p%40ss@mail.example.test:2525?from=Example%20<a@b.test>": {Host: "mail.example.test", Port: 2525, Username: "u", Password: "p@ss", From: "Example <a@b.test>"},
		"smtp://mail.example.test?from=a@b.test&message_id_domain=id.test": {Host: "mail.example.test", From: "a@b.test", MessageIDDomain: "id.test"},
		"smtps://u:p@mail.example.test/?from=a@b.test":                     {Host: "mail.example.test", ImplicitTLS: true, Username: "u", Password: "p", From: "a@b.test"},
		"smtp://[::1]:1025?from=a@b.test&insecure_no_tls=local+relay":      {Host: "::1", Port: 1025, From: "a@b.test", InsecureNoTLS: "local relay"},
	}
	for raw, want := range good {
		got, err := smtp.Parse(raw)
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v", raw, []any{got.Host, got.Port, got.Username, got.From}, err)
		}
		if _, err := smtp.New(got); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
	}
	for _, raw := range []string{
		"", "mail.example.test", "http://u:hunter2@mail.example.test?from=a@b.test", "smtp://u:hunter2@mail.example.test",
		"smtp://u:hunter2@mail.example.test:x?from=a@b.test", "smtp://u:hunter2@mail.example.test?from=a@b.test&from=c@d.test",
		"smtp://u:hunter2@mail.example.test?from=a@b.test&tls=off", "smtp://u:hunter2@mail.example.test/x?from=a@b.test",
		"smtp://u:hunter2@mail.example.test?from=a@b.test#f", "smtp://u:hunter2@mail.example.test?from=%zz", "smtp://u:hunter2@mail example?from=a@b.test",
		"smtp://u:hunter2@mail.example.test:0?from=a@b.test",
	} {
		if _, err := smtp.Parse(raw); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: got %v, want an error without the URL", raw, err)
		}
	}
}

func TestThePasswordDoesNotPrint(t *testing.T) {
	o := smtp.Options{Host: "mail.example.test", Username: username, Password: password, From: "noreply@example.test"}
	var log strings.Builder
	l := slog.New(slog.NewTextHandler(&log, nil))
	s := newSender(t, o)
	l.Info("x", "options", o, "sender", s)
	for _, text := range []string{
		fmt.Sprint(o), fmt.Sprintf("%+v %#v %s %q %x", o, o, o, o, o), fmt.Sprintf("%v %+v %#v %+v", s, s, s, *s), fmt.Sprintf("%+v", struct{ O smtp.Options }{o}), log.String(),
	} {
		if strings.Contains(text, password) {
			t.Errorf("the password prints: %s", text)
		}
	}
}

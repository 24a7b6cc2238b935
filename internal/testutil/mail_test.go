package testutil_test

import (
	"crypto/tls"
	"net/smtp"
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/testutil"
)

func TestMailServer(t *testing.T) {
	m := testutil.MailServer(t)
	c, err := smtp.Dial(m.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Mail("noreply@example.test"); err == nil || !strings.HasPrefix(err.Error(), "530") {
		t.Errorf("mail before STARTTLS: got %v, want 530", err)
	}
	if err := c.StartTLS(&tls.Config{RootCAs: m.Roots, ServerName: "localhost"}); err != nil {
		t.Fatal(err)
	}
	if err := c.Auth(smtp.PlainAuth("", m.Username, "wrong", "127.0.0.1")); err == nil {
		t.Error("a wrong password was accepted")
	}
	if err := send(m, "alice@example.test", "Your code is 123456"); err != nil {
		t.Fatal(err)
	}
	got := m.Wait(t, "alice@example.test")
	if got.Subject != "Sign in" || !strings.Contains(got.Text, "123456") || got.From != "noreply@example.test" {
		t.Errorf("got %+v", got)
	}
	if others := m.Messages(t, "bob@example.test"); len(others) != 0 {
		t.Errorf("bob has mail: %+v", others)
	}
}

func send(m *testutil.Mail, to, text string) error {
	c, err := smtp.Dial(m.Addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.StartTLS(&tls.Config{RootCAs: m.Roots, ServerName: "localhost"}); err != nil {
		return err
	}
	if err := c.Auth(smtp.PlainAuth("", m.Username, m.Password, "127.0.0.1")); err != nil {
		return err
	}
	if err := c.Mail("noreply@example.test"); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte("From: noreply@example.test\r\nTo: " + to + "\r\nSubject: Sign in\r\n\r\n" + text + "\r\n")); err != nil {
		return err
	}
	return w.Close()
}

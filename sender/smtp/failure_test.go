package smtp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/sender/smtp"
)

func trust(roots *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

func hostPort(t *testing.T, addr string) (string, int) {
	t.Helper()
	host, p, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(p)
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

// silentAbout fails if an error shows what it must not.
func silentAbout(t *testing.T, err error, secrets ...string) {
	t.Helper()
	for _, s := range append(secrets, password, message.Code, message.Text, message.To) {
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), s) {
			t.Errorf("the error shows %q: %v", s, err)
		}
	}
}

func answer(code int, words string) func() error {
	return func() error {
		return &gosmtp.SMTPError{Code: code, EnhancedCode: gosmtp.EnhancedCode{code / 100, 3, 0}, Message: words}
	}
}

func TestAnswersOfTheServer(t *testing.T) {
	for _, c := range []struct {
		rule      string
		set       func(*server)
		temporary bool
		shows     string
	}{
		{"451 to the recipient is temporary", func(s *server) { s.rcpt = answer(451, "try later") }, true, "451"},
		{"550 to the recipient is lasting", func(s *server) { s.rcpt = answer(550, "no such user") }, false, "no such user"},
		{"452 to the mail is temporary", func(s *server) { s.data = answer(452, "full") }, true, "452"},
		{"554 to the mail is lasting", func(s *server) { s.data = answer(554, "spam: "+message.Subject+" to "+message.To) }, false, "554"},
		{"a server that repeats the code is not repeated", func(s *server) { s.data = answer(554, "bad "+message.Code) }, false, "bad [hidden]"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			srv := start(t, false)
			c.set(srv)
			err := newSender(t, srv.options()).SendEmail(t.Context(), message)
			if err == nil || sender.IsTemporary(err) != c.temporary || !strings.Contains(err.Error(), c.shows) {
				t.Errorf("got %v (temporary %t), want temporary %t and %q", err, sender.IsTemporary(err), c.temporary, c.shows)
			}
			silentAbout(t, err)
			if n := len(srv.received()); n != 0 {
				t.Errorf("%d mails", n)
			}
		})
	}
}

func TestCredentialsAndCertificates(t *testing.T) {
	srv := start(t, false)
	for _, c := range []struct {
		rule   string
		change func(*smtp.Options)
	}{
		{"a wrong password is lasting", func(o *smtp.Options) { o.Password = "a wrong one" }},
		{"an unknown certificate is lasting", func(o *smtp.Options) { o.TLSConfig = nil }},
		{"a certificate for another name is lasting", func(o *smtp.Options) { o.Host = "localhost" }},
	} {
		t.Run(c.rule, func(t *testing.T) {
			o := srv.options()
			c.change(&o)
			err := newSender(t, o).SendEmail(t.Context(), message)
			if err == nil || sender.IsTemporary(err) {
				t.Errorf("got %v, want a lasting failure", err)
			}
			silentAbout(t, err, o.Password)
		})
	}
	if n := len(srv.received()); n != 0 {
		t.Errorf("%d mails", n)
	}
}

func TestNothingIsSaidWithoutSTARTTLS(t *testing.T) {
	port, commands := script(t, "220 hello", map[string]string{"EHLO": "250-localhost\r\n250 AUTH PLAIN LOGIN"})
	o := smtp.Options{Host: "127.0.0.1", Port: port, Username: username, Password: password, From: "noreply@example.test"}
	err := newSender(t, o).SendEmail(t.Context(), message)
	if err == nil || sender.IsTemporary(err) {
		t.Errorf("got %v, want a lasting refusal", err)
	}
	silentAbout(t, err)
	for _, line := range commands() {
		if word, _, _ := strings.Cut(line, " "); word != "EHLO" && word != "QUIT" {
			t.Errorf("the server was told %q", line)
		}
	}
}

func TestScriptedServers(t *testing.T) {
	for _, c := range []struct {
		rule      string
		greeting  string
		answers   map[string]string
		ok        bool
		temporary bool
	}{
		{"taken is taken, though the connection breaks after it", "220 hi", map[string]string{"DATA": "354 go", "RSET": ""}, true, false},
		{"421 at the greeting is temporary", "421 busy", nil, false, true},
		{"554 at the greeting is lasting", "554 go away", nil, false, false},
		{"a connection that breaks in between is temporary", "220 hi", map[string]string{"RCPT": ""}, false, true},
		{"a connection that breaks before the answer is temporary", "220 hi", map[string]string{"DATA": "354 go", ".": ""}, false, true},
		{"words with control characters are made one line", "220 hi", map[string]string{"RCPT": "550 a\x1b[31m\tb"}, false, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			port, commands := script(t, c.greeting, c.answers)
			o := smtp.Options{Host: "127.0.0.1", Port: port, From: "noreply@example.test", InsecureNoTLS: "a test on loopback"}
			err := newSender(t, o).SendEmail(t.Context(), message)
			if (err == nil) != c.ok || sender.IsTemporary(err) != c.temporary {
				t.Errorf("got %v (temporary %t)", err, sender.IsTemporary(err))
			}
			if err != nil {
				silentAbout(t, err, "\x1b", "\t")
			}
			commands()
		})
	}
}

func TestNoServer(t *testing.T) {
	l, port := listen(t)
	_ = l.Close()
	o := smtp.Options{Host: "127.0.0.1", Port: port, From: "noreply@example.test"}
	if err := newSender(t, o).SendEmail(t.Context(), message); !sender.IsTemporary(err) {
		t.Errorf("got %v, want temporary", err)
	}
}

// hasEnd fails where only the time-out of a minute would end send.
func hasEnd(t *testing.T, send func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- send() }()
	select {
	case err := <-done:
		return err
	case <-time.After(30 * time.Second):
		t.Error("the delivery goes on without its context")
		return <-done
	}
}

func TestTheContextEndsADelivery(t *testing.T) {
	t.Run("a server that does not greet", func(t *testing.T) {
		l, port := listen(t)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			c, err := l.Accept()
			cancel()
			if err == nil {
				t.Cleanup(func() { _ = c.Close() })
			}
		}()
		o := smtp.Options{Host: "127.0.0.1", Port: port, From: "noreply@example.test", Timeout: time.Minute}
		if err := hasEnd(t, func() error { return newSender(t, o).SendEmail(ctx, message) }); !errors.Is(err, context.Canceled) || !sender.IsTemporary(err) {
			t.Errorf("got %v, want the context's error, temporary", err)
		}
	})
	t.Run("a server that does not answer the mail", func(t *testing.T) {
		srv := start(t, false)
		ctx, cancel := context.WithCancel(t.Context())
		release := make(chan struct{})
		srv.data = func() error { cancel(); <-release; return errors.New("released") }
		t.Cleanup(func() { close(release) })
		o := srv.options()
		o.Timeout = time.Minute
		err := hasEnd(t, func() error { return newSender(t, o).SendEmail(ctx, message) })
		if !errors.Is(err, context.Canceled) || !sender.IsTemporary(err) {
			t.Errorf("got %v, want the context's error, temporary", err)
		}
		silentAbout(t, err)
	})
}

package smtp_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/sender/smtp"
)

const (
	username = "mailer"
	password = "correct horse battery"
)

var message = sender.Message{
	To: "alice@example.test", Subject: "048213 is your Example sign-in code", Text: "Your code: 048213\n.\nBye",
	HTML: "<p>Your code: <b>048213</b></p>", Purpose: sender.Code, Code: "048213", ID: "m-1",
}

// server is a mail server in this process. rcpt and data answer for a recipient and a mail.
type server struct {
	host       string
	port       int
	roots      *x509.CertPool
	mechanisms []string
	rcpt, data func() error

	mu    sync.Mutex
	mails []string
	to    []string
}

func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	return &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12}, roots
}

func listen(t *testing.T) (net.Listener, int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, l.Addr().(*net.TCPAddr).Port
}

// start starts a server that demands TLS and AUTH.
func start(t *testing.T, implicit bool) *server {
	t.Helper()
	config, roots := certificate(t)
	s := &server{host: "127.0.0.1", roots: roots, mechanisms: []string{sasl.Plain}}
	var l net.Listener
	l, s.port = listen(t)
	if implicit {
		l = tls.NewListener(l, config)
	}
	g := gosmtp.NewServer(s)
	g.Domain, g.TLSConfig, g.ErrorLog = "localhost", config, silent{}
	go func() { _ = g.Serve(l) }()
	t.Cleanup(func() { _ = g.Close() })
	return s
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

func (s *server) options() smtp.Options {
	return smtp.Options{
		Host: s.host, Port: s.port, Username: username, Password: password, From: "Example <noreply@example.test>",
		TLSConfig: &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12},
	}
}

func (s *server) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.mails...)
}

func (s *server) NewSession(c *gosmtp.Conn) (gosmtp.Session, error) {
	_, secure := c.TLSConnectionState()
	return &session{server: s, secure: secure}, nil
}

type session struct {
	server         *server
	secure, signed bool
}

func (s *session) AuthMechanisms() []string { return s.server.mechanisms }

func (s *session) Auth(mechanism string) (sasl.Server, error) {
	check := func(u, p string) error {
		if u != username || p != password {
			return &gosmtp.SMTPError{Code: 535, EnhancedCode: gosmtp.EnhancedCode{5, 7, 8}, Message: "bad credentials: " + u + " " + p}
		}
		s.signed = true
		return nil
	}
	if mechanism == "LOGIN" {
		return &login{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, u, p string) error { return check(u, p) }), nil
}

func (s *session) Mail(string, *gosmtp.MailOptions) error {
	if !s.secure || !s.signed {
		return &gosmtp.SMTPError{Code: 530, EnhancedCode: gosmtp.EnhancedCode{5, 7, 0}, Message: "TLS and AUTH first"}
	}
	return nil
}

func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.to = append(s.server.to, to)
	if s.server.rcpt != nil {
		return s.server.rcpt()
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	d, err := io.ReadAll(r)
	if err == nil && s.server.data != nil {
		err = s.server.data()
	}
	if err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, string(d))
	return nil
}

func (*session) Reset()        {}
func (*session) Logout() error { return nil }

// login is the server side of AUTH LOGIN.
type login struct {
	check func(u, p string) error
	user  *string
}

func (l *login) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case response == nil:
		return []byte("Username:"), false, nil
	case l.user == nil:
		u := string(response)
		l.user = &u
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(*l.user, string(response))
}

// script is a server that answers each command by its first word, and keeps the commands. An answer "" hangs up.
func script(t *testing.T, greeting string, answers map[string]string) (port int, commands func() []string) {
	t.Helper()
	l, port := listen(t)
	var mu sync.Mutex
	var seen []string
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, greeting+"\r\n")
		in := bufio.NewScanner(c)
		body := false
		for in.Scan() {
			word, _, _ := strings.Cut(in.Text(), " ")
			if body && in.Text() != "." {
				continue
			}
			mu.Lock()
			seen = append(seen, in.Text())
			mu.Unlock()
			answer, ok := answers[word]
			if !ok {
				answer = "250 ok"
			}
			if answer == "" {
				return
			}
			body = word == "DATA" && strings.HasPrefix(answer, "354")
			_, _ = io.WriteString(c, answer+"\r\n")
		}
	}()
	return port, func() []string {
		_ = l.Close()
		<-done
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
}

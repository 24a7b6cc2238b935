package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// slowMail is a mail server that takes its time and counts what it was given.
type slowMail struct {
	mu    sync.Mutex
	got   []string
	begun chan struct{}
	wait  chan struct{}
}

func (s *slowMail) NewSession(*smtp.Conn) (smtp.Session, error) {
	return &slowSession{slowMail: s}, nil
}

type slowSession struct {
	*slowMail

	to string
}

func (s *slowSession) Reset()                                    {}
func (s *slowSession) Logout() error                             { return nil }
func (s *slowSession) Mail(string, *smtp.MailOptions) error      { return nil }
func (s *slowSession) Rcpt(to string, _ *smtp.RcptOptions) error { s.to = to; return nil }

func (s *slowSession) Data(r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	s.begun <- struct{}{}
	<-s.wait
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, s.to)
	return nil
}

// TestSIGTERMLosesNoAcceptedMessage ends the real program while messages wait behind a mail server that has not answered yet.
func TestSIGTERMLosesNoAcceptedMessage(t *testing.T) {
	const messages = 12
	mail := &slowMail{begun: make(chan struct{}, messages), wait: make(chan struct{})}
	server := smtp.NewServer(mail)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })

	program := filepath.Join(t.TempDir(), "server")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	port := freePort(t)
	cmd := exec.CommandContext(t.Context(), program, "-addr", fmt.Sprintf("127.0.0.1:%d", port))
	cmd.Env = append(os.Environ(), "SMTP_URL=smtp://"+listener.Addr().String()+"?from=auth@example.com&insecure_no_tls=true")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "http://") {
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }()

	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	for i := range messages {
		res, err := http.Post(base+"/auth/login/email", "application/json", strings.NewReader(fmt.Sprintf(`{"email":"user%d@example.com"}`, i)))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("message %d: status %d", i, res.StatusCode)
		}
	}
	<-mail.begun // at least one is under way, others wait
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for range 500 { // it no longer takes requests
		c, err := net.DialTimeout("tcp", strings.TrimPrefix(base, "http://"), time.Second)
		if err != nil {
			break
		}
		c.Close()
		time.Sleep(10 * time.Millisecond)
	}
	close(mail.wait)
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	mail.mu.Lock()
	defer mail.mu.Unlock()
	if len(mail.got) != messages {
		t.Errorf("%d messages accepted, %d arrived", messages, len(mail.got))
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

package testutil

import (
	"crypto/rand"
	"crypto/x509"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// Mail is an SMTP server that keeps what it takes. It demands STARTTLS, then AUTH.
type Mail struct {
	Addr     string // of SMTP: 127.0.0.1 and a port; the certificate holds for localhost too
	Username string
	Password string
	CertFile string         // PEM file of its certificate
	Roots    *x509.CertPool // trusts that certificate
	api      string         // URL of the REST API
}

// MailServer returns Mailpit.
func MailServer(tb testing.TB) *Mail {
	tb.Helper()
	return useServer(tb, mailServer)
}

var mailServer = sync.OnceValues(func() (*Mail, error) {
	path, err := built("mailpit")
	if err != nil {
		return nil, err
	}
	c, err := newCertificate()
	if err != nil {
		return nil, err
	}
	m := &Mail{Username: "mailer", Password: rand.Text(), Roots: x509.NewCertPool()}
	m.Roots.AppendCertsFromPEM(c.cert)
	api, err := onFreePort(func(api int) error {
		_, err := onFreePort(func(port int) error { return m.start(path, c, port, api) })
		return err
	})
	m.api = "http://" + loopback(api)
	return m, err
})

// start starts the program at path with SMTP and its API on two ports.
func (m *Mail) start(path string, c certificate, port, api int) error {
	dir, err := running.folder("mail-" + strconv.Itoa(port))
	if err != nil {
		return err
	}
	m.Addr, m.CertFile = loopback(port), filepath.Join(dir, "cert.pem")
	key, auth := filepath.Join(dir, "key.pem"), filepath.Join(dir, "auth")
	for name, text := range map[string][]byte{
		m.CertFile: c.cert, key: c.key, auth: []byte(m.Username + ":" + m.Password + "\n"),
	} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return err
		}
	}
	return start(command{
		path: path, dir: dir,
		args: []string{
			"--smtp", m.Addr, "--listen", loopback(api), "--database", filepath.Join(dir, "mail.db"),
			"--smtp-tls-cert", m.CertFile, "--smtp-tls-key", key, "--smtp-auth-file", auth, "--smtp-require-starttls",
			"--disable-version-check", // which asks a host elsewhere
		},
		ready: func() error {
			if err := listens(port)(); err != nil {
				return err
			}
			return listens(api)()
		},
	})
}

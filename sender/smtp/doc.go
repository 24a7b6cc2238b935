// Package smtp sends e-mail through an SMTP server.
//
// Most programs need only [New], or [Parse] where the settings come from one URL as in SMTP_URL:
//
//	opts, err := smtp.Parse("smtp://user:password@mail.example.com:587?from=Example%20<noreply@example.com>")
//	…
//	mail, err := smtp.New(opts)
//	auth.Config{Email: mail, …}
//
// For providers with an HTTP interface use package webhook or a [sender.EmailFunc].
//
// A mail carries a code, so the connection is encrypted or there is none: STARTTLS is demanded, not asked for, and the
// server's certificate is verified. A server that offers no STARTTLS, perhaps because somebody between removed the
// offer, gets neither the password nor the mail.
package smtp

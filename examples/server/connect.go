package main

import (
	"encoding/base64"
	"errors"
	"log/slog"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/sender/smtp"
	"github.com/crafteasy/auth/sender/twilio"
)

func encode(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// senders sets who sends: the configured providers, or the development inbox for both channels.
func (a *app) senders(c *auth.Config, env environment) error {
	if c.Disabled {
		return nil
	}
	mail, account := env.get("SMTP_URL"), env.get("TWILIO_ACCOUNT_SID")
	if mail == "" && account == "" {
		a.inbox = newInbox()
		c.Email, c.SMS = a.inbox, a.inbox
		a.events = &events{next: audit.NewSlog(slog.Default())}
		c.Audit = a.events
		a.made = append(a.made, "No mail or SMS provider is set: messages go to "+a.issuer+"/dev/inbox.")
		return nil
	}
	if mail != "" {
		opts, err := smtp.Parse(mail)
		if err != nil {
			return errors.New("setting SMTP_URL is not a valid SMTP URL")
		}
		if c.Email, err = smtp.New(opts); err != nil {
			return errors.New("setting SMTP_URL is not a valid SMTP URL")
		}
	}
	if account != "" {
		sms, err := twilio.New(twilio.Options{
			AccountSID: account, AuthToken: env.get("TWILIO_AUTH_TOKEN"),
			From: env.get("TWILIO_FROM"), MessagingServiceSID: env.get("TWILIO_MESSAGING_SERVICE_SID"),
		})
		if err != nil {
			return errors.New("setting TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN or TWILIO_FROM is missing or wrong")
		}
		c.SMS = sms
	}
	return nil
}

package smtp

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	netmail "net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wneessen/go-mail"

	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/sender"
)

// Refusals of a message. They do not show it.
var (
	errRecipient = errors.New("smtp: the recipient is not exactly one address")
	errSubject   = errors.New("smtp: the subject is empty, or not one line of printable text")
	errText      = errors.New("smtp: the text is empty or not UTF-8")
)

// compose makes the mail. What would end a header or name a second recipient is refused, not repaired: whoever made
// the message should know.
func (s *Sender) compose(m sender.Message) (*mail.Msg, error) {
	to, err := recipient(m.To)
	switch {
	case err != nil:
		return nil, err
	case m.Subject == "" || !printable(m.Subject):
		return nil, errSubject
	case m.Text == "" || !utf8.ValidString(m.Text) || !utf8.ValidString(m.HTML):
		return nil, errText
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	msg.FromMailAddress(&s.from)
	msg.ToMailAddress(to)
	msg.Subject(m.Subject)
	msg.SetDate()
	msg.SetMessageIDWithValue(messageID(m.ID) + "@" + s.opts.MessageIDDomain)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation notice in return
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

// recipient reads an address that is nothing but an address.
func recipient(s string) (*netmail.Address, error) {
	a, err := netmail.ParseAddress(s)
	if err != nil || a.Address != s || !printable(s) || strings.HasPrefix(s, "-") {
		return nil, errRecipient
	}
	return a, nil
}

func printable(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// messageID is the left side of the Message-ID: the same for every try of one message, so that mailboxes drop doubles.
func messageID(id string) string {
	if id == "" {
		return secret.Handle(16)
	}
	sum := sha256.Sum256([]byte("message " + id))
	return hex.EncodeToString(sum[:16])
}

// hostname accepts the letters, digits, dots and dashes of a domain in A-label form.
func hostname(s string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '.' {
			return false
		}
	}
	return s != "" && len(s) <= 253
}

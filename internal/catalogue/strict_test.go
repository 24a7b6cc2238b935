package catalogue

import (
	"net/http"
	"testing"

	"github.com/crafteasy/auth"
)

// TestStrictProfile_HasNoCodes: with the strict profile nobody signs in by mail or text message, whatever senders are configured
// (ASVS 6.3.6).
func TestStrictProfile_HasNoCodes(t *testing.T) {
	e := alone(t, auth.Config{Profile: auth.ProfileStrict, SignUp: true})
	for path, body := range map[string]string{
		"/auth/login/email": `{"email":"ada@example.com"}`, "/auth/login/sms": `{"phone":"+46701234567"}`,
		"/auth/login/verify": `{"target":"ada@example.com","code":"123456"}`,
	} {
		e.refuses(t, http.StatusNotFound, "not_found", func() answer { return e.post(path, body) })
	}
	e.Drain()
	if sent := e.Inbox.Messages(); len(sent) != 0 {
		t.Errorf("sent %v", sent)
	}
}

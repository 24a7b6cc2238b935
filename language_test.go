package auth_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// TestMessagesSpeakTheLanguageOfTheRequest, unless the host knows better.
func TestMessagesSpeakTheLanguageOfTheRequest(t *testing.T) {
	swedish := map[string]sender.Templates{"sv": {sender.SignInCode: {Text: "Din kod är {{.Code}}"}, sender.SessionsEnded: {Text: "Du är utloggad"}}}
	ask := func(t *testing.T, s *authtest.Server, accept string) string {
		t.Helper()
		r := httptest.NewRequest("POST", "/auth/login/email", strings.NewReader(`{"email":"ada@example.com"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept-Language", accept)
		s.Handler().ServeHTTP(httptest.NewRecorder(), r)
		return s.Inbox.Next(t, "ada@example.com").Text
	}
	s := authtest.New(t, auth.Config{SignUp: true, Languages: swedish})
	if text := ask(t, s, "sv-SE,sv;q=0.9"); !strings.HasPrefix(text, "Din kod") {
		t.Errorf("to a Swedish browser: %s", text)
	}
	if text := ask(t, s, "de"); !strings.Contains(text, "Enter this code") {
		t.Errorf("to a German browser: %s", text)
	}

	var asked []string
	knows := authtest.New(t, auth.Config{SignUp: true, Languages: swedish, Language: func(_ context.Context, userID, accept string) string {
		asked = append(asked, userID+" "+accept)
		if userID == "" {
			return accept
		}
		return "sv"
	}})
	ada := knows.Put(user.User{ID: "ada", Email: "ada@example.com"})
	if text := ask(t, knows, "de"); !strings.HasPrefix(text, "Din kod") {
		t.Errorf("to whom the host knows: %s", text)
	}
	if err := knows.EndSessions(t.Context(), ada.ID); err != nil { // a verb of the host's: there is no request
		t.Fatal(err)
	}
	if text := knows.Inbox.Next(t, "ada@example.com").Text; text != "Du är utloggad" {
		t.Errorf("a notice: %s", text)
	}
	knows.Drain()
	if len(asked) != 2 || asked[0] != "ada de" || asked[1] != "ada " {
		t.Errorf("the host was asked %q", asked)
	}
}

func TestPreview(t *testing.T) {
	s := authtest.New(t, auth.Config{Languages: map[string]sender.Templates{"sv": {sender.SignInCode: {SMS: "{{.Code}} är din kod"}}}})
	for _, k := range sender.Kinds() {
		for _, c := range []sender.Channel{sender.EmailChannel, sender.SMSChannel} {
			m, err := s.Preview(t.Context(), c, k, "")
			if err != nil || m.Text == "" || (c == sender.EmailChannel) != (m.Subject != "") {
				t.Errorf("%s by %s: %q, %v", k, c, m.Text, err)
			}
		}
	}
	if m, err := s.Preview(t.Context(), sender.SMSChannel, sender.SignInCode, "sv"); err != nil || !strings.HasSuffix(m.Text, "är din kod") {
		t.Errorf("in Swedish: %q, %v", m.Text, err)
	}
}

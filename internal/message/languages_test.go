package message_test

import (
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/message"
	"github.com/crafteasy/auth/sender"
)

func speaking(t *testing.T) *message.Renderer {
	t.Helper()
	return renderer(t, func(o *message.Options) {
		o.Templates = sender.Templates{sender.PasskeyAdded: {Subject: "Hurray, a passkey"}}
		o.Languages = map[string]sender.Templates{
			"sv":    {sender.SignInCode: {Subject: "Din kod är {{.Code}}", Text: "{{.Code}} gäller i {{.Valid.Minutes}} minuter", SMS: "{{.Code}} är din kod"}},
			"pt-BR": {sender.SignInCode: {Subject: "Seu código: {{.Code}}"}},
		}
	})
}

func TestLanguage(t *testing.T) {
	r := speaking(t)
	for _, c := range []struct{ rule, accept, want string }{
		{"nothing is the default", "", ""},
		{"a tag is itself", "sv", "sv"},
		{"a region falls back to its language", "sv-FI", "sv"},
		{"the best of a list that is there", "fi;q=0.9, sv;q=0.5, en;q=0.1", "sv"},
		{"English before others is the default", "en-US,en;q=0.9,sv;q=0.8", ""},
		{"a language that is not there is the default", "fi", ""},
		{"a region of its own", "pt-BR,pt;q=0.9", "pt-BR"},
		{"what is no list is the default", "sv;;q=,\n", ""},
		{"a list that is too long is not read", "sv," + strings.Repeat("a", 200), ""},
		{"anything at all is the default", "*", ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if got := r.Language(c.accept); got != c.want {
				t.Errorf("%q is %q, want %q", c.accept, got, c.want)
			}
		})
	}
	if got := renderer(t, nil).Language("sv"); got != "" {
		t.Errorf("without languages: %q", got)
	}
}

func TestRenderInALanguage(t *testing.T) {
	r := speaking(t)
	for _, c := range []struct {
		rule, language string
		channel        sender.Channel
		kind           sender.Kind
		subject, text  string
	}{
		{"the language's own text", "sv", sender.EmailChannel, sender.SignInCode, "Din kod är 048213", "gäller i 5 minuter"},
		{"its SMS", "sv", sender.SMSChannel, sender.SignInCode, "", "048213 är din kod"},
		{"what it leaves out comes from the host's templates", "sv", sender.EmailChannel, sender.PasskeyAdded, "Hurray, a passkey", ""},
		{"and then from the defaults", "pt-BR", sender.EmailChannel, sender.SignInCode, "Seu código: 048213", "Enter this code to sign in"},
		{"no language is the default", "", sender.EmailChannel, sender.SignInCode, "048213 is your", ""},
		{"an unknown language is the default", "fi", sender.EmailChannel, sender.SignInCode, "048213 is your", ""},
		{"a host may answer a region", "sv-FI", sender.EmailChannel, sender.SignInCode, "Din kod", ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			d := data(c.kind)
			d.Language = c.language
			m := render(t, r, c.channel, c.kind, d)
			if !strings.Contains(m.Subject, c.subject) || !strings.Contains(m.Text, c.text) {
				t.Errorf("got %q and\n%s", m.Subject, m.Text)
			}
		})
	}
}

func TestLanguagesThatDoNotStart(t *testing.T) {
	code := func(s string) sender.Templates { return sender.Templates{sender.SignInCode: {Text: s}} }
	for rule, all := range map[string]map[string]sender.Templates{
		"a name that is no tag":                 {"swedish!": code("{{.Code}}")},
		"a tag in another spelling":             {"SV": code("{{.Code}}")},
		"a text without the code":               {"sv": code("hej")},
		"a text that does not parse":            {"sv": code("{{")},
		"a kind that is none":                   {"sv": {"other": {Text: "x"}}},
		"a field that is not there":             {"sv": code("{{.Nope}}")},
		"wrong in one language, right in other": {"de": code("{{.Code}}"), "sv": code("hej")},
	} {
		t.Run(rule, func(t *testing.T) {
			if _, err := message.New(message.Options{Origin: "https://example.com", Languages: all}); err == nil {
				t.Error("it starts")
			}
		})
	}
}

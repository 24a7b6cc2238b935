package message_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/message"
	"github.com/crafteasy/auth/sender"
)

func TestNewRefuses(t *testing.T) {
	one := func(k sender.Kind, x sender.Template) sender.Templates { return sender.Templates{k: x} }
	custom := sender.RendererFunc(func(context.Context, sender.Channel, sender.Kind, sender.Data) (sender.Message, error) {
		return sender.Message{}, nil
	})
	for _, c := range []struct {
		rule string
		opts message.Options
		name string
	}{
		{"no origin", message.Options{}, "Origin"},
		{"an origin without a host", message.Options{Origin: "https://"}, "Origin"},
		{"an origin that is no web address", message.Options{Origin: "javascript:alert(1)"}, "Origin"},
		{"an origin with a user", message.Options{Origin: "https://u:p@example.com"}, "Origin"},
		{"an origin with a query", message.Options{Origin: "https://example.com/?a=b"}, "Origin"},
		{"templates and a renderer", message.Options{Origin: "https://example.com", Renderer: custom, Templates: one(sender.SignInCode, sender.Template{})}, "Renderer"},
		{"an unknown kind", message.Options{Origin: "https://example.com", Templates: one("other", sender.Template{})}, "other"},
		{"a template that does not parse", message.Options{Origin: "https://example.com", Templates: one(sender.SignInCode, sender.Template{Text: "{{"})}, "sign_in_code"},
		{"HTML that does not parse", message.Options{Origin: "https://example.com", Templates: one(sender.SignInCode, sender.Template{HTML: "{{"})}, "sign_in_code"},
		{"an unknown field", message.Options{Origin: "https://example.com", Templates: one(sender.PasskeyAdded, sender.Template{Subject: "{{.Nope}}"})}, "passkey_added"},
		{"an unknown field in HTML", message.Options{Origin: "https://example.com", Templates: one(sender.PasskeyAdded, sender.Template{HTML: "{{.Nope}}"})}, "passkey_added"},
		{"a text without the code", message.Options{Origin: "https://example.com", Templates: one(sender.SignInCode, sender.Template{Text: "hello"})}, "sign_in_code"},
		{"an SMS without the code", message.Options{Origin: "https://example.com", Templates: one(sender.SignInCode, sender.Template{SMS: "hello"})}, "sign_in_code"},
		{"a subject that comes out empty", message.Options{Origin: "https://example.com", Templates: one(sender.PasskeyAdded, sender.Template{Subject: "{{.Code}}"})}, "passkey_added"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if _, err := message.New(c.opts); err == nil || !strings.Contains(err.Error(), c.name) {
				t.Errorf("got %v, want an error that names %s", err, c.name)
			}
		})
	}
}

func TestTemplatesReplaceOneText(t *testing.T) {
	r := renderer(t, func(o *message.Options) {
		o.Templates = sender.Templates{sender.SignInCode: {Subject: "Dein Code: {{.Code}}", HTML: "<b>{{.Code}} {{.AppName}}</b>"}}
		o.AppName = "A & <B>"
	})
	m := render(t, r, sender.EmailChannel, sender.SignInCode, data(sender.SignInCode))
	if m.Subject != "Dein Code: 048213" {
		t.Errorf("subject %q", m.Subject)
	}
	if m.HTML != "<b>048213 A &amp; &lt;B&gt;</b>" {
		t.Errorf("HTML %q: not the template, or not escaped", m.HTML)
	}
	if !strings.Contains(m.Text, "sign in to A & <B>:") {
		t.Errorf("the default text is gone, or escaped:\n%s", m.Text)
	}
	if other := render(t, r, sender.EmailChannel, sender.StepUpCode, data(sender.StepUpCode)); !strings.Contains(other.Subject, "confirmation code") {
		t.Errorf("another kind changed: %q", other.Subject)
	}
}

func TestCodes(t *testing.T) {
	r := renderer(t, nil)
	for _, code := range []string{"", "12 34", "12\n34", "<b>1</b>", "१२३४५६"} {
		d := data(sender.SignInCode)
		d.Code = code
		if _, err := r.Render(t.Context(), sender.EmailChannel, sender.SignInCode, d); err == nil {
			t.Errorf("code %q was accepted", code)
		} else if code != "" && strings.Contains(err.Error(), code) {
			t.Errorf("the error shows the code: %v", err)
		}
	}
	d := data(sender.PasskeyAdded)
	d.Code = "048213"
	m := render(t, r, sender.EmailChannel, sender.PasskeyAdded, d)
	if m.Code != "" || strings.Contains(m.Text+m.HTML+m.Subject, "048213") {
		t.Error("a notice carries a code")
	}
	if _, err := r.Render(t.Context(), sender.EmailChannel, "other", sender.Data{}); err == nil {
		t.Error("an unknown kind was rendered")
	}
	if _, err := r.Render(t.Context(), "fax", sender.SignInCode, data(sender.SignInCode)); err == nil {
		t.Error("an unknown channel was rendered")
	}
}

func TestARendererOfTheHostGetsCleanDataAndIsChecked(t *testing.T) {
	var seen sender.Data
	answer := sender.Message{To: "other@example.org", ID: "x", Purpose: sender.Notice, Code: "1", Subject: "a\r\nBcc: b", Text: "048213\r\n"}
	failure := errors.New("template engine")
	var fail error
	r := renderer(t, func(o *message.Options) {
		o.Renderer = sender.RendererFunc(func(_ context.Context, _ sender.Channel, _ sender.Kind, d sender.Data) (sender.Message, error) {
			seen = d
			return answer, fail
		})
	})
	d := data(sender.SignInCode)
	d.UserAgent = "a\r\nb"
	m := render(t, r, sender.EmailChannel, sender.SignInCode, d)
	if seen.UserAgent != "a b" || seen.AppName != "Example" || seen.Origin != "https://example.com" || seen.Domain != "example.com" {
		t.Errorf("data not cleaned or not filled: %+v", seen)
	}
	want := sender.Message{Purpose: sender.Code, Code: "048213", Subject: "a Bcc: b", Text: "048213"}
	if m != want {
		t.Errorf("got %+v, want %+v", m, want)
	}
	answer.Text = "no code"
	if _, err := r.Render(t.Context(), sender.EmailChannel, sender.SignInCode, d); err == nil {
		t.Error("a text without the code was let through")
	}
	fail = failure
	if _, err := r.Render(t.Context(), sender.EmailChannel, sender.SignInCode, d); !errors.Is(err, failure) {
		t.Errorf("got %v, want the renderer's error", err)
	}
}

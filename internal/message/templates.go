package message

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	html "html/template"
	"maps"
	"strings"
	"sync"
	text "text/template"
	"time"

	"github.com/crafteasy/auth/sender"
)

//go:embed templates
var files embed.FS

// smsName is how much of the service's name an SMS shows: the whole should fit 160 characters.
const smsName = 20

// set holds the parsed texts of one kind.
type set struct {
	subject, text, sms *text.Template
	html               *html.Template
}

// texts is the renderer behind [Renderer] that works with templates.
type texts map[sender.Kind]set

// standard are the built-in texts. They are parsed once: no service changes them.
var standard = sync.OnceValue(func() texts {
	all := make(texts, len(defaults))
	for k, w := range defaults {
		layout := "notice"
		if k.Purpose() == sender.Code {
			layout = "code"
		}
		body := text.Must(text.ParseFS(files, "templates/"+layout+".txt"))
		page := html.Must(html.ParseFS(files, "templates/page.html", "templates/"+layout+".html"))
		for name, source := range map[string]string{"subject": w.subject, "lead": w.lead, "advice": w.advice} {
			text.Must(body.New(name).Parse(source))
			html.Must(page.New(name).Parse(source))
		}
		all[k] = set{
			subject: body.Lookup("subject"), text: body.Lookup(layout + ".txt"), html: page.Lookup("page.html"),
			sms: text.Must(text.New("sms").Parse(w.sms)),
		}
	}
	return all
})

// parse makes the default texts and puts the replacements over them, one set after the other.
func parse(sets ...sender.Templates) (texts, error) {
	all := maps.Clone(standard())
	for _, replaced := range sets {
		if err := all.replace(replaced); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// replace puts texts in place of others.
func (t texts) replace(replaced sender.Templates) error {
	for k, source := range replaced {
		s, ok := t[k]
		if !ok {
			return fmt.Errorf("message: Templates: there is no kind %q", k)
		}
		err := errors.Join(put(&s.subject, source.Subject), put(&s.text, source.Text), put(&s.sms, source.SMS))
		if source.HTML != "" {
			var herr error
			s.html, herr = html.New("html").Parse(source.HTML)
			err = errors.Join(err, herr)
		}
		if err != nil {
			return fmt.Errorf("message: Templates[%q]: %w", k, err)
		}
		t[k] = s
	}
	return nil
}

func put(t **text.Template, source string) (err error) {
	if source != "" {
		*t, err = text.New("template").Parse(source)
	}
	return err
}

// Render runs the templates of one kind.
func (t texts) Render(_ context.Context, c sender.Channel, k sender.Kind, d sender.Data) (m sender.Message, err error) {
	s, ok := t[k]
	if !ok {
		return m, errors.New("unknown kind")
	}
	var b bytes.Buffer
	switch c {
	case sender.EmailChannel:
		if m.Subject, err = execute(&b, s.subject, d); err != nil {
			return m, err
		}
		if m.Text, err = execute(&b, s.text, d); err != nil {
			return m, err
		}
		b.Reset()
		err = s.html.Execute(&b, d)
		m.HTML = b.String()
	case sender.SMSChannel:
		if runes := []rune(d.AppName); len(runes) > smsName {
			d.AppName = strings.TrimSpace(string(runes[:smsName]))
		}
		m.Text, err = execute(&b, s.sms, d)
	default:
		err = errors.New("unknown channel")
	}
	return m, err
}

func execute(b *bytes.Buffer, t *text.Template, d sender.Data) (string, error) {
	b.Reset()
	err := t.Execute(b, d)
	return b.String(), err
}

// sample is what replaced templates are tried with.
func sample(k sender.Kind) sender.Data {
	d := sender.Data{
		Valid: 5 * time.Minute, Detail: "Example", Remaining: 2, When: time.Unix(1e9, 0), IP: "192.0.2.1",
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	}
	if k.Purpose() == sender.Code {
		d.Code = "493817"
	}
	return d
}

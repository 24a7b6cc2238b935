package message

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/crafteasy/auth/sender"
)

// Options say who writes.
type Options struct {
	// AppName is the service's name as people know it. Default: the host of Origin.
	AppName string
	// Origin is the service's base URL, such as "https://example.com". It is the only link in a mail. Required.
	Origin string
	// Domain is the host that codes belong to. Default: the host of Origin.
	Domain string
	// Templates replace single texts, Languages do so for single languages, by BCP 47 tags.
	Templates sender.Templates
	Languages map[string]sender.Templates
	// Renderer replaces them all; not together with Templates or Languages. Default: the English texts of this package.
	Renderer sender.Renderer
}

// Renderer is the [sender.Renderer] that services use. It is immutable and safe for concurrent use.
type Renderer struct {
	base      sender.Data
	next      sender.Renderer
	languages languages
}

var _ sender.Renderer = (*Renderer)(nil)

// New makes a renderer. Errors name the setting that is wrong; replaced templates are tried with sample data.
func New(opts Options) (*Renderer, error) {
	u, err := url.Parse(opts.Origin)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("message: Origin must be a URL such as https://example.com")
	}
	r := &Renderer{base: sender.Data{AppName: opts.AppName, Origin: opts.Origin, Domain: opts.Domain}, next: opts.Renderer}
	if r.base.Domain == "" {
		r.base.Domain = u.Hostname()
	}
	if r.base.AppName == "" {
		r.base.AppName = u.Hostname()
	}
	if opts.Renderer != nil {
		if len(opts.Templates)+len(opts.Languages) > 0 {
			return nil, errors.New("message: Templates or Languages, and Renderer, cannot both be set")
		}
		return r, nil
	}
	t, err := parse(opts.Templates)
	if err != nil {
		return nil, err
	}
	r.next = t
	if r.languages, err = parseLanguages(opts.Templates, opts.Languages); err != nil {
		return nil, err
	}
	if err := r.try("", opts.Templates); err != nil {
		return nil, err
	}
	for name, templates := range opts.Languages {
		if err := r.try(name, templates); err != nil {
			return nil, fmt.Errorf("message: Languages[%q]: %w", name, err)
		}
	}
	return r, nil
}

// try renders each replaced text with sample data.
func (r *Renderer) try(language string, replaced sender.Templates) error {
	for k := range replaced {
		for _, c := range []sender.Channel{sender.EmailChannel, sender.SMSChannel} {
			if _, err := r.Preview(context.Background(), c, k, language); err != nil {
				return err
			}
		}
	}
	return nil
}

// Preview writes a message with sample data.
func (r *Renderer) Preview(ctx context.Context, c sender.Channel, k sender.Kind, language string) (sender.Message, error) {
	d := sample(k)
	d.Language = language
	return r.Render(ctx, c, k, d)
}

// Render writes one message. AppName, Origin and Domain may be left empty. A code must be letters and digits, and the
// text must show it.
func (r *Renderer) Render(ctx context.Context, c sender.Channel, k sender.Kind, d sender.Data) (sender.Message, error) {
	d = clean(r.fill(d))
	switch {
	case k.Purpose() == sender.Notice:
		d.Code = ""
	case !plainCode(d.Code):
		return sender.Message{}, fmt.Errorf("message: %s: the code is not letters and digits", k)
	}
	m, err := r.in(d.Language).Render(ctx, c, k, d)
	if err != nil {
		return sender.Message{}, fmt.Errorf("message: %s by %s: %w", k, c, err)
	}
	m.To, m.ID, m.Purpose, m.Code = "", "", k.Purpose(), d.Code
	m.Subject, m.Text = line(m.Subject, 200), lines(m.Text)
	if c == sender.SMSChannel {
		m.Subject, m.HTML = "", ""
	}
	switch {
	case m.Text == "":
		return sender.Message{}, fmt.Errorf("message: %s by %s: the text is empty", k, c)
	case c == sender.EmailChannel && m.Subject == "":
		return sender.Message{}, fmt.Errorf("message: %s by %s: the subject is empty", k, c)
	case !strings.Contains(m.Text, d.Code):
		return sender.Message{}, fmt.Errorf("message: %s by %s: the text does not show the code", k, c)
	}
	return m, nil
}

func (r *Renderer) fill(d sender.Data) sender.Data {
	if d.AppName == "" {
		d.AppName = r.base.AppName
	}
	if d.Origin == "" {
		d.Origin = r.base.Origin
	}
	if d.Domain == "" {
		d.Domain = r.base.Domain
	}
	return d
}

func plainCode(s string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return s != ""
}

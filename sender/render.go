package sender

import "context"

// Renderer writes messages. It must be safe for concurrent use. The caller sets To and ID of what it answers.
//
// Most programs keep the default one and change single texts by [Templates]. Implement it for other languages or for a
// template engine of your own; [Data] says what it must clean.
type Renderer interface {
	Render(ctx context.Context, c Channel, k Kind, d Data) (Message, error)
}

// RendererFunc makes a [Renderer] of a function.
type RendererFunc func(ctx context.Context, c Channel, k Kind, d Data) (Message, error)

// Render calls f.
func (f RendererFunc) Render(ctx context.Context, c Channel, k Kind, d Data) (Message, error) {
	return f(ctx, c, k, d)
}

// Template replaces the texts of one kind of message. Each text is a Go template over [Data]; an empty one keeps the
// default. Subject, Text and SMS are text/template, HTML is html/template, which escapes by itself.
//
// A mail has Text and HTML, and most programs show the HTML: who replaces one replaces both, or the default goes on being read.
type Template struct {
	Subject, Text, HTML string
	// SMS should end in a line "@{{.Domain}} #{{.Code}}", so that phones can fill the code in.
	SMS string
}

// Templates are the texts that replace defaults. Every one is tried when the program starts: one that does not parse,
// names a field that is not there, or leaves the code out, is an error that names its kind.
type Templates map[Kind]Template

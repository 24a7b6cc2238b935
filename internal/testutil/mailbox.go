package testutil

import (
	"errors"
	"net/url"
	"testing"
)

// Message is a mail that [Mail] took.
type Message struct {
	Subject string
	Text    string
	HTML    string
	From    string
	To      []string
}

var errNoMail = errors.New("none arrived")

// Messages returns what was sent to an address, the newest first.
func (m *Mail) Messages(tb testing.TB, to string) []Message {
	tb.Helper()
	var list struct {
		Messages []struct{ ID string } `json:"messages"`
	}
	getJSON(tb, m.api+"/api/v1/search?"+url.Values{"query": {`to:"` + to + `"`}}.Encode(), &list)
	out := make([]Message, 0, len(list.Messages))
	for _, item := range list.Messages {
		out = append(out, m.message(tb, item.ID))
	}
	return out
}

// Wait returns the newest message to an address, and waits for it as long as for the start of a server.
func (m *Mail) Wait(tb testing.TB, to string) Message {
	tb.Helper()
	var got []Message
	err := poll(tb.Context().Done(), func() error {
		if got = m.Messages(tb, to); len(got) == 0 {
			return errNoMail
		}
		return nil
	})
	if err != nil {
		tb.Fatalf("mail to %s: %v", to, err)
	}
	return got[0]
}

func (m *Mail) message(tb testing.TB, id string) Message {
	tb.Helper()
	type address struct{ Address string }
	var in struct {
		Subject, Text, HTML string
		From                address
		To                  []address
	}
	getJSON(tb, m.api+"/api/v1/message/"+id, &in)
	out := Message{Subject: in.Subject, Text: in.Text, HTML: in.HTML, From: in.From.Address}
	for _, a := range in.To {
		out.To = append(out.To, a.Address)
	}
	return out
}

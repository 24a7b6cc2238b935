package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// kept is how many messages the inbox holds.
const kept = 1000

// letter is a message that would have been sent.
type letter struct {
	To      string    `json:"to"`
	Channel string    `json:"channel"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	Code    string    `json:"code"`
	At      time.Time `json:"at"`
}

// inbox takes messages in place of a provider and shows them to whoever asks: it must never exist beside a real one.
type inbox struct {
	mu      sync.Mutex
	letters []letter // the oldest first
}

func newInbox() *inbox { return &inbox{} }

// SendEmail keeps the message.
func (i *inbox) SendEmail(_ context.Context, m sender.Message) error { return i.keep("email", m) }

// SendSMS keeps the message.
func (i *inbox) SendSMS(_ context.Context, m sender.Message) error { return i.keep("sms", m) }

func (i *inbox) keep(channel string, m sender.Message) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.letters) == kept {
		i.letters = slices.Delete(i.letters, 0, 1)
	}
	i.letters = append(i.letters, letter{m.To, channel, m.Subject, m.Text, m.Code, time.Now().UTC()})
	return nil
}

// list answers the messages, the newest first, to one recipient or to all.
func (i *inbox) list(to string) []letter {
	i.mu.Lock()
	defer i.mu.Unlock()
	list := []letter{}
	for _, l := range slices.Backward(i.letters) {
		if to == "" || l.To == to {
			list = append(list, l)
		}
	}
	return list
}

func (i *inbox) mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /dev/inbox.json", func(w http.ResponseWriter, r *http.Request) {
		answer(w, i.list(plain(r.URL.Query().Get("to"))))
	})
	mux.HandleFunc("GET /dev/inbox", func(w http.ResponseWriter, r *http.Request) { serveFile(w, r, "inbox.html") })
}

// plain brings an address into the form in which messages are sent to it. What is none stays as it is, and finds nothing. A plus sign
// in a query that was not escaped arrives as a blank.
func plain(to string) string {
	parse := user.ParsePhone
	if strings.Contains(to, "@") {
		parse = user.ParseEmail
	} else if strings.HasPrefix(to, " ") {
		to = "+" + strings.TrimSpace(to)
	}
	if id, err := parse(to); err == nil {
		return id.Value
	}
	return to
}

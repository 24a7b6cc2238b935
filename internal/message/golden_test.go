package message_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/message"
	"github.com/crafteasy/auth/sender"
)

var update = flag.Bool("update", false, "write the golden files")

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

func renderer(t testing.TB, change func(*message.Options)) *message.Renderer {
	t.Helper()
	opts := message.Options{AppName: "Example", Origin: "https://example.com"}
	if change != nil {
		change(&opts)
	}
	r, err := message.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func data(k sender.Kind) sender.Data {
	d := sender.Data{
		Valid: 5 * time.Minute, When: time.Date(2026, 11, 24, 8, 43, 7, 0, time.UTC), IP: "203.0.113.7", UserAgent: firefox, Remaining: 2,
	}
	switch k {
	case sender.PasskeyAdded, sender.PasskeyRemoved:
		d.Detail = "Laptop"
	case sender.ProviderLinked, sender.ProviderUnlinked:
		d.Detail = "Google"
	case sender.AddressChanged:
		d.Detail = "a…@example.net"
	default:
	}
	if k.Purpose() == sender.Code {
		d.Code = "048213"
	}
	return d
}

func render(t testing.TB, r sender.Renderer, c sender.Channel, k sender.Kind, d sender.Data) sender.Message {
	t.Helper()
	m, err := r.Render(t.Context(), c, k, d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from the golden file; run with -update and look at the difference\n%s", name, got)
	}
}

func TestGoldenTexts(t *testing.T) {
	var all strings.Builder
	r := renderer(t, nil)
	for _, k := range sender.Kinds() {
		mail := render(t, r, sender.EmailChannel, k, data(k))
		sms := render(t, r, sender.SMSChannel, k, data(k))
		fmt.Fprintf(&all, "==== %s (%s)\n%s\n----\n%s\n---- sms\n%s\n\n", k, mail.Purpose, mail.Subject, mail.Text, sms.Text)
		if sms.Subject != "" || sms.HTML != "" {
			t.Errorf("%s: an SMS has a subject or HTML", k)
		}
		if mail.Code != data(k).Code || sms.Code != mail.Code || mail.To != "" || mail.ID != "" {
			t.Errorf("%s: code %q, to %q, id %q", k, mail.Code, mail.To, mail.ID)
		}
	}
	golden(t, "texts.golden", all.String())
}

func TestGoldenHTML(t *testing.T) {
	r := renderer(t, nil)
	for _, k := range []sender.Kind{sender.SignInCode, sender.PasskeyAdded} {
		golden(t, string(k)+".html.golden", render(t, r, sender.EmailChannel, k, data(k)).HTML)
	}
}

func TestOnlyTheCodeWhereNothingElseIsKnown(t *testing.T) {
	m := render(t, renderer(t, nil), sender.EmailChannel, sender.SignInCode, sender.Data{Code: "048213", Valid: time.Minute})
	for _, word := range []string{"Requested", "with", "from"} {
		if strings.Contains(m.Text, word) {
			t.Errorf("the text speaks of a request it knows nothing about (%q):\n%s", word, m.Text)
		}
	}
	if strings.Contains(m.HTML, "Device") || strings.Contains(m.HTML, "Requested") {
		t.Error("the HTML has an empty row")
	}
	if !strings.Contains(m.Text, "valid for 1 minute.") {
		t.Errorf("no validity:\n%s", m.Text)
	}
}

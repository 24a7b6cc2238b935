package webhook_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/outbound"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/sender/webhook"
)

var message = sender.Message{
	To: "alice@example.test", Subject: "048213 <is> your code", Text: "Your code: 048213\n", HTML: "<b>048213</b> & more",
	Purpose: sender.Code, Code: "048213", ID: "m-1",
}

// gateway is a loopback gateway that verifies what it gets and answers with a status.
type gateway struct {
	*httptest.Server
	status  int
	headers []http.Header
	bodies  []string
	errs    []error
}

func start(t *testing.T, now func() time.Time, keys ...webhook.Secret) *gateway {
	t.Helper()
	g := &gateway{status: http.StatusAccepted}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		g.headers, g.bodies = append(g.headers, r.Header), append(g.bodies, string(body))
		g.errs = append(g.errs, webhook.Verify(r.Header, body, now(), keys...))
		if r.Method != http.MethodPost || r.URL.Path != "/send" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		w.WriteHeader(g.status)
		_, _ = io.WriteString(w, "you sent "+string(body))
	}))
	t.Cleanup(g.Close)
	return g
}

func newSender(t *testing.T, o webhook.Options) *webhook.Sender {
	t.Helper()
	s, err := webhook.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheGatewayGetsASignedMessage(t *testing.T) {
	clock := time.Unix(1_800_000_000, 0)
	now := func() time.Time { return clock }
	key, old := secret.New(), secret.New()
	g := start(t, now, key)
	moving := start(t, now, old)
	s := newSender(t, webhook.Options{URL: g.URL + "/send", Secret: key, Previous: []webhook.Secret{old}, AllowLoopback: true, Now: now})
	if err := s.SendEmail(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	sms := sender.Message{To: "+46701234567", Text: "048213", Purpose: sender.Notice, ID: "m-2"}
	if err := s.SendSMS(t.Context(), sms); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"id":"m-1","channel":"email","to":"alice@example.test","subject":"048213 <is> your code","text":"Your code: 048213\n","html":"<b>048213</b> & more","purpose":"code","code":"048213"}`,
		`{"id":"m-2","channel":"sms","to":"+46701234567","subject":"","text":"048213","purpose":"notice","code":""}`,
	}
	for i, w := range want {
		h := g.headers[i]
		if g.errs[i] != nil || g.bodies[i] != w {
			t.Errorf("message %d: %v, %s\nwant %s", i, g.errs[i], g.bodies[i], w)
		}
		id := fmt.Sprintf("m-%d", i+1)
		if h.Get("Content-Type") != "application/json" || h.Get("Idempotency-Key") != id || h.Get("webhook-id") != id || h.Get("webhook-timestamp") != "1800000000" {
			t.Errorf("message %d: headers %v", i, h)
		}
		var p webhook.Payload
		if err := json.Unmarshal([]byte(g.bodies[i]), &p); err != nil || p.ID != id {
			t.Errorf("message %d: %+v, %v", i, p, err)
		}
	}
	s = newSender(t, webhook.Options{URL: moving.URL + "/send", Secret: key, Previous: []webhook.Secret{old}, AllowLoopback: true, Now: now})
	if err := s.SendEmail(t.Context(), message); err != nil || moving.errs[0] != nil {
		t.Errorf("a gateway with the old secret: %v, %v", err, moving.errs[0])
	}
}

func TestEveryTryHasOneID(t *testing.T) {
	key := secret.New()
	g := start(t, time.Now, key)
	s := newSender(t, webhook.Options{URL: g.URL + "/send", Secret: key, AllowLoopback: true})
	var ids []string
	for _, id := range []string{"m-1", "m-1", "a.b\r\nc", "a.b\r\nc", strings.Repeat("x", 200), "", ""} {
		m := message
		m.ID = id
		if err := s.SendEmail(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, g.headers[len(g.headers)-1].Get("webhook-id"))
		if err := g.errs[len(g.errs)-1]; err != nil {
			t.Errorf("id %q: %v", id, err)
		}
	}
	if ids[0] != ids[1] || ids[2] != ids[3] || ids[2] == ids[4] || ids[5] == ids[6] || ids[5] == "" || strings.Contains(ids[2], ".") || len(ids[4]) > 128 {
		t.Errorf("ids %q", ids)
	}
}

func TestAnswers(t *testing.T) {
	key := secret.New()
	g := start(t, time.Now, key)
	s := newSender(t, webhook.Options{URL: g.URL + "/send", Secret: key, AllowLoopback: true})
	for _, c := range []struct {
		status        int
		ok, temporary bool
	}{
		{200, true, false},
		{202, true, false},
		{204, true, false},
		{302, false, false},
		{400, false, false},
		{401, false, false},
		{404, false, false},
		{408, false, true},
		{410, false, false},
		{429, false, true},
		{500, false, true},
		{503, false, true},
	} {
		g.status = c.status
		err := s.SendSMS(t.Context(), message)
		if (err == nil) != c.ok || sender.IsTemporary(err) != c.temporary {
			t.Errorf("%d: got %v, temporary %t", c.status, err, sender.IsTemporary(err))
		}
		if err != nil && (strings.Contains(err.Error(), message.Code) || strings.Contains(err.Error(), message.To)) {
			t.Errorf("%d: the error shows the message: %v", c.status, err)
		}
	}
}

func TestGatewaysThatCannotBeReached(t *testing.T) {
	key := secret.New()
	g := start(t, time.Now, key)
	g.Close()
	s := newSender(t, webhook.Options{URL: g.URL + "/send?token=hunter2", Secret: key, AllowLoopback: true})
	if err := s.SendSMS(t.Context(), message); !sender.IsTemporary(err) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("no server: got %v, want temporary, without the URL", err)
	}
	s = newSender(t, webhook.Options{URL: "https://127.0.0.1/send", Secret: key})
	if err := s.SendSMS(t.Context(), message); !errors.Is(err, outbound.ErrAddress) || sender.IsTemporary(err) {
		t.Errorf("loopback that is not admitted: got %v, want ErrAddress for good", err)
	}
	hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(hang.Close)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s = newSender(t, webhook.Options{URL: hang.URL, Secret: key, AllowLoopback: true})
	if err := s.SendSMS(ctx, message); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	s = newSender(t, webhook.Options{URL: hang.URL, Secret: key, AllowLoopback: true, Timeout: 50 * time.Millisecond})
	if err := s.SendSMS(t.Context(), message); !sender.IsTemporary(err) {
		t.Errorf("a slow gateway: got %v, want temporary", err)
	}
}

func TestNewRefuses(t *testing.T) {
	key := secret.New()
	for _, c := range []struct {
		rule, names string
		opts        webhook.Options
	}{
		{"no URL", "URL", webhook.Options{Secret: key}},
		{"another scheme", "URL", webhook.Options{URL: "ftp://example.test/", Secret: key}},
		{"a URL without a host", "URL", webhook.Options{URL: "https:///send", Secret: key}},
		{"plain http", "https", webhook.Options{URL: "http://example.test/", Secret: key}},
		{"a user in the URL", "URL", webhook.Options{URL: "https://u:hunter2@example.test/", Secret: key}},
		{"a URL that cannot be read", "URL", webhook.Options{URL: "https://hunter2\x00", Secret: key}},
		{"no secret", "Secret", webhook.Options{URL: "https://example.test/"}},
		{"an empty previous secret", "Previous[0]", webhook.Options{URL: "https://example.test/", Secret: key, Previous: []webhook.Secret{{}}}},
		{"a negative time-out", "Timeout", webhook.Options{URL: "https://example.test/", Secret: key, Timeout: -1}},
		{"a time-out over a minute", "Timeout", webhook.Options{URL: "https://example.test/", Secret: key, Timeout: time.Hour}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if _, err := webhook.New(c.opts); err == nil || !strings.Contains(err.Error(), c.names) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want an error that names %s", err, c.names)
			}
		})
	}
	s := newSender(t, webhook.Options{URL: "https://example.test/", Secret: key})
	for _, text := range []string{fmt.Sprintf("%+v", s), fmt.Sprintf("%#v", *s), fmt.Sprintf("%+v", webhook.Options{Secret: key})} {
		if strings.Contains(text, hex.EncodeToString(key.Reveal())) || strings.Contains(text, string(key.Reveal())) {
			t.Error("the secret prints")
		}
	}
}

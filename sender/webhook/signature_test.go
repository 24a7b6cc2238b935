package webhook

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/secret"
)

// The published example of the Standard Webhooks reference libraries.
const (
	vectorKey  = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	vectorID   = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	vectorTime = "1614265330"
	vectorBody = `{"test": 2432232314}`
	vectorSign = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func TestThePublishedExample(t *testing.T) {
	key, err := base64.StdEncoding.DecodeString(vectorKey)
	if err != nil {
		t.Fatal(err)
	}
	if got := sign(key, vectorID, vectorTime, []byte(vectorBody)); got != vectorSign {
		t.Errorf("got %s, want %s", got, vectorSign)
	}
}

func TestVerify(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	body := []byte(`{"id":"m-1"}`)
	key, old, other := secret.New(), secret.New(), secret.New()
	stamp := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }
	signed := func(id, at string, keys ...Secret) http.Header {
		h := http.Header{}
		h.Set("webhook-id", id)
		h.Set("webhook-timestamp", at)
		h.Set("webhook-signature", signatures(keys, id, at, body))
		return h
	}
	change := func(f func(http.Header)) http.Header {
		h := signed("m-1", stamp(0), key)
		f(h)
		return h
	}
	for _, c := range []struct {
		rule string
		h    http.Header
		body []byte
		want error
	}{
		{"a genuine request", signed("m-1", stamp(0), key), body, nil},
		{"signed with an old and a new secret", signed("m-1", stamp(0), other, key), body, nil},
		{"signed with a secret that is being replaced", signed("m-1", stamp(0), old), body, nil},
		{"signed with another secret", signed("m-1", stamp(0), other), body, ErrSignature},
		{"another body", signed("m-1", stamp(0), key), []byte(`{"id":"m-2"}`), ErrSignature},
		{"no body", signed("m-1", stamp(0), key), nil, ErrSignature},
		{"another id", change(func(h http.Header) { h.Set("webhook-id", "m-2") }), body, ErrSignature},
		{"another time", change(func(h http.Header) { h.Set("webhook-timestamp", stamp(time.Second)) }), body, ErrSignature},
		{"no id", change(func(h http.Header) { h.Del("webhook-id") }), body, ErrSignature},
		{"no time", change(func(h http.Header) { h.Del("webhook-timestamp") }), body, ErrSignature},
		{"no signature", change(func(h http.Header) { h.Del("webhook-signature") }), body, ErrSignature},
		{"an empty signature", change(func(h http.Header) { h.Set("webhook-signature", "") }), body, ErrSignature},
		{"a signature without its version", change(func(h http.Header) { h.Set("webhook-signature", h.Get("webhook-signature")[3:]) }), body, ErrSignature},
		{"a signature of another version", change(func(h http.Header) { h.Set("webhook-signature", "v2"+h.Get("webhook-signature")[2:]) }), body, ErrSignature},
		{"a cut signature", change(func(h http.Header) { h.Set("webhook-signature", h.Get("webhook-signature")[:20]) }), body, ErrSignature},
		{"two ids", change(func(h http.Header) { h.Add("webhook-id", "m-2") }), body, ErrSignature},
		{"two times", change(func(h http.Header) { h.Add("webhook-timestamp", stamp(0)) }), body, ErrSignature},
		{"two signature headers", change(func(h http.Header) { h.Add("webhook-signature", "v1,x") }), body, ErrSignature},
		{"a flood of signatures", change(func(h http.Header) {
			h.Set("webhook-signature", strings.Repeat("v1,x ", 100)+h.Get("webhook-signature"))
		}), body, ErrSignature},
		{"a boundary moved into the id", signed("m-1."+stamp(0), stamp(0), key), body, ErrSignature},
		{"a time that is no number", signed("m-1", "soon", key), body, ErrSignature},
		{"the oldest time that is accepted", signed("m-1", stamp(-Tolerance), key), body, nil},
		{"a second older", signed("m-1", stamp(-Tolerance-time.Second), key), body, ErrTimestamp},
		{"the newest time that is accepted", signed("m-1", stamp(Tolerance), key), body, nil},
		{"a second newer", signed("m-1", stamp(Tolerance+time.Second), key), body, ErrTimestamp},
		{"a time beyond all clocks", signed("m-1", "9223372036854775807", key), body, ErrTimestamp},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if err := Verify(c.h, c.body, now, key, old); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	if err := Verify(signed("m-1", stamp(0), key), body, now); !errors.Is(err, ErrSignature) {
		t.Errorf("no secrets: got %v", err)
	}
	empty := http.Header{"Webhook-Id": {"m-1"}, "Webhook-Timestamp": {stamp(0)}, "Webhook-Signature": {sign(nil, "m-1", stamp(0), body)}}
	if err := Verify(empty, body, now, Secret{}); !errors.Is(err, ErrSignature) {
		t.Errorf("an empty secret verified: %v", err)
	}
}

func TestParseSecret(t *testing.T) {
	text := base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))
	for _, s := range []string{text, "whsec_" + text, " whsec_" + text + "\n"} {
		got, err := ParseSecret(s)
		if err != nil || string(got.Reveal()) != "0123456789abcdef0123456789abcdef" {
			t.Errorf("got %v", err)
		}
	}
	for _, s := range []string{"", "whsec_", "whsec_" + vectorKey, "not base64!"} {
		if _, err := ParseSecret(s); err == nil {
			t.Errorf("%q was accepted", s)
		}
	}
}

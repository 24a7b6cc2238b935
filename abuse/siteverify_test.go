package abuse_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth/abuse"
	"github.com/crafteasy/auth/internal/secret"
)

const captchaSecret = "0x4AAAAAAAexampleexampleexample-secret"

func captchaKey(t *testing.T, s string) secret.Secret {
	t.Helper()
	k, err := secret.FromBytes([]byte(s))
	must(t, err)
	return k
}

// at is the time of the tests.
var at = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// verifier is a client of a provider that answers as answer does.
func verifier(t *testing.T, o abuse.SiteverifyOptions, answer http.HandlerFunc) (*abuse.Siteverify, *atomic.Int32) {
	t.Helper()
	var hits atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	if o.Provider == "" {
		o.Provider = "turnstile"
	}
	if o.Secret.IsZero() {
		o.Secret = captchaKey(t, captchaSecret)
	}
	o.Endpoint, o.InsecureLoopback = server.URL, true
	o.Hostnames = append(o.Hostnames, "auth.example")
	o.Now = func() time.Time { return at }
	v, err := abuse.NewSiteverify(o)
	must(t, err)
	return v, &hits
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

// good is a verdict that passes, with a member more.
func good(more string) string {
	return `{"success":true,"challenge_ts":"2026-03-04T05:05:07.123Z","hostname":"auth.example","error-codes":[],"action":"login"` + more + `}`
}

// TestR07_Verdicts: nothing but a verdict in the provider's own form passes, and only one about this page, just now.
func TestR07_Verdicts(t *testing.T) {
	replaced := func(from, to string) string { return strings.Replace(good(""), from, to, 1) }
	down := errors.New("down")
	for _, c := range []struct {
		rule, answer string
		want         error // nil: it passes; down: no verdict
	}{
		{"the real answer", good(""), nil},
		{"an answer with more", good(`,"metadata":{"interactive":true}`), nil},
		{"a widget without an action", replaced(`,"action":"login"`, `,"action":"","cdata":""`), nil},
		{"another case of the host", replaced("auth.example", "AUTH.Example"), nil},
		{"another zone", replaced("2026-03-04T05:05:07.123Z", "2026-03-04T06:05:07+01:00"), nil},
		{"a provider's clock ahead", replaced("05:05:07.123Z", "05:07:07Z"), nil},

		{"success as a text", replaced("true", `"true"`), down},
		{"success as a number", replaced("true", "1"), down},
		{"success as null", replaced("true", "null"), abuse.ErrCaptchaFailed},
		{"success that is missing", replaced(`"success":true,`, ""), abuse.ErrCaptchaFailed},
		{"success in another case", replaced(`"success"`, `"Success"`), abuse.ErrCaptchaFailed},
		{"success twice", good(`,"success":true`), down},
		{"false", replaced("true", "false"), abuse.ErrCaptchaFailed},
		{"another host", replaced("auth.example", "evil.example"), abuse.ErrCaptchaFailed},
		{"a host below", replaced("auth.example", "x.auth.example"), abuse.ErrCaptchaFailed},
		{"a host above", replaced("auth.example", "example"), abuse.ErrCaptchaFailed},
		{"no host", replaced(`"hostname":"auth.example",`, ""), abuse.ErrCaptchaFailed},
		{"an empty host", replaced("auth.example", ""), abuse.ErrCaptchaFailed},
		{"another action", replaced(`"login"`, `"comment"`), abuse.ErrCaptchaFailed},
		{"foreign data", good(`,"cdata":"session-1"`), abuse.ErrCaptchaFailed},
		{"an old challenge", replaced("05:05:07.123Z", "05:01:06Z"), abuse.ErrCaptchaFailed},
		{"a challenge of tomorrow", replaced("2026-03-04", "2026-03-05"), abuse.ErrCaptchaFailed},
		{"no time", replaced(`"challenge_ts":"2026-03-04T05:05:07.123Z",`, ""), abuse.ErrCaptchaFailed},
		{"a time that is none", replaced("2026-03-04T05:05:07.123Z", "yesterday"), abuse.ErrCaptchaFailed},
		{"a used token", `{"success":false,"error-codes":["timeout-or-duplicate"]}`, abuse.ErrCaptchaFailed},
		{"a forged token", `{"success":false,"error-codes":["invalid-input-response"]}`, abuse.ErrCaptchaFailed},
		{"a wrong secret", `{"success":false,"error-codes":["invalid-input-secret"]}`, down},
		{"a failure of the provider", `{"success":false,"error-codes":["internal-error"]}`, down},
		{"a code nobody knows", `{"success":false,"error-codes":["x"]}`, down},
		{"HTML", "<!doctype html><title>success: true</title>", down},
		{"nothing", "", down},
		{"null", "null", abuse.ErrCaptchaFailed},
		{"an array", "[" + good("") + "]", down},
		{"two values", good("") + good(""), down},
		{"a large answer", good(`,"x":"` + strings.Repeat("x", 17<<10) + `"`), down},
		{"a low score", good(`,"score":0.4`), abuse.ErrCaptchaFailed},
		{"a high score", good(`,"score":0.5`), nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			v, _ := verifier(t, abuse.SiteverifyOptions{}, says(c.answer))
			judged(t, v.Verify(t.Context(), "token"), c.want, down)
		})
	}
}

func judged(t *testing.T, err, want, down error) {
	t.Helper()
	switch failed := errors.Is(err, abuse.ErrCaptchaFailed); {
	case want == nil && err != nil, want != nil && err == nil:
		t.Errorf("got %v, want %v", err, want)
	case want == nil:
	case failed != !errors.Is(want, down):
		t.Errorf("got %v, want %v", err, want)
	}
	if err != nil && (strings.Contains(err.Error(), "token-of") || strings.Contains(err.Error(), captchaSecret)) {
		t.Errorf("the error tells a secret: %v", err)
	}
}

// TestR07_NoVerdict: what does not answer, answers late, or points elsewhere has given no verdict.
func TestR07_NoVerdict(t *testing.T) {
	down := errors.New("down")
	elsewhere := httptest.NewServer(says(good("")))
	t.Cleanup(elsewhere.Close)
	for rule, answer := range map[string]http.HandlerFunc{
		"500": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, good(""), 500) },
		"429": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, good(""), 429) },
		"201": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201); _, _ = io.WriteString(w, good("")) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		},
		"an answer that is late": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		},
		"half an answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, good(""))
		},
		"a connection that ends": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(rule, func(t *testing.T) {
			v, hits := verifier(t, abuse.SiteverifyOptions{Timeout: 100 * time.Millisecond}, answer)
			judged(t, v.Verify(t.Context(), "token-of-ada"), down, down)
			if rule == "a redirect" && hits.Load() != 1 {
				t.Errorf("%d requests", hits.Load())
			}
		})
	}
	v, hits := verifier(t, abuse.SiteverifyOptions{}, says(good("")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	judged(t, v.Verify(ctx, "token-of-ada"), down, down)
	if hits.Load() != 0 {
		t.Error("a caller that is gone cost a call")
	}
}

// TestSiteverify_Request is what the providers are sent.
func TestSiteverify_Request(t *testing.T) {
	for provider, want := range map[string]string{
		"turnstile": "response=a%26b&secret=" + captchaSecret,
		"recaptcha": "response=a%26b&secret=" + captchaSecret,
		"hcaptcha":  "response=a%26b&secret=" + captchaSecret + "&sitekey=site",
	} {
		t.Run(provider, func(t *testing.T) {
			got := ""
			v, _ := verifier(t, abuse.SiteverifyOptions{Provider: provider, SiteKey: "site"}, func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				got = r.Method + " " + r.Header.Get("Content-Type") + " " + string(b)
				_, _ = io.WriteString(w, good(""))
			})
			must(t, v.Verify(t.Context(), "a&b"))
			if got != "POST application/x-www-form-urlencoded "+want {
				t.Errorf("got %s", got)
			}
			if v.Widget() != (abuse.Widget{Provider: provider, SiteKey: "site"}) {
				t.Errorf("the widget is %+v", v.Widget())
			}
			var log bytes.Buffer
			slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
			if shown := fmt.Sprintf("%v %+v %#v %s", v, v, v, log.String()); strings.Contains(shown, captchaSecret) {
				t.Errorf("it prints its secret: %s", shown)
			}
		})
	}
}

// TestNewSiteverify_Refuses names the field that is unsafe, and not its value.
func TestNewSiteverify_Refuses(t *testing.T) {
	full := func(change func(o *abuse.SiteverifyOptions)) abuse.SiteverifyOptions {
		o := abuse.SiteverifyOptions{Provider: "turnstile", Secret: captchaKey(t, captchaSecret), Hostnames: []string{"auth.example"}}
		change(&o)
		return o
	}
	test := func(provider, s string) abuse.SiteverifyOptions {
		return full(func(o *abuse.SiteverifyOptions) { o.Provider, o.Secret = provider, captchaKey(t, s) })
	}
	for rule, c := range map[string]struct {
		opts abuse.SiteverifyOptions
		name string
	}{
		"no provider":                 {full(func(o *abuse.SiteverifyOptions) { o.Provider = "" }), "Provider"},
		"an unknown provider":         {full(func(o *abuse.SiteverifyOptions) { o.Provider = "Turnstile" }), "Provider"},
		"no secret":                   {full(func(o *abuse.SiteverifyOptions) { o.Secret = secret.Secret{} }), "Secret"},
		"no host":                     {full(func(o *abuse.SiteverifyOptions) { o.Hostnames = nil }), "Hostnames"},
		"an empty host":               {full(func(o *abuse.SiteverifyOptions) { o.Hostnames = []string{""} }), "Hostnames"},
		"a score over 1":              {full(func(o *abuse.SiteverifyOptions) { o.MinScore = 1.1 }), "MinScore"},
		"a score below 0":             {full(func(o *abuse.SiteverifyOptions) { o.MinScore = -0.1 }), "MinScore"},
		"a time-out of hours":         {full(func(o *abuse.SiteverifyOptions) { o.Timeout = time.Hour }), "Timeout"},
		"a plain endpoint":            {full(func(o *abuse.SiteverifyOptions) { o.Endpoint = "http://auth.example" }), "Endpoint"},
		"an endpoint that is no URL":  {full(func(o *abuse.SiteverifyOptions) { o.Endpoint = "auth.example" }), "Endpoint"},
		"a test secret of turnstile":  {test("turnstile", "1x0000000000000000000000000000000AA"), "Secret"},
		"another one":                 {test("turnstile", "2x0000000000000000000000000000000AA"), "Secret"},
		"a third one":                 {test("turnstile", "3x0000000000000000000000000000000AA"), "Secret"},
		"the test secret of hcaptcha": {test("hcaptcha", "0x0000000000000000000000000000000000000000"), "Secret"},
		"the one of recaptcha":        {test("recaptcha", "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe"), "Secret"},
	} {
		t.Run(rule, func(t *testing.T) {
			v, err := abuse.NewSiteverify(c.opts)
			if err == nil || v != nil || !strings.Contains(err.Error(), c.name) || strings.Contains(err.Error(), captchaSecret) {
				t.Errorf("got %v, want a refusal of %s", err, c.name)
			}
		})
	}
	v, _ := verifier(t, abuse.SiteverifyOptions{Secret: captchaKey(t, "1x0000000000000000000000000000000AA"), InsecureTestSecret: true}, says(`{"success":true,"hostname":"example.com"}`))
	must(t, v.Verify(t.Context(), "XXXX.DUMMY.TOKEN.XXXX"))
}

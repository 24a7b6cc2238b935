package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/internal/testutil/caller"
	"github.com/crafteasy/auth/jwt"
)

func TestMain(m *testing.M) { testutil.Main(m) }

// instance is the program with the settings of env, and the function that ends it as SIGTERM does.
func instance(t *testing.T, env map[string]string) (base string, end func()) {
	t.Helper()
	settings := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	back, err := connect(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(back.close)
	a, err := newAuth(settings, back)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, a, back) }()
	end = func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
		ended <- nil
	}
	t.Cleanup(end)
	return "http://" + listener.Addr().String(), end
}

func call(t *testing.T, method, url, token, body string) (int, string) {
	t.Helper()
	return caller.Call(t, method, url, token, body, func(r *http.Request) {
		r.Header.Set("X-Forwarded-For", "203.0.113.7") // as the proxy in front says
	})
}

func keyPair(t *testing.T) (private, public string) {
	t.Helper()
	keys, err := jwt.GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := keys.PrivatePEM()
	if err != nil {
		t.Fatal(err)
	}
	known, err := keys.PublicPEM()
	if err != nil {
		t.Fatal(err)
	}
	return string(secret), string(known)
}

func newSecret() string { return base64.StdEncoding.EncodeToString(auth.NewSecret().Reveal()) }

// with answers a copy of the settings with some of them changed.
func with(env map[string]string, change map[string]string) map[string]string {
	env = maps.Clone(env)
	maps.Copy(env, change)
	return env
}

var digits = regexp.MustCompile(`\b\d{6}\b`)

// TestRotation signs somebody in on real servers, then rotates key and secret instance by instance, in the steps of
// docs/deployment.md, and looks whether the token of the beginning lives as long as it should.
func TestRotation(t *testing.T) {
	mail := testutil.MailServer(t)
	smtpURL := url.URL{
		Scheme: "smtp", User: url.UserPassword(mail.Username, mail.Password), Host: mail.Addr,
		RawQuery: url.Values{"from": {"Example <noreply@example.com>"}}.Encode(),
	}
	oldKey, oldPublic := keyPair(t)
	newKey, newPublic := keyPair(t)
	oldSecret, freshSecret := newSecret(), newSecret()
	before := map[string]string{
		"AUTH_ISSUER": "https://example.com", "SIGN_UP": "true", "TRUSTED_PROXIES": "127.0.0.0/8",
		"AUTH_SECRET": oldSecret, "JWT_PRIVATE_KEY": oldKey,
		"REDIS_URL": "redis://" + testutil.RedisServer(t), "MONGO_URI": testutil.MongoServer(t),
		"MONGO_DATABASE": "production", "MONGO_NO_TTL": "true",
		"SMTP_URL": smtpURL.String(), "SMTP_CA_FILE": mail.CertFile,
	}
	first, _ := instance(t, before)
	if status, _ := call(t, "GET", first+"/readyz", "", ""); status != http.StatusOK {
		t.Fatalf("not ready: %d", status)
	}
	if status, body := call(t, "POST", first+"/auth/login/email", "", `{"email":"ada@example.com"}`); status != http.StatusOK {
		t.Fatalf("asking for a code: %d %s", status, body)
	}
	code := digits.FindString(mail.Wait(t, "ada@example.com").Text)

	// First, every instance learns to accept the new key and secret; the old ones still sign.
	second, endSecond := instance(t, with(before, map[string]string{"JWT_PREVIOUS_PUBLIC_KEYS": newPublic, "AUTH_PREVIOUS_SECRETS": freshSecret}))
	status, body := call(t, "POST", second+"/auth/login/verify", "", `{"target":"ada@example.com","code":"`+code+`"}`)
	var in struct{ Token string }
	if err := json.Unmarshal([]byte(body), &in); err != nil || status != http.StatusOK {
		t.Fatalf("sign-in on another instance than asked for the code: %d %s", status, body)
	}
	old := in.Token

	// Then the new ones sign, and the old ones are still accepted.
	third, _ := instance(t, with(before, map[string]string{
		"JWT_PRIVATE_KEY": newKey, "JWT_PREVIOUS_PUBLIC_KEYS": oldPublic, "AUTH_SECRET": freshSecret, "AUTH_PREVIOUS_SECRETS": oldSecret,
	}))
	if status, body := call(t, "GET", third+"/me", old, ""); status != http.StatusOK {
		t.Errorf("the old token after the rotation: %d %s", status, body)
	}
	status, body = call(t, "POST", third+"/auth/refresh", old, "")
	if err := json.Unmarshal([]byte(body), &in); err != nil || status != http.StatusOK || in.Token == old {
		t.Fatalf("refresh after the rotation: %d %s", status, body)
	}
	for name, base := range map[string]string{"an instance that was told of it": second, "one with the new key": third} {
		if status, body := call(t, "GET", base+"/me", in.Token, ""); status != http.StatusOK {
			t.Errorf("the new key's token on %s: %d %s", name, status, body)
		}
	}
	if status, _ := call(t, "GET", first+"/me", in.Token, ""); status != http.StatusUnauthorized {
		t.Errorf("an instance that was skipped in the first step accepts the new key: %d", status)
	}
	if _, body := call(t, "GET", third+"/auth/sessions", in.Token, ""); !strings.Contains(body, `"ip":"203.0.113.7"`) {
		t.Errorf("the session does not know the client behind the proxy: %s", body)
	}
	if _, body := call(t, "GET", third+"/auth/jwks.json", "", ""); strings.Count(body, `"kid"`) != 2 {
		t.Errorf("the published keys are %s", body)
	}

	// At last the old ones go, and with them what is still signed by them.
	last, _ := instance(t, with(before, map[string]string{"JWT_PRIVATE_KEY": newKey, "AUTH_SECRET": freshSecret}))
	if status, _ := call(t, "GET", last+"/me", in.Token, ""); status != http.StatusOK {
		t.Errorf("the new token at the end: %d", status)
	}
	if status, _ := call(t, "GET", last+"/me", old, ""); status != http.StatusUnauthorized {
		t.Errorf("the old token at the end: %d", status)
	}
	endSecond()
	if _, err := net.Dial("tcp", strings.TrimPrefix(second, "http://")); err == nil {
		t.Error("it has ended and still listens")
	}
}

// TestStartRefuses what it could not serve with, and repeats no password.
func TestStartRefuses(t *testing.T) {
	good := map[string]string{"REDIS_URL": "redis://127.0.0.1:1", "MONGO_URI": "mongodb://127.0.0.1:1"}
	for name, change := range map[string]map[string]string{
		"no Redis":               {"REDIS_URL": ""},
		"a Redis URL that isn't": {"REDIS_URL": "hunter2://x:hunter2@y"},
		"no MongoDB":             {"MONGO_URI": ""},
		"a Redis that is down":   {},
	} {
		t.Run(name, func(t *testing.T) {
			env := with(good, change)
			b, err := connect(t.Context(), func(name string) (string, bool) { v, ok := env[name]; return v, ok })
			if err == nil {
				b.close()
				t.Fatal("it starts")
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error holds the password: %v", err)
			}
		})
	}
}

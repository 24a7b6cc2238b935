package catalogue

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/kv"
	"github.com/crafteasy/auth/store"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/user"
)

// durable is a back end that is not memory, as far as anybody can tell.
type durable struct{ store.Store }

func (d durable) Namespace(string) store.Store { return d }

func textLogger(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// TestL03_Disabled serves with the switch off: callers from this machine are the anonymous user, everybody else is refused, and
// there is nothing to mint a token with.
func TestL03_Disabled(t *testing.T) {
	var logs strings.Builder
	a, err := auth.New(auth.Config{Issuer: "http://localhost:8080", Disabled: true, Logger: textLogger(&logs)})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close(t.Context())
	if !strings.Contains(logs.String(), "level=WARN") || !strings.Contains(logs.String(), "DISABLED") {
		t.Errorf("the start is silent: %s", logs.String())
	}
	e := alone(t, auth.Config{Issuer: issuer})
	token := e.login(ada)
	program := e.host(a)
	ask := func(method, path, peer string, o ...option) answer {
		r := httptest.NewRequest(method, path, strings.NewReader(""))
		r.RemoteAddr = peer
		for _, set := range o {
			set(r)
		}
		w := httptest.NewRecorder()
		program.ServeHTTP(w, r)
		return answer{w.Code, w.Header(), w.Body.String()}
	}
	for _, peer := range []string{"127.0.0.1:1", "[::1]:1", "127.9.9.9:1", "[::ffff:127.0.0.1]:1"} {
		for name, o := range map[string][]option{
			"nothing": {}, "a token": {key(token)}, "garbage": {key("garbage")}, "two credentials": {key("a"), key("b")},
			"a public client behind a proxy": {header("X-Forwarded-For", "203.0.113.9")},
		} {
			if a := ask("GET", "/app", peer, o...); a.status != http.StatusOK || a.body != "anonymous" {
				t.Errorf("%s from %s: %d %s", name, peer, a.status, a.body)
			}
			if a := ask("GET", "/open", peer, o...); a.status != http.StatusOK || a.body != "anonymous" {
				t.Errorf("%s from %s where nothing is needed: %d %s", name, peer, a.status, a.body)
			}
		}
	}
	ran := e.app.Load()
	for _, peer := range []string{"203.0.113.9:1", "10.0.0.1:1", "[2001:db8::1]:1", "[fe80::1%eth0]:1", "0.0.0.0:1", "", "@", "localhost:1", "127.0.0.1", "127.0.0.1.evil:1"} {
		for name, o := range map[string][]option{
			"nothing": {}, "a token": {key(token)},
			"a claim to be near": {header("X-Forwarded-For", "127.0.0.1"), header("X-Real-Ip", "127.0.0.1"), header("Forwarded", "for=127.0.0.1")},
		} {
			for _, path := range []string{"/app", "/open", "/user"} {
				if a := ask("GET", path, peer, o...); a.status != http.StatusUnauthorized || a.text("code") != "authentication_required" {
					t.Errorf("%s from %q at %s: %d %s", name, peer, path, a.status, a.body)
				}
			}
		}
	}
	if n := e.app.Load() - ran; n != 0 {
		t.Errorf("a handler ran %d times", n)
	}
	for _, rt := range e.Routes() {
		if a := ask(rt.Method, concrete(rt.Path), "127.0.0.1:1", key(token)); a.status != http.StatusNotFound {
			t.Errorf("%s %s answers %d %s", rt.Method, rt.Path, a.status, a.body)
		}
	}
	for path, code := range map[string]string{"/partner": "insufficient_scope", "/fresh": "reauthentication_required", "/passkey": "reauthentication_required"} {
		if a := ask("GET", path, "127.0.0.1:1"); a.text("code") != code {
			t.Errorf("the anonymous user at %s: %d %s", path, a.status, a.body)
		}
	}
	if a := ask("GET", "/me/sessions", "127.0.0.1:1"); a.status != http.StatusNotFound {
		t.Errorf("the list of sessions answers %d %s", a.status, a.body)
	}
	if len(a.Routes()) != 0 {
		t.Errorf("routes %v", a.Routes())
	}
	ctx := context.Background()
	for name, err := range map[string]error{
		"EndSessions": a.EndSessions(ctx, "u"), "EndEverything": a.EndEverything(ctx), "Forget": a.Forget(ctx, "u"), "ResetSecondFactor": a.ResetSecondFactor(ctx, "u", ""),
	} {
		if err == nil {
			t.Errorf("%s does nothing and says nothing", name)
		}
	}
	if p, err := a.Authenticate(ctx, token); err == nil {
		t.Errorf("Authenticate answers %+v", p)
	}
}

// TestL03_AnonymousHasNothing reads the payload that stands for everybody.
func TestL03_AnonymousHasNothing(t *testing.T) {
	a, err := auth.New(auth.Config{Issuer: "http://localhost:8080", Disabled: true, Logger: textLogger(&strings.Builder{})})
	if err != nil {
		t.Fatal(err)
	}
	var who *auth.TokenPayload
	h := a.RequireAuth(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { who, _ = auth.FromContext(r.Context()) }))
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "127.0.0.1:1"
	h.ServeHTTP(httptest.NewRecorder(), r)
	if who == nil || who.UserID != "anonymous" || who.TenantID != "" || who.PartnerID != "" || who.Scope != "" || who.IsSystemUser ||
		who.SessionID != "" || who.TokenID != "" || len(who.Methods) != 0 || who.AAL != 0 || len(who.Extra) != 0 {
		t.Errorf("the anonymous user is %+v", who)
	}
	who.UserID, who.Scope = "root", "system"
	h.ServeHTTP(httptest.NewRecorder(), r)
	if who.UserID != "anonymous" || who.Scope != "" {
		t.Errorf("one request changed the anonymous user of the next: %+v", who)
	}
}

// TestL03_StartConditions configures the switch off where that is no local work.
func TestL03_StartConditions(t *testing.T) {
	memory := memstore.New(nil)
	for name, tt := range map[string]struct {
		change func(c *auth.Config)
		starts bool
	}{
		"alone":                             {func(*auth.Config) {}, true},
		"with the memory store":             {func(c *auth.Config) { c.Store = memory }, true},
		"with a durable store":              {func(c *auth.Config) { c.Store = durable{memory} }, false},
		"with a durable store, confirmed":   {func(c *auth.Config) { c.Store = durable{memory}; c.InsecureDisableAuth = "local development" }, true},
		"with what expires elsewhere":       {func(c *auth.Config) { c.KV = kv.Prefixed(memory.KV(), "x") }, false},
		"with own users":                    {func(c *auth.Config) { c.Users = struct{ user.Store }{memory.Users()} }, false},
		"confirmed in other words":          {func(c *auth.Config) { c.Store = durable{memory}; c.InsecureDisableAuth = "yes" }, false},
		"confirmed in another case":         {func(c *auth.Config) { c.Store = durable{memory}; c.InsecureDisableAuth = "Local Development" }, false},
		"other words without need":          {func(c *auth.Config) { c.InsecureDisableAuth = "true" }, false},
		"confirmed while the switch is on":  {func(c *auth.Config) { c.Disabled = false; c.InsecureDisableAuth = "local development" }, false},
		"while the switch is on, no issuer": {func(c *auth.Config) { c.Disabled = false; c.Issuer = "" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			var logs strings.Builder
			c := auth.Config{Issuer: "http://localhost:8080", Disabled: true, Logger: textLogger(&logs)}
			tt.change(&c)
			a, err := auth.New(c)
			if (err == nil) != tt.starts {
				t.Fatalf("starts: %v (%v), want %v", err == nil, err, tt.starts)
			}
			if tt.starts {
				_ = a.Close(t.Context())
				if !strings.Contains(logs.String(), "level=WARN") {
					t.Error("no warning")
				}
			}
		})
	}
}

// TestL03_Values reads the switch from the environment: nothing but "false" switches off, and nothing unknown is taken for either.
func TestL03_Values(t *testing.T) {
	for value, want := range map[string]string{
		"true": "on", "false": "off",
		"": "error", "False": "error", "FALSE": "error", "False ": "error", "false ": "error", " false": "error", "0": "error", "no": "error", "off": "error",
		"flase": "error", "f": "error", "1": "error", "yes": "error", "TRUE": "error", "disabled": "error", "null": "error", "\"false\"": "error", "false\n": "error",
	} {
		t.Run(value, func(t *testing.T) {
			keys, err := authtest.Keys().PrivatePEM()
			if err != nil {
				t.Fatal(err)
			}
			environment := map[string]string{
				"AUTH_ENABLED": value, "AUTH_ISSUER": issuer, "JWT_PRIVATE_KEY": string(keys), "AUTH_SECRET": "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=",
			}
			c, err := auth.ConfigFrom(func(name string) (string, bool) { v, ok := environment[name]; return v, ok })
			switch {
			case want == "error":
				if err == nil || !strings.Contains(err.Error(), "AUTH_ENABLED") {
					t.Errorf("it is taken: disabled %v, %v", c.Disabled, err)
				}
			case err != nil || c.Disabled != (want == "off"):
				t.Errorf("disabled %v, %v", c.Disabled, err)
			}
		})
	}
}

// TestL03_NotAtRunTime changes the configuration and the environment of a service that serves.
func TestL03_NotAtRunTime(t *testing.T) {
	e := alone(t, auth.Config{})
	t.Setenv("AUTH_ENABLED", "false")
	e.Config.Disabled = true
	e.refuses(t, http.StatusUnauthorized, "authentication_required", func() answer { return e.do(http.MethodGet, "/app", "") })
}

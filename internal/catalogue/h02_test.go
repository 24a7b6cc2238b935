package catalogue

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// goroutines are numbers in a stack, which can look like a code.
var goroutines = regexp.MustCompile(`goroutine \d+`)

// TestH02_MediaTypes sends what browsers send across sites without asking, and other types than JSON: 415, and nothing happens.
func TestH02_MediaTypes(t *testing.T) {
	e := alone(t, auth.Config{SignUp: true})
	const body = `{"email":"ada@example.com"}`
	for name, o := range map[string][]option{
		"none":                            {},
		"text/plain":                      {header("Content-Type", "text/plain")},
		"text/plain with JSON in it":      {header("Content-Type", "text/plain; application/json")},
		"a form":                          {header("Content-Type", "application/x-www-form-urlencoded")},
		"multipart":                       {header("Content-Type", "multipart/form-data; boundary=x")},
		"twice":                           {header("Content-Type", "application/json"), header("Content-Type", "application/json")},
		"twice, one of them plain":        {header("Content-Type", "text/plain"), header("Content-Type", "application/json")},
		"in one line":                     {header("Content-Type", "application/json, text/plain")},
		"UTF-16":                          {header("Content-Type", "application/json; charset=utf-16")},
		"UTF-7":                           {header("Content-Type", "application/json; charset=utf-7")},
		"two charsets":                    {header("Content-Type", "application/json; charset=utf-8; charset=utf-16")},
		"text/json":                       {header("Content-Type", "text/json")},
		"JSON of a kind":                  {header("Content-Type", "application/vnd.api+json")},
		"a prefix of it":                  {header("Content-Type", "application/jsonp")},
		"something that contains it":      {header("Content-Type", "text/x; a=application/json")},
		"broken":                          {header("Content-Type", "application/json; =")},
		"empty":                           {header("Content-Type", "")},
		"compressed":                      {header("Content-Type", "application/json"), header("Content-Encoding", "gzip")},
		"compressed with nothing":         {header("Content-Type", "application/json"), header("Content-Encoding", "identity")},
		"the type in an override":         {header("X-Content-Type", "application/json")},
		"a list that begins with a blank": {header("Content-Type", " ; application/json")},
	} {
		t.Run(name, func(t *testing.T) {
			e.Faults.Forget()
			e.refuses(t, http.StatusUnsupportedMediaType, "unsupported_media_type", func() answer {
				return e.do(http.MethodPost, "/auth/login/email", body, o...)
			})
			e.refuses(t, http.StatusUnsupportedMediaType, "unsupported_media_type", func() answer {
				return e.do(http.MethodPost, "/auth/login/sms", `{"phone":"+46701234567"}`, o...)
			})
			if calls := e.Faults.Calls(); len(calls) != 0 {
				t.Errorf("the back ends were asked: %v", calls)
			}
		})
	}
	for _, accepted := range []string{"application/json", "Application/JSON", "application/json; charset=utf-8", `application/json;charset="UTF-8"`} {
		a := e.do(http.MethodPost, "/auth/login/email", body, header("Content-Type", accepted), header("Accept", "text/html"))
		if a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
			t.Errorf("%q answers %d %v", accepted, a.status, a.header)
		}
	}
}

// TestH02_SafeMethodsDoNothing fetches every path with GET and HEAD, and looks whether anything was sent or ended.
func TestH02_SafeMethodsDoNothing(t *testing.T) {
	e := alone(t, auth.Config{SignUp: true})
	token := e.login(ada)
	sent := len(e.Inbox.Messages())
	writes := []string{"kv.Set", "kv.Add", "kv.Take", "kv.Delete", "kv.Count", "sessions.Create", "sessions.Rotate", "sessions.Revoke", "sessions.Delete", "sessions.MoveEpoch", "users.Create"}
	e.Faults.Forget()
	for _, rt := range e.Routes() {
		for _, m := range []string{http.MethodGet, http.MethodHead} {
			e.do(m, concrete(rt.Path)+"?email=ada@example.com&target=ada@example.com&code=123456", "", key(token))
		}
	}
	for _, verb := range writes {
		if n := e.Faults.Count(verb); n != 0 {
			t.Errorf("%s was called %d times", verb, n)
		}
	}
	if !e.live(token) {
		t.Error("the session was ended")
	}
	e.Drain()
	if n := len(e.Inbox.Messages()); n != sent {
		t.Errorf("%d messages were sent", n-sent)
	}
}

// TestH06_Hygiene looks at the headers of every route's answer, to callers of every kind.
func TestH06_Hygiene(t *testing.T) {
	e := alone(t, auth.Config{})
	token := e.login(ada)
	check := func(t *testing.T, a answer) {
		t.Helper()
		h := a.header
		if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%d has the headers %v", a.status, h)
		}
		if h.Get("X-Request-Id") == "" {
			t.Error("no request id")
		}
		for _, never := range []string{"Server", "X-Powered-By", "Set-Cookie", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Etag", "Last-Modified"} {
			if v, ok := h[never]; ok {
				t.Errorf("%s: %v", never, v)
			}
		}
		if ct := h.Get("Content-Type"); a.body != "" && !strings.Contains(ct, "json") && ct != "text/javascript; charset=utf-8" {
			t.Errorf("content type %q", ct)
		}
		for _, never := range []string{"goroutine", ".go:", "/home/", "runtime", "redis", "mongo"} {
			if strings.Contains(a.body, never) {
				t.Errorf("the body says %q: %s", never, a.body)
			}
		}
	}
	for _, rt := range e.Routes() {
		for name, o := range map[string][]option{
			"nothing": {}, "a token": {key(token)}, "garbage": {key("garbage")},
			"another origin": {header("Origin", "https://evil.example"), header("Sec-Fetch-Site", "cross-site")},
			"JSON":           {key(token), header("Content-Type", "application/json")},
		} {
			if rt.Demand == "Genuine" && name != "nothing" && name != "garbage" || rt.Method == http.MethodDelete {
				continue // it would end the session
			}
			t.Run(rt.Method+" "+rt.Path+" with "+name, func(t *testing.T) {
				body := ""
				if rt.Method == http.MethodPost {
					body = `{"email":"ada@example.com"}`
				}
				check(t, e.do(rt.Method, concrete(rt.Path), body, o...))
			})
		}
		t.Run("preflight of "+rt.Path, func(t *testing.T) {
			a := e.do(http.MethodOptions, concrete(rt.Path), "", header("Origin", "https://evil.example"),
				header("Access-Control-Request-Method", rt.Method), header("Access-Control-Request-Headers", "content-type,x-api-key"))
			check(t, a)
			if a.status != http.StatusMethodNotAllowed {
				t.Errorf("answers %d", a.status)
			}
		})
	}
	for _, path := range []string{"/auth/", "/auth/nothing", "/auth/login", "/auth/login/email/", "/auth/login/email/x"} {
		t.Run("POST "+path, func(t *testing.T) {
			a := e.post(path, `{}`)
			check(t, a)
			if a.status != http.StatusNotFound {
				t.Errorf("answers %d", a.status)
			}
		})
	}
	check(t, e.do(http.MethodDelete, "/auth/sessions/x", "", key(token)))
	check(t, e.do(http.MethodPost, "/auth/refresh", "", key(token)))
	check(t, e.do(http.MethodPost, "/auth/logout", "", key(token)))
}

// TestH06_Panics lets the host's own code panic: the client learns nothing, limits were counted, and the service goes on.
func TestH06_Panics(t *testing.T) {
	type trap struct{ on bool }
	spring := func(tr *trap) {
		if tr.on {
			panic("a secret of the host: hunter2")
		}
	}
	for name, set := range map[string]func(c *auth.Config, tr *trap){
		"in Claims": func(c *auth.Config, tr *trap) {
			c.Claims = func(context.Context, user.User) (map[string]any, error) { spring(tr); return map[string]any{}, nil }
		},
		"in RequireSecondFactor": func(c *auth.Config, tr *trap) {
			c.RequireSecondFactor = func(user.User) bool { spring(tr); return false }
		},
	} {
		t.Run(name, func(t *testing.T) {
			tr := &trap{}
			c := auth.Config{Limits: auth.Limits{IPPerMinute: 4, RecipientPerHour: 100, RecipientPerDay: 100}}
			set(&c, tr)
			e := alone(t, c)
			e.account(ada)
			handle, code := e.code(ada)
			tr.on = true
			a := e.refuses(t, http.StatusInternalServerError, "internal_error", func() answer { return e.verify(ada, handle, code) })
			if strings.Contains(a.body, "hunter2") || !strings.Contains(e.Logs(), a.text("request_id")) || !strings.Contains(e.Logs(), "hunter2") {
				t.Errorf("the client sees %s; the log says %s", a.body, e.Logs())
			}
			tr.on = false
			handle, code = e.code(ada)
			if a := e.verify(ada, handle, code); a.status != http.StatusOK {
				t.Errorf("afterwards sign-in answers %d %s", a.status, a.body)
			}
			e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.verify(ada, handle, code) })
		})
	}
	for name, c := range map[string]auth.Config{
		"in the sender": {Email: sender.EmailFunc(func(_ context.Context, m sender.Message) error { panic("cannot send " + m.Code + " to " + m.To) })},
		"in the renderer": {Renderer: sender.RendererFunc(func(_ context.Context, _ sender.Channel, _ sender.Kind, d sender.Data) (sender.Message, error) {
			panic("cannot write " + d.Code)
		})},
		"failure that tells": {Email: sender.EmailFunc(func(_ context.Context, m sender.Message) error {
			return errors.New("550 no mailbox " + m.To + " for " + m.Text)
		})},
	} {
		t.Run(name, func(t *testing.T) {
			e := alone(t, c)
			e.account(ada)
			e.Events.Take()
			for range 3 {
				e.handle(ada)
			}
			e.Drain()
			failed := e.Events.Named("message.failed")
			if len(failed) != 3 {
				t.Errorf("%d events message.failed", len(failed))
			}
			text := e.Logs()
			for _, ev := range e.Events.All() {
				text += fmt.Sprintf(" %+v", ev)
				if ev.Name == "message.failed" && ev.Outcome != audit.Fault {
					t.Errorf("outcome %s", ev.Outcome)
				}
			}
			text = goroutines.ReplaceAllString(text, "")
			if found := sixDigits.FindString(text); found != "" || strings.Contains(text, ada) {
				t.Errorf("a code (%q) or an address is in the log or an event: %s", found, text)
			}
		})
	}
}

// TestH06_Host sends other hosts than the configured one on routes that build messages: no message knows them.
func TestH06_Host(t *testing.T) {
	e := alone(t, auth.Config{SignUp: true})
	a := e.post("/auth/login/email", `{"email":"ada@example.com"}`, func(r *http.Request) { r.Host = "evil.example" },
		header("X-Forwarded-Host", "evil.example"), header("X-Forwarded-Proto", "http"), header("Forwarded", "host=evil.example;proto=http"),
		header("X-Original-Host", "evil.example"), header("Origin", "https://evil.example"), header("Referer", "https://evil.example/"))
	if a.status != http.StatusOK || strings.Contains(a.body, "evil.example") {
		t.Errorf("answers %d %s", a.status, a.body)
	}
	e.post("/auth/login/sms", `{"phone":"+46701234567"}`, func(r *http.Request) { r.Host = "evil.example" })
	e.Drain()
	all := e.Inbox.Messages()
	if len(all) != 2 {
		t.Fatalf("%d messages", len(all))
	}
	for _, m := range all {
		if strings.Contains(m.Subject+m.Text+m.HTML, "evil") {
			t.Errorf("the message says %s", m.Text)
		}
	}
}

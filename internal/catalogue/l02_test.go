package catalogue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/internal/testutil/forge"
)

// sixDigits is what a code looks like, beside numbers of other lengths.
var sixDigits = regexp.MustCompile(`(^|[^0-9A-Za-z_-])[0-9]{6}($|[^0-9A-Za-z_-])`)

// nasty are texts that would forge or hide lines of a log.
var nasty = []string{
	"x\r\nlevel=INFO msg=session.sign_in outcome=success user_id=root",
	"x\nfake line",
	"x\x1b[2J\x1b[31mred",
	"x\u202egnp.exe",
	"x\x00y",
	"x\x7f\u0085\u2028\u2029y",
	`x" outcome="success`,
	"x\u00ad\u200b\ufeffy",
}

// TestL02_Injection puts such texts wherever a client can: each event is one line of the log, and nothing in it is raw.
func TestL02_Injection(t *testing.T) {
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			var events int
			sink := audit.NewSlog(slog.New(handler(&log)))
			e := alone(t, auth.Config{SignUp: true})
			id := e.account(ada)
			for _, text := range nasty {
				e.post("/auth/login/email", `{"email":`+quoted(text+"@example.com")+`}`)
				e.post("/auth/login/email", `{"email":"ada@example.com","application":`+quoted(text)+`}`)
				e.post("/auth/login/verify", `{"target":"ada@example.com","code":`+quoted(text)+`}`)
				e.post("/auth/login/verify", `{"target":"ada@example.com","code":"1","challenge":`+quoted(text)+`}`)
				kid := forge.Object{{Name: "alg", JSON: `"ES512"`}, {Name: "kid", JSON: quoted(text)}, {Name: "typ", JSON: `"user+jwt"`}}
				e.get("/app", e.forge.Token(kid, e.claims("user", id)))
				typ := e.forge.Header("user").With("typ", quoted(text))
				e.get("/app", e.forge.Token(typ, e.claims("user", id)))
				if !strings.ContainsAny(text, "\r\n\x00\x1b\x7f") { // those never leave a client of net/http
					e.do(http.MethodGet, "/app", "", header("User-Agent", text), header("X-Request-Id", text))
					e.do(http.MethodGet, "/app", "", key(text))
				}
			}
			for _, ev := range e.Events.All() {
				sink.Record(t.Context(), ev)
				events++
			}
			lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
			if len(lines) != events {
				t.Errorf("%d events are %d lines", events, len(lines))
			}
			for _, line := range lines {
				for _, c := range line {
					if c < ' ' || c == 0x7f || c == 0x85 || c == 0x202e || c == 0x2028 || c == 0x2029 || c == 0xfeff || c == 0x200b {
						t.Errorf("the line holds %U: %q", c, line)
						break
					}
				}
				if len(line) > 2000 {
					t.Errorf("a line of %d bytes", len(line))
				}
			}
			if strings.Contains(log.String(), "\noutcome=success user_id=root") || strings.Contains(e.Logs(), "\nfake line") {
				t.Error("a line was forged")
			}
		})
	}
}

// TestL02_OneEventForEachDecision goes through a whole day of an account and compares requests with events.
func TestL02_OneEventForEachDecision(t *testing.T) {
	each(t, auth.Config{SignUp: true}, func(t *testing.T, e *env) {
		var handle, code, token, old string
		steps := []struct {
			name string
			act  func() answer
			want []string // name outcome code
		}{
			{"a code is asked for", func() answer {
				a := e.post("/auth/login/email", `{"email":"ada@example.com"}`)
				handle, code = a.text("challenge"), e.Inbox.Code(t, ada)
				return a
			}, []string{"otp.send success "}},
			{"a wrong code", func() answer { return e.verify(ada, handle, wrong(code)) }, []string{"otp.verify failure invalid_code"}},
			{"the right one makes an account and signs in", func() answer {
				a := e.verify(ada, handle, code)
				token = a.text("token")
				return a
			}, []string{"user.created success ", "session.sign_in success "}},
			{"the used one", func() answer { return e.verify(ada, handle, code) }, []string{"otp.verify failure invalid_code"}},
			{"a body that is none", func() answer { return e.post("/auth/login/email", `{`) }, []string{"request.refused refused invalid_request"}},
			{"a path that is none", func() answer { return e.post("/auth/none", `{}`) }, []string{"request.refused refused not_found"}},
			{"a method that is none", func() answer { return e.do("PUT", "/auth/refresh", "") }, []string{"request.refused refused method_not_allowed"}},
			{"a live token is a metric and no event", func() answer { return e.get("/app", token) }, nil},
			{"so is the list of sessions", func() answer { return e.get("/auth/sessions", token) }, nil},
			{"nothing presented", func() answer { return e.do("GET", "/app", "") }, []string{"request.refused refused authentication_required"}},
			{"nobody is welcome", func() answer { return e.do("GET", "/open", "") }, nil},
			{"a forged token", func() answer { return e.get("/app", "a.b.c") }, []string{"token.refused failure invalid_token"}},
			{"a scope that is too small", func() answer { return e.get("/partner", token) }, []string{"request.refused refused insufficient_scope"}},
			{"refresh", func() answer {
				old = token
				a := e.refresh(token)
				token = a.text("token")
				return a
			}, []string{"session.refresh success "}},
			{"refresh within the grace", func() answer { return e.refresh(old) }, []string{"session.refresh success "}},
			{"step-up begins", func() answer { return e.do("POST", "/auth/reauthenticate/options", "", key(token)) }, []string{"otp.send success "}},
			{"step-up with a wrong code", func() answer {
				code = e.Inbox.Code(t, ada)
				return e.post("/auth/reauthenticate", fmt.Sprintf(`{"code":%q}`, wrong(code)), key(token))
			}, []string{"otp.verify failure invalid_code"}},
			{"step-up", func() answer {
				a := e.post("/auth/reauthenticate", fmt.Sprintf(`{"code":%q}`, code), key(token))
				token = a.text("token")
				return a
			}, []string{"session.step_up success "}},
			{"another user's session", func() answer { return e.do("DELETE", "/auth/sessions/x", "", key(token)) }, []string{"request.refused refused not_found"}},
			{"the other sessions end", func() answer { return e.do("DELETE", "/auth/sessions", "", key(token)) }, []string{"session.end_all success "}},
			{"logout", func() answer { return e.do("POST", "/auth/logout", "", key(token)) }, []string{"session.logout success "}},
			{"the dead token", func() answer { return e.get("/app", token) }, []string{"token.refused failure invalid_token"}},
			{"the dead token at refresh", func() answer { return e.refresh(token) }, []string{"session.refresh failure invalid_token"}},
		}
		for _, s := range steps {
			t.Run(s.name, func(t *testing.T) {
				e.Events.Take()
				a := s.act()
				var got []string
				for _, ev := range e.Events.Take() {
					got = append(got, fmt.Sprintf("%s %s %s", ev.Name, ev.Outcome, ev.Code))
					if ev.Time.Location() != time.UTC || ev.Time.IsZero() || ev.IP != "127.0.0.1" || ev.RequestID == "" || ev.UserAgent == "" {
						t.Errorf("who, when or where is missing: %+v", ev)
					}
					if id := a.header.Get("X-Request-Id"); id != "" && id != ev.RequestID {
						t.Errorf("the request id is %q in the answer and %q in the event", id, ev.RequestID)
					}
					if ev.Outcome == audit.Success && ev.UserID == "" && ev.Name != "otp.send" {
						t.Errorf("about whom? %+v", ev)
					}
				}
				if !slices.Equal(got, s.want) {
					t.Errorf("events %q, want %q (the answer is %d)", got, s.want, a.status)
				}
			})
		}
	})
}

// TestL02_NoSecretInEvents signs in, refreshes and signs out, and looks for what must not be told anywhere.
func TestL02_NoSecretInEvents(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		handle, code := "", ""
		secrets := func(list ...string) []string { return list }
		e.account(ada)
		handle, code = e.code(ada)
		e.verify(ada, handle, wrong(code))
		token := e.verify(ada, handle, code).text("token")
		next := e.successor(token)
		jti := e.get("/auth/me", next).text("token_id")
		e.do(http.MethodPost, "/auth/login/verify", `{"target":"ada@example.com","code":"`+code+`","challenge":"`+handle+`"}`, header("Content-Type", "text/plain"))
		e.logout(next)
		e.refresh(next)
		raw, err := json.Marshal(e.Events.All())
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets(code, handle, token, next, token[len(token)-60:], next[len(next)-60:], jti, ada) {
			if strings.Contains(string(raw), secret) || strings.Contains(e.Logs(), secret) {
				t.Errorf("%q is in an event or the log", secret)
			}
		}
	})
}

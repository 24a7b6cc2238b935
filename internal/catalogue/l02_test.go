package catalogue

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/audit"
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

// say sends a text wherever a client can put one.
func (e *env) say(text, id string) {
	e.post("/auth/login/email", `{"email":`+quoted(text+"@example.com")+`}`)
	e.post("/auth/login/email", `{"email":"ada@example.com","application":`+quoted(text)+`}`)
	e.post("/auth/login/verify", `{"target":"ada@example.com","code":`+quoted(text)+`}`)
	e.post("/auth/login/verify", `{"target":"ada@example.com","code":"1","challenge":`+quoted(text)+`}`)
	for _, name := range []string{"kid", "typ"} {
		e.get("/app", e.forge.Token(e.forge.Header("user").With(name, quoted(text)), e.claims("user", id)))
	}
	if !strings.ContainsAny(text, "\r\n\x00\x1b\x7f") { // those never leave a client of net/http
		e.do(http.MethodGet, "/app", "", header("User-Agent", text), header("X-Request-Id", text))
		e.do(http.MethodGet, "/app", "", key(text))
	}
}

// rawCharacter is the first character of a line that a terminal or a reader would act on.
func rawCharacter(line string) (rune, bool) {
	for _, c := range line {
		if !unicode.IsPrint(c) {
			return c, true
		}
	}
	return 0, false
}

// TestL02_Injection puts such texts wherever a client can: each event is one line of the log, and nothing in it is raw.
func TestL02_Injection(t *testing.T) {
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			sink := audit.NewSlog(slog.New(handler(&log)))
			e := alone(t, auth.Config{SignUp: true})
			id := e.account(ada)
			for _, text := range nasty {
				e.say(text, id)
			}
			events := e.Events.All()
			for _, ev := range events {
				sink.Record(t.Context(), ev)
			}
			lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
			if len(lines) != len(events) {
				t.Errorf("%d events are %d lines", len(events), len(lines))
			}
			for _, line := range lines {
				if c, found := rawCharacter(line); found || len(line) > 2000 {
					t.Errorf("the line of %d bytes holds %U: %q", len(line), c, line)
				}
			}
			if strings.Contains(e.Logs(), "\nfake line") {
				t.Error("a line was forged")
			}
		})
	}
}

// TestL02_NoSecretInEvents signs in, refreshes and signs out, and looks for what must not be told anywhere.
func TestL02_NoSecretInEvents(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		e.account(ada)
		handle, code := e.code(ada)
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
		for _, secret := range []string{code, handle, token, next, token[len(token)-60:], next[len(next)-60:], jti, ada} {
			if strings.Contains(string(raw), secret) || strings.Contains(e.Logs(), secret) {
				t.Errorf("%q is in an event or the log", secret)
			}
		}
	})
}

package catalogue

import (
	"net/http"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
)

// TestStrictJSON sends bodies that two parsers would read in two ways, or that cost a lot to read, to a public endpoint.
func TestStrictJSON(t *testing.T) {
	e := alone(t, auth.Config{})
	e.account(ada)
	tests := []struct {
		name, body string
		status     int
	}{
		{"an object", `{"email":"ada@example.com"}`, 200},
		{"blanks around it", " \t\r\n{ \"email\" : \"ada@example.com\" }\n", 200},
		{"an escaped name", `{"\u0065mail":"ada@example.com"}`, 200},
		{"unknown names", `{"email":"ada@example.com","x":{"y":[1,null,true]}}`, 200},
		{"the same name twice", `{"email":"ada@example.com","email":"eve@example.com"}`, 400},
		{"the same name twice, once escaped", `{"email":"ada@example.com","\u0065mail":"eve@example.com"}`, 400},
		{"an unknown name twice", `{"email":"ada@example.com","x":1,"x":1}`, 400},
		{"an unknown name twice, deep inside", `{"email":"ada@example.com","x":[{"y":1,"y":1}]}`, 400},
		{"another case", `{"Email":"ada@example.com"}`, 400},
		{"another case beside the right one", `{"email":"ada@example.com","EMAIL":"eve@example.com"}`, 400},
		{"another case of an optional name", `{"email":"ada@example.com","Application":"x"}`, 400},
		{"another case by an escape", `{"email":"ada@example.com","\u0045mail":"eve@example.com"}`, 400},
		{"another case by a character that folds", "{\"email\":\"ada@example.com\",\"captcha_to\u212aen\":\"x\"}", 400},
		{"trailing data", `{"email":"ada@example.com"} x`, 400},
		{"a second object", `{"email":"ada@example.com"}{"email":"eve@example.com"}`, 400},
		{"a trailing comma", `{"email":"ada@example.com",}`, 400},
		{"a comment", `{"email":"ada@example.com"/**/}`, 400},
		{"single quotes", `{'email':'ada@example.com'}`, 400},
		{"no body", ``, 400},
		{"blanks alone", ` `, 400},
		{"null", `null`, 400},
		{"an array", `["ada@example.com"]`, 400},
		{"a text", `"ada@example.com"`, 400},
		{"a number", `1`, 400},
		{"cut off", `{"email":"ada@example.com"`, 400},
		{"a byte order mark", "\ufeff" + `{"email":"ada@example.com"}`, 400},
		{"UTF-16", "{\x00\"\x00e\x00m\x00a\x00i\x00l\x00\"\x00:\x00\"\x00a\x00\"\x00}\x00", 400},
		{"bad UTF-8 in the value", "{\"email\":\"ada\xff@example.com\"}", 400},
		{"bad UTF-8 in an unknown value", "{\"email\":\"ada@example.com\",\"x\":\"\xff\"}", 400},
		{"bad UTF-8 in an unknown name", "{\"email\":\"ada@example.com\",\"\xff\":1}", 400},
		{"a lone surrogate", `{"email":"ada@example.com","x":"\ud800"}`, 400},
		{"a NUL in the text", "{\"email\":\"ada@example.com\x00\"}", 400},
		{"the value is a number", `{"email":1}`, 400},
		{"the value is true", `{"email":true}`, 400},
		{"the value is null", `{"email":null}`, 400},
		{"the value is an array", `{"email":["ada@example.com"]}`, 400},
		{"the value is an object", `{"email":{"$gt":""}}`, 400},
		{"an optional value is an array", `{"email":"ada@example.com","application":["x"]}`, 400},
		{"depth 100 000 does not fit", `{"x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `,"email":"ada@example.com"}`, 413},
		{"depth 30 000", `{"x":` + strings.Repeat("[", 30_000) + strings.Repeat("]", 30_000) + `,"email":"ada@example.com"}`, 400},
		{"depth 30 000 of objects, cut off", strings.Repeat(`{"":`, 15_000), 400},
		{"a million keys do not fit", `{` + strings.Repeat(`"x":1,`, 1_000_000) + `"email":"ada@example.com"}`, 413},
		{"a number of a million digits does not fit", `{"x":` + strings.Repeat("9", 1_000_000) + `,"email":"ada@example.com"}`, 413},
		{"a number of 60 000 digits that binds to nothing", `{"x":` + strings.Repeat("9", 60_000) + `,"email":"ada@example.com"}`, 200},
		{"65 536 bytes", pad(`{"email":"ada@example.com"}`, 64<<10), 200},
		{"65 537 bytes", pad(`{"email":"ada@example.com"}`, 64<<10+1), 413},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// What is far too large is announced first, as large uploads are: the server need not swallow it to say no.
			var o []option
			if len(tt.body) > 128<<10 {
				o = append(o, header("Expect", "100-continue"))
			}
			act := func() answer { return e.post("/auth/login/email", tt.body, o...) }
			switch tt.status {
			case http.StatusOK:
				if a := act(); a.status != http.StatusOK {
					t.Errorf("answers %d %s", a.status, a.body)
				}
			case http.StatusRequestEntityTooLarge:
				e.refuses(t, tt.status, "request_too_large", act)
			default:
				a := e.refuses(t, tt.status, "invalid_request", act)
				if strings.Contains(a.body, "example.com") || strings.Contains(a.body, "$gt") {
					t.Errorf("the refusal repeats the request: %s", a.body)
				}
			}
		})
	}
	e.Drain()
	for _, m := range e.Inbox.Messages() {
		if m.To != ada {
			t.Errorf("a message went to %s", m.To)
		}
	}
}

// pad makes a body of n bytes.
func pad(body string, n int) string { return body + strings.Repeat(" ", n-len(body)) }

package catalogue

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/audit"
)

// authtestID is a token id as the library makes them.
func authtestID() string { return rand.Text() }

// answer is a response, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// field is a member of the JSON object in the body, or nil.
func (a answer) field(name string) any {
	var doc map[string]any
	_ = json.Unmarshal([]byte(a.body), &doc)
	return doc[name]
}

func (a answer) text(name string) string {
	s, _ := a.field(name).(string)
	return s
}

// cookies are those that the answer sets or takes away.
func (a answer) cookies() []*http.Cookie { return (&http.Response{Header: a.header}).Cookies() }

// want ends the test unless the answer has this status and, where one is named, this code.
func (a answer) want(t *testing.T, status int, code string) answer {
	t.Helper()
	if a.status != status || code != "" && a.text("code") != code {
		t.Fatalf("answers %d %s, want %d %s", a.status, a.body, status, code)
	}
	return a
}

var signed = regexp.MustCompile(`eyJ[\w-]*\.`)

// holdsToken tells that a signed token is in the body: a header and its dot, as a random request_id may begin like one.
func (a answer) holdsToken() bool { return signed.MatchString(a.body) }

var requestIDs = regexp.MustCompile(`"request_id":"[^"]*"`)

// masked is the body without what is random in every refusal.
func (a answer) masked() string { return requestIDs.ReplaceAllString(a.body, `"request_id":"*"`) }

// option changes a request before it is sent.
type option func(r *http.Request)

func header(name, value string) option {
	return func(r *http.Request) { r.Header.Add(name, value) }
}

// key presents a token.
func key(token string) option { return header("X-Api-Key", token) }

// client follows no redirect and keeps no connection: a leak of one must not hide behind the pool.
var client = &http.Client{
	Transport:     &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: time.Minute},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// url is the address of the instance whose turn it is.
func (e *env) url() string { return e.urls[int(e.turn.Add(1))%len(e.urls)] }

// do sends a request to the instance whose turn it is.
func (e *env) do(method, path, body string, options ...option) answer {
	e.t.Helper()
	a, err := e.try(method, path, body, options...)
	if err != nil {
		e.t.Fatal(err)
	}
	return a
}

func (e *env) try(method, path, body string, options ...option) (answer, error) {
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequest(method, e.url()+path, content)
	if err != nil {
		return answer{}, err
	}
	for _, o := range options {
		o(r)
	}
	res, err := client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(b)}, err
}

// post sends JSON.
func (e *env) post(path, body string, options ...option) answer {
	e.t.Helper()
	return e.do(http.MethodPost, path, body, append([]option{header("Content-Type", "application/json")}, options...)...)
}

func (e *env) get(path, token string) answer {
	e.t.Helper()
	return e.do(http.MethodGet, path, "", key(token))
}

// live reports whether the program lets the token in.
func (e *env) live(token string) bool {
	e.t.Helper()
	a := e.get("/app", token)
	if a.status != http.StatusOK && a.status != http.StatusUnauthorized {
		e.t.Fatalf("the program answers %d %s", a.status, a.body)
	}
	return a.status == http.StatusOK
}

// sessions are the ids of the sessions in the list.
func (e *env) sessions(token string) []string {
	e.t.Helper()
	var list struct{ Sessions []struct{ ID string } }
	a := e.get("/auth/sessions", token)
	if err := json.Unmarshal([]byte(a.body), &list); err != nil || a.status != http.StatusOK {
		e.t.Fatalf("the list of sessions answers %d %s", a.status, a.body)
	}
	ids := make([]string, len(list.Sessions))
	for i, s := range list.Sessions {
		ids[i] = s.ID
	}
	return ids
}

// created are the calls that make or change something that lasts.
var created = []string{"sessions.Create", "sessions.Rotate", "users.Create", "users.SetIdentifier", "links.Add"}

// refuses runs act, which sends one request, and demands a refusal with everything that a refusal means.
func (e *env) refuses(t *testing.T, status int, code string, act func() answer) answer {
	t.Helper()
	ran, before := e.app.Load(), e.counts()
	e.Events.Take()
	a := act()
	e.checkRefusal(t, a, status, code)
	if n := e.app.Load() - ran; n != 0 {
		t.Errorf("a protected handler ran %d times", n)
	}
	if after := e.counts(); after != before {
		t.Errorf("something was created or changed: %s, before %s", after, before)
	}
	events := e.Events.Take()
	if len(events) != 1 || events[0].Outcome == audit.Success || events[0].Code != code {
		t.Errorf("events %+v, want exactly one, a refusal with the code %s", events, code)
	}
	for _, ev := range events {
		if ev.Time.IsZero() || ev.RequestID == "" || ev.IP == "" {
			t.Errorf("an event without time, request or address: %+v", ev)
		}
	}
	return a
}

// checkRefusal looks at the answer alone.
func (e *env) checkRefusal(t *testing.T, a answer, status int, code string) {
	t.Helper()
	if a.status != status || a.text("code") != code {
		t.Errorf("answers %d %s, want %d with the code %s", a.status, a.body, status, code)
	}
	if a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("the refusal is of type %q", a.header.Get("Content-Type"))
	}
	if strings.Contains(a.body, `"token"`) || !e.bare(a) {
		t.Errorf("the refusal brings a credential: %v %s", a.header, a.body)
	}
	if id := a.header.Get("X-Request-Id"); id == "" || id != a.text("request_id") {
		t.Errorf("request id %q in the header, %q in the body", id, a.text("request_id"))
	}
	if (a.header.Get("Www-Authenticate") != "") != (status == http.StatusUnauthorized) {
		t.Errorf("WWW-Authenticate %q with status %d", a.header.Get("Www-Authenticate"), status)
	}
}

func (e *env) counts() string {
	var b bytes.Buffer
	for _, verb := range created {
		fmt.Fprintf(&b, "%s %d ", verb, e.Faults.Count(verb))
	}
	return b.String()
}

// same demands that refusals of one class cannot be told apart.
func same(t *testing.T, answers map[string]answer) {
	t.Helper()
	first, body := "", ""
	for name, a := range answers {
		if first == "" {
			first, body = name, a.masked()
		}
		if a.masked() != body {
			t.Errorf("%s answers %s, and %s answers %s", name, a.masked(), first, body)
		}
	}
}

// quoted is a text as JSON.
func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // texts always marshal
	}
	return string(b)
}

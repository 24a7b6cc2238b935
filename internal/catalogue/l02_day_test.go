package catalogue

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/authtest"
)

// day is what an account goes through, and what it holds at the time.
type day struct {
	*env

	handle, code, token, old string
}

// keep holds on to the token of an answer.
func (d *day) keep(a answer) answer {
	d.old, d.token = d.token, a.text("token")
	return a
}

// byUser says that a step is taken by somebody who is known.
const byUser = true

// daySteps is the day of an account, step by step: what is done, by whom, and the events that come of it: name, outcome and code.
var daySteps = []struct {
	name  string
	known bool
	act   func(d *day) answer
	want  string
}{
	{"a code is asked for", false, func(d *day) answer {
		a := d.post("/auth/login/email", `{"email":"ada@example.com"}`)
		d.handle, d.code = a.text("challenge"), d.Inbox.Code(d.t, ada)
		return a
	}, "otp.send success"},
	{"a wrong code", false, func(d *day) answer { return d.verify(ada, d.handle, wrong(d.code)) }, "otp.verify failure invalid_code"},
	{
		"the right one makes an account and signs in", false, func(d *day) answer { return d.keep(d.verify(ada, d.handle, d.code)) },
		"user.created success; session.sign_in success",
	},
	{"the used one", false, func(d *day) answer { return d.verify(ada, d.handle, d.code) }, "otp.verify failure invalid_code"},
	{"a body that is none", false, func(d *day) answer { return d.post("/auth/login/email", `{`) }, "request.refused refused invalid_request"},
	{"a path that is none", false, func(d *day) answer { return d.post("/auth/none", `{}`) }, "request.refused refused not_found"},
	{"a method that is none", false, func(d *day) answer { return d.do("PUT", "/auth/refresh", "") }, "request.refused refused method_not_allowed"},
	{"a live token is a metric and no event", byUser, func(d *day) answer { return d.get("/app", d.token) }, ""},
	{"so is the list of sessions", byUser, func(d *day) answer { return d.get("/auth/sessions", d.token) }, ""},
	{"nothing presented", false, func(d *day) answer { return d.do("GET", "/app", "") }, "request.refused refused authentication_required"},
	{"nobody is welcome", false, func(d *day) answer { return d.do("GET", "/open", "") }, ""},
	{"a forged token", false, func(d *day) answer { return d.get("/app", "a.b.c") }, "token.refused failure invalid_token"},
	{"a scope that is too small", byUser, func(d *day) answer { return d.get("/partner", d.token) }, "request.refused refused insufficient_scope"},
	{"a body that is none, from somebody", byUser, func(d *day) answer {
		return d.post("/auth/me/identifiers", `{`, key(d.token))
	}, "request.refused refused invalid_request"},
	{"the wrong kind of token", byUser, func(d *day) answer {
		return d.post("/auth/2fa/verify", `{"code":"123456"}`, key(d.token))
	}, "request.refused refused wrong_token_type"},
	{"refresh", byUser, func(d *day) answer { return d.keep(d.refresh(d.token)) }, "session.refresh success"},
	{"refresh within the grace", byUser, func(d *day) answer { return d.refresh(d.old) }, "session.refresh success"},
	{"step-up begins", byUser, func(d *day) answer { return d.do("POST", "/auth/reauthenticate/options", "", key(d.token)) }, "otp.send success"},
	{"step-up with a wrong code", byUser, func(d *day) answer {
		d.code = d.Inbox.Code(d.t, ada)
		return d.post("/auth/reauthenticate", fmt.Sprintf(`{"code":%q}`, wrong(d.code)), key(d.token))
	}, "otp.verify failure invalid_code"},
	{"step-up", byUser, func(d *day) answer {
		return d.keep(d.post("/auth/reauthenticate", fmt.Sprintf(`{"code":%q}`, d.code), key(d.token)))
	}, "session.step_up success"},
	{"another user's session", byUser, func(d *day) answer { return d.do("DELETE", "/auth/sessions/x", "", key(d.token)) }, "request.refused refused not_found"},
	{"the other sessions end", byUser, func(d *day) answer { return d.do("DELETE", "/auth/sessions", "", key(d.token)) }, "session.end_all success"},
	{"logout", byUser, func(d *day) answer { return d.do("POST", "/auth/logout", "", key(d.token)) }, "session.logout success"},
	{"the dead token", false, func(d *day) answer { return d.get("/app", d.token) }, "token.refused failure invalid_token"},
	{"the dead token at refresh", byUser, func(d *day) answer { return d.refresh(d.token) }, "session.refresh failure invalid_token"},
}

// TestL02_OneEventForEachDecision goes through the day and compares requests with events.
func TestL02_OneEventForEachDecision(t *testing.T) {
	each(t, auth.Config{SignUp: true}, func(t *testing.T, e *env) {
		d := &day{env: e}
		for _, s := range daySteps {
			t.Run(s.name, func(t *testing.T) {
				e.Events.Take()
				a := s.act(d)
				var got []string
				for _, ev := range e.Events.Take() {
					got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", ev.Name, ev.Outcome, ev.Code)))
					checkEvent(t, ev, a, s.known)
				}
				if strings.Join(got, "; ") != s.want {
					t.Errorf("events %q, want %q (the answer is %d)", got, s.want, a.status)
				}
			})
		}
	})
}

// checkEvent demands who, what, when and where of an event.
func checkEvent(t *testing.T, ev audit.Event, a answer, known bool) {
	t.Helper()
	if ev.Time.Location() != time.UTC || ev.Time.IsZero() || ev.IP != "127.0.0.1" || ev.RequestID == "" || ev.UserAgent == "" {
		t.Errorf("when or where is missing: %+v", ev)
	}
	if id := a.header.Get("X-Request-Id"); id != "" && id != ev.RequestID {
		t.Errorf("the request id is %q in the answer and %q in the event", id, ev.RequestID)
	}
	if known && ev.Actor == "" {
		t.Errorf("by whom? %+v", ev)
	}
	if ev.Outcome == audit.Success && ev.UserID == "" && ev.Name != "otp.send" {
		t.Errorf("about whom? %+v", ev)
	}
}

// TestL02_FaultsAreEvents breaks the store in the middle of a sign-up: that the account was made does not hide that the rest failed.
func TestL02_FaultsAreEvents(t *testing.T) {
	e := alone(t, auth.Config{SignUp: true})
	handle, code := e.code(ada)
	e.Events.Take()
	e.Faults.Inject(authtest.Fault{On: "sessions.Create"})
	a := e.verify(ada, handle, code)
	e.checkRefusal(t, a, http.StatusServiceUnavailable, "unavailable")
	events := e.Events.Take()
	if len(events) != 2 || events[0].Name != "user.created" || events[1].Outcome != audit.Fault || events[1].Code != "unavailable" {
		t.Errorf("events %+v", events)
	}
	if !strings.Contains(e.Logs(), "injected failure") || strings.Contains(a.body, "injected") {
		t.Errorf("the cause is not in the log alone: %s; %s", e.Logs(), a.body)
	}
}

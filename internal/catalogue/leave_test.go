package catalogue

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/authtest"
)

// moments are when a client leaves in a call that its request makes to a store: before it is served, after it is done, and after it is done
// but before its answer is there, which is then lost with the client.
var moments = map[string]func(leave func()) authtest.Fault{
	"before it": func(leave func()) authtest.Fault { return authtest.Fault{Times: 1, Do: authtest.Pause, Before: leave} },
	"after it":  func(leave func()) authtest.Fault { return authtest.Fault{Times: 1, Do: authtest.Pause, After: leave} },
	"in it":     func(leave func()) authtest.Fault { return authtest.Fault{Times: 1, Do: authtest.Lose, After: leave} },
}

// looks are calls that decide nothing: they read, or count what stays counted.
var looks = []string{
	"kv.Get", "kv.Count", "users.ByID", "users.Find", "sessions.Load", "sessions.List", "sessions.State", "sessions.Epoch", "locks.Lock",
	"totp.Load", "passkeys.Load", "passkeys.List", "links.Load", "links.List", "apikeys.Load", "apikeys.List",
}

func isLook(c authtest.Call) bool { return slices.Contains(looks, c.Verb) }

// steps are calls that write and decide nothing: what a code, a counter or a session that nobody has the token of becomes is the same whether
// the answer is lost or the client leaves before the next call.
var steps = []string{"kv.Set", "kv.Take", "locks.Swap", "locks.Clear", "sessions.Create", "totp.Advance", "passkeys.Advance", "passkeys.Handle"}

// differs reports whether leaving at that moment of the n-th call is unlike leaving at another that is tried: after a call is before the next
// one, a look that is lost is one that is never made, and while nothing was written the first call stands for all.
func differs(calls []authtest.Call, n int, when string) bool {
	switch when {
	case "before it":
		return n == 0 || slices.ContainsFunc(calls[:n], func(c authtest.Call) bool { return !isLook(c) })
	case "after it":
		return n == len(calls)-1
	}
	return !isLook(calls[n]) && !slices.Contains(steps, calls[n].Verb)
}

// spent are what a request is refused with that comes a second time, where the first may have been served or has spent what it brought.
var spent = map[string][]string{
	"POST /auth/login/verify":                               {"invalid_code"},
	"POST /auth/login/verify of somebody new":               {"invalid_code"},
	"POST /auth/login/verify without a handle":              {"invalid_code"},
	"POST /auth/logout":                                     {},
	"DELETE /auth/sessions/{id}":                            {"not_found"},
	"POST /auth/me/identifiers/verify":                      {"invalid_code"},
	"POST /auth/reauthenticate":                             {"invalid_code"},
	"POST /auth/2fa/setup":                                  {},
	"POST /auth/2fa/enable":                                 {"invalid_code", "already_enabled"},
	"POST /auth/2fa/enable of who must enrol":               {"invalid_code", "invalid_token"},
	"POST /auth/webauthn/register/verify of who must enrol": {"invalid_credentials", "invalid_token"},
	"POST /auth/2fa/verify":                                 {"invalid_code", "invalid_token"},
	"POST /auth/2fa/disable":                                {"invalid_code"},
	"POST /auth/2fa/backup-codes":                           {"invalid_code"},
	"POST /auth/webauthn/register/verify":                   {"invalid_credentials"},
	"POST /auth/webauthn/login/verify":                      {"invalid_credentials"},
	"DELETE /auth/webauthn/credentials/{id}":                {"not_found"},
	"POST /auth/api-key/signed":                             {"invalid_api_key"},
	"DELETE /auth/api-keys/{id}":                            {"not_found"},
	"GET /auth/oauth2/{provider}/callback of somebody new":  {"invalid_state"},
	"GET /auth/oauth2/{provider}/callback":                  {"invalid_state"},
	"GET /auth/oauth2/{provider}/callback to a page":        {"invalid_state"},
	"GET /auth/oauth2/{provider}/callback of a link":        {"invalid_state"},
	"POST /auth/oauth2/handoff":                             {"invalid_code"},
	"POST /auth/oauth2/link/confirm":                        {"invalid_state"},
	"DELETE /auth/oauth2/links/{id}":                        {"not_found"},
}

// outcome is what came of a request.
type outcome struct {
	answer        answer
	before, after holding
	decisions     []string
	events        []audit.Event
	notices       []string
	codes         int
}

func (v *visit) outcome(t *testing.T, before holding, a answer) outcome {
	t.Helper()
	after := v.holdings(t)
	o := outcome{answer: a, before: before, after: after, decisions: before.decisions(after), events: v.Events.Take()}
	for _, m := range v.Inbox.Messages() {
		if m.Code != "" {
			o.codes++
		} else {
			o.notices = append(o.notices, m.To+": "+m.Subject)
		}
	}
	slices.Sort(o.notices)
	return o
}

// count is how many events are of these outcomes and, where some are given, names.
func (o outcome) count(what audit.Outcome, names ...string) (n int) {
	for _, ev := range o.events {
		if ev.Outcome == what && (len(names) == 0 || slices.Contains(names, ev.Name)) {
			n++
		}
	}
	return n
}

// TestLeaveOnEveryRoute has the client of a request leave at every call that the request makes to a store, for every endpoint: nothing
// is half-done. What was decided is recorded, once, and its owner is told; what was not is not told of. The person still gets in, and
// the same request is answered when the client comes back.
func TestLeaveOnEveryRoute(t *testing.T) {
	t.Parallel() // each run has a service of its own
	for _, name := range slices.Concat(requestNames(), slices.Collect(maps.Keys(owing))) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := visiting(t, name)
			before := v.holdings(t)
			v.Faults.Forget()
			a := v.send()
			calls := v.Faults.Calls()
			v.Drain()
			whole := v.outcome(t, before, a)
			if a.status >= http.StatusBadRequest || !slices.Equal(decided(whole.events), whole.decisions) || whole.count(audit.Fault) != 0 {
				t.Fatalf("whose client stays: %d %s, decided %q, events %+v", a.status, a.body, whole.decisions, whole.events)
			}
			for n, c := range calls {
				for when, moment := range moments {
					if !differs(calls, n, when) {
						continue
					}
					t.Run(fmt.Sprintf("call %d, %s, %s", n+1, c.Verb, when), func(t *testing.T) {
						v := visiting(t, name)
						before := v.holdings(t)
						got := v.outcome(t, before, v.leaves(n, moment))
						got.consistent(t, whole)
						v.comesBack(t, got.answer)
					})
				}
			}
		})
	}
}

// consistent compares what a client has led to that left with what one leads to that stays: the whole of it or nothing.
func (o outcome) consistent(t *testing.T, whole outcome) {
	t.Helper()
	answered := o.answer.status < http.StatusBadRequest
	faults := 1
	if answered {
		faults = 0
	} else if o.answer.status != http.StatusServiceUnavailable {
		t.Errorf("answers %d %s", o.answer.status, o.answer.body)
	}
	if n := o.count(audit.Fault); n != faults || o.count(audit.Failure) != 0 || o.count(audit.Refused) != 0 {
		t.Errorf("the answer is %d, and the events are %+v", o.answer.status, o.events)
	}
	if !slices.Equal(decided(o.events), o.decisions) {
		t.Errorf("decided %q, and recorded %q", o.decisions, decided(o.events))
	}
	ended, all := o.before.ended(o.after), whole.before.ended(whole.after)
	if (ended > 0) != (o.count(audit.Success, "session.end_all", "session.end", "session.logout") > 0) && all > 0 || ended != 0 && ended != all {
		t.Errorf("%d sessions ended of %d, and the events are %+v", ended, all, o.events)
	}
	done := slices.Equal(o.decisions, whole.decisions)
	if answered && (!done || ended != all || o.codes != whole.codes) || !answered && o.codes != 0 {
		t.Errorf("the answer is %d; decided %q of %q, ended %d of %d sessions, sent %d of %d codes",
			o.answer.status, o.decisions, whole.decisions, ended, all, o.codes, whole.codes)
	}
	var told []string
	if done {
		told = whole.notices
		if len(o.decisions) > 0 && (ended != all || o.after.shape() != whole.after.shape()) {
			t.Errorf("decided %q, which is half of it: %s of %s, ended %d of %d sessions", o.decisions, o.after.shape(), whole.after.shape(), ended, all)
		}
	} else if len(o.decisions) > 0 {
		t.Errorf("decided %q of %q", o.decisions, whole.decisions)
	}
	if !slices.Equal(o.notices, told) {
		t.Errorf("decided %q, and told %q, not %q", o.decisions, o.notices, told)
	}
}

// comesBack has the client send the request again to an instance whose stores are well, and its person sign in anew, by all that they have.
func (v *visit) comesBack(t *testing.T, first answer) {
	t.Helper()
	v.home.urls = v.doors
	again := v.send()
	if again.status >= http.StatusBadRequest && !slices.Contains(spent[v.name], again.text("code")) {
		t.Errorf("the second time it answers %d %s", again.status, again.body)
	}
	if v.name == "POST /auth/login/email" || v.name == "POST /auth/reauthenticate/options" {
		v.home.Inbox.Code(t, ada) // which it has sent
	}
	has := v.holdings(t)
	if has["account"] == "" || strings.HasPrefix(has["address"], "+") {
		return
	}
	e := v.home
	e.Clock.Advance(3 * step)
	passkey := slices.ContainsFunc(slices.Collect(maps.Keys(has)), func(what string) bool { return thing(what) == "passkey" })
	signIn := func() string {
		handle, code := e.code(has["address"])
		a := e.verify(has["address"], handle, code).want(t, http.StatusOK, "")
		if owed := has["app"] != "" || passkey || owing[v.name] != nil; a.field("requires_2fa") != owed {
			t.Errorf("with a second factor: %t, the sign-in answers %s", owed, a.body)
		}
		return a.token()
	}
	preAuth := signIn()
	if has["app"] != "" {
		e.present("/auth/2fa/verify", preAuth, e.phone.code(t, e, 0)).want(t, http.StatusOK, "")
		codes := e.phone.recovery
		for _, a := range []answer{first, again} {
			if list, _ := a.field("backup_codes").([]any); len(list) > 0 && v.name == "POST /auth/2fa/backup-codes" {
				codes = []string{fmt.Sprint(list[0])}
			}
		}
		e.present("/auth/2fa/verify", signIn(), codes[0]).want(t, http.StatusOK, "")
	} else if passkey && e.held != nil {
		options := e.ceremony("/auth/2fa/webauthn/options", key(preAuth))
		e.second(preAuth, e.hardware.Assert(options, e.held)).want(t, http.StatusOK, "")
	}
}

package catalogue

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

const eve = "eve@example.com"

// change asks for a change to the address.
func (e *env) change(token, email string) answer {
	e.t.Helper()
	return e.post("/auth/me/identifiers", fmt.Sprintf(`{"email":%q}`, email), key(token))
}

// confirm answers a change.
func (e *env) confirm(token, challenge, code string) answer {
	e.t.Helper()
	return e.post("/auth/me/identifiers/verify", fmt.Sprintf(`{"code":%q,"challenge":%q}`, code, challenge), key(token))
}

// holder is the id of the account with the address, or empty.
func (e *env) holder(t *testing.T, email string) string {
	t.Helper()
	u, err := e.Config.Store.Users().Find(t.Context(), user.Identifier{Kind: user.Email, Value: email})
	if err != nil && !errors.Is(err, user.ErrNotFound) {
		t.Fatal(err)
	}
	return u.ID
}

// TestIdentifiers_Change: the proven address replaces the old one, both are told, and codes of the old one are void.
func TestIdentifiers_Change(t *testing.T) {
	each(t, auth.Config{SignUp: true}, func(t *testing.T, e *env) {
		id := e.account(ada)
		token := e.login(ada)
		loginHandle, loginCode := e.code(ada)
		stepUp := e.login(ada)
		e.stepUpOptions(stepUp, "")
		stepUpCode := e.Inbox.Code(t, ada)

		a := e.change(token, "Ada@Home.Example")
		challenge := a.text("challenge")
		if a.status != http.StatusOK || challenge == "" || a.text("method") != "email" {
			t.Fatalf("answers %d %s", a.status, a.body)
		}
		code := e.Inbox.Code(t, "ada@home.example")
		if e.holder(t, ada) != id || e.holder(t, "ada@home.example") != "" {
			t.Fatal("the address changed before it was proven")
		}
		e.Events.Take()
		if a := e.confirm(token, challenge, code); a.status != http.StatusNoContent || a.body != "" {
			t.Fatalf("answers %d %s", a.status, a.body)
		}
		if events := e.Events.Take(); len(events) != 1 || events[0].Name != "user.address_changed" || events[0].UserID != id {
			t.Errorf("events %+v", events)
		}
		if e.holder(t, ada) != "" || e.holder(t, "ada@home.example") != id {
			t.Error("the address did not change")
		}
		e.noticed(t, ada, "was changed to a…@home.example")
		e.noticed(t, "ada@home.example", "was changed")
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, loginHandle, loginCode) })
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/reauthenticate", stepUp, stepUpCode) })
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.confirm(token, challenge, code) })
		if !e.live(token) {
			t.Error("the session ended")
		}
		e.login("ada@home.example")
		if e.holder(t, "ada@home.example") != id {
			t.Error("the new address signs in to another account")
		}
	})
}

// TestIdentifiers_ATakenAddress answers like a free one. Its owner gets a notice and no code, and keeps the address.
func TestIdentifiers_ATakenAddress(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token, owner := e.login(eve), e.account(ada)
		e.Faults.Forget()
		taken := e.change(token, ada)
		work := e.work()
		e.Faults.Forget()
		free := e.change(token, "free@example.com")
		mask := func(a answer) string { return strings.ReplaceAll(a.masked(), a.text("challenge"), "*") }
		if taken.status != free.status || mask(taken) != mask(free) || len(taken.text("challenge")) != len(free.text("challenge")) {
			t.Errorf("a taken address answers %d %s, a free one %d %s", taken.status, taken.body, free.status, free.body)
		}
		if again := e.work(); work != again {
			t.Errorf("a taken address costs %s, a free one %s", work, again)
		}
		m := e.Inbox.Next(t, ada)
		if m.Code != "" || !strings.Contains(m.Subject, "tried to use your address") {
			t.Errorf("the owner gets %+v", m)
		}
		e.Inbox.Code(t, "free@example.com")
		for _, guess := range []string{"000000", "123456"} {
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.confirm(token, taken.text("challenge"), guess) })
		}
		if e.holder(t, ada) != owner {
			t.Error("the address changed hands")
		}
		for _, m := range e.Inbox.Messages() {
			if m.To == ada && m.Code != "" {
				t.Errorf("a code was sent to the owner: %+v", m)
			}
		}
	})
}

// TestIdentifiers_Refusals: foreign and spent challenges, codes of other purposes, and everything but a fresh user token.
func TestIdentifiers_Refusals(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		stale := e.login(ada)
		e.Clock.Advance(session.Freshness + time.Second)
		token, other := e.login(ada), e.login(bob)
		challenge := e.change(token, "new@example.com").text("challenge")
		code := e.Inbox.Code(t, "new@example.com")
		loginHandle, loginCode := e.code(ada)
		for name, c := range map[string]struct {
			token, challenge, code string
			status                 int
			refusal                string
		}{
			"a stale session":                 {stale, challenge, code, 403, "reauthentication_required"},
			"a machine":                       {e.service(e.account(ada)), challenge, code, 403, "wrong_token_type"},
			"another user with the challenge": {other, challenge, code, 401, "invalid_code"},
			"a wrong code":                    {token, challenge, wrong(code), 401, "invalid_code"},
			"no such challenge":               {token, "AAAAAAAAAAAAAAAAAAAAAA", code, 401, "invalid_code"},
			"a challenge of any length":       {token, strings.Repeat("A", 5000), code, 401, "invalid_code"},
			"a code for sign-in":              {token, loginHandle, loginCode, 401, "invalid_code"},
			"no code":                         {token, challenge, "", 400, "invalid_request"},
			"no challenge":                    {token, "", code, 400, "invalid_request"},
		} {
			t.Run(name, func(t *testing.T) {
				e.refuses(t, c.status, c.refusal, func() answer { return e.confirm(c.token, c.challenge, c.code) })
			})
		}
		for name, body := range map[string]string{
			"both": `{"email":"a@example.com","phone":"+46701234567"}`, "neither": `{}`, "no address": `{"email":"a b@example.com"}`, "a list": `{"email":["a@example.com"]}`,
		} {
			t.Run(name, func(t *testing.T) {
				e.refuses(t, http.StatusBadRequest, "invalid_request", func() answer { return e.post("/auth/me/identifiers", body, key(token)) })
			})
		}
		e.refuses(t, http.StatusForbidden, "reauthentication_required", func() answer { return e.change(stale, "new@example.com") })
		e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify("new@example.com", challenge, code) })
		if a := e.confirm(token, challenge, code); a.status != http.StatusNoContent {
			t.Errorf("the right one answers %d %s", a.status, a.body)
		}
	})
}

// TestIdentifiers_Phone adds a number to an account that has none: the address it has is told.
func TestIdentifiers_Phone(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token := e.login(ada)
		a := e.post("/auth/me/identifiers", `{"phone":"+46 70 123 45 67"}`, key(token))
		if a.status != http.StatusOK || a.text("method") != "sms" {
			t.Fatalf("answers %d %s", a.status, a.body)
		}
		if a = e.confirm(token, a.text("challenge"), e.Inbox.Code(t, "+46701234567")); a.status != http.StatusNoContent {
			t.Fatalf("answers %d %s", a.status, a.body)
		}
		e.noticed(t, ada, "+46…67")
		e.noticed(t, "+46701234567", "was changed")
		if a := e.stepUpOptions(token, "sms_otp"); a.body != `{"methods":["email_otp","sms_otp"]}` {
			t.Errorf("options answer %d %s", a.status, a.body)
		}
		if a = e.present("/auth/reauthenticate", token, e.Inbox.Code(t, "+46701234567")); a.status != http.StatusOK {
			t.Errorf("step-up answers %d %s", a.status, a.body)
		}
	})
}

// TestIdentifiers_TakenInBetween: whoever has proven the address is told the truth when somebody else was faster, and nothing changes.
func TestIdentifiers_TakenInBetween(t *testing.T) {
	e := alone(t, auth.Config{})
	token := e.login(ada)
	challenge := e.change(token, "new@example.com").text("challenge")
	code := e.Inbox.Code(t, "new@example.com")
	e.Faults.Inject(authtest.Fault{On: "users.SetIdentifier", Times: 1, Do: authtest.Pause, Before: func() { e.account("new@example.com") }})
	a := e.confirm(token, challenge, code)
	if a.status != http.StatusConflict || a.text("code") != "already_registered" {
		t.Errorf("answers %d %s", a.status, a.body)
	}
	if e.holder(t, ada) == "" || e.holder(t, ada) == e.holder(t, "new@example.com") {
		t.Error("something changed")
	}
}

// TestIdentifiers_Race: one code, many requests: one change.
func TestIdentifiers_Race(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token := e.login(ada)
		challenge := e.change(token, "new@example.com").text("challenge")
		code := e.Inbox.Code(t, "new@example.com")
		done := make(chan answer)
		for range 50 {
			go func() {
				a, err := e.try(http.MethodPost, "/auth/me/identifiers/verify", fmt.Sprintf(`{"code":%q,"challenge":%q}`, code, challenge), key(token), header("Content-Type", "application/json"))
				if err != nil {
					t.Error(err)
				}
				done <- a
			}()
		}
		changed := 0
		for range 50 {
			if a := <-done; a.status == http.StatusNoContent {
				changed++
			} else if a.status != http.StatusUnauthorized {
				t.Errorf("answers %d %s", a.status, a.body)
			}
		}
		if changed != 1 {
			t.Errorf("%d changes by one code", changed)
		}
	})
}

// TestIdentifiers_OffWithoutAChannel: a channel that is off changes no address.
func TestIdentifiers_OffWithoutAChannel(t *testing.T) {
	inbox := authtest.NewInbox()
	e := alone(t, auth.Config{Email: inbox})
	id := e.account(ada)
	token := e.mint("user", e.claims("user", id))
	e.refuses(t, http.StatusBadRequest, "invalid_request", func() answer { return e.post("/auth/me/identifiers", `{"phone":"+46701234567"}`, key(token)) })
	e = alone(t, auth.Config{Email: inbox, SMS: nil, Profile: auth.ProfileStrict})
	token = e.mint("user", e.claims("user", e.account(ada)))
	e.refuses(t, http.StatusBadRequest, "invalid_request", func() answer { return e.post("/auth/me/identifiers", `{"phone":"+46701234567"}`, key(token)) })
}

// TestIdentifiers_InTheStrictProfile: nobody signs in by a code there, and whoever has a new address still has it told to: notices go there.
func TestIdentifiers_InTheStrictProfile(t *testing.T) {
	const home = "ada@home.example"
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		device := &authtest.Authenticator{}
		k := e.passkey(e.login(ada), device)
		e.reopen(func(c *auth.Config) { c.Profile = auth.ProfileStrict })
		id := e.account(ada)
		token := e.signsIn(t, e.assert(device.Assert(e.request(), k)), id)
		a := e.change(token, home)
		if a.status != http.StatusOK || a.text("method") != "email" {
			t.Fatalf("answers %d %s", a.status, a.body)
		}
		code := e.Inbox.Code(t, home)
		for _, path := range []string{"/auth/login/email", "/auth/login/sms", "/auth/login/verify"} {
			body := fmt.Sprintf(`{"email":%q,"phone":"+46701234567","target":%q,"code":%q,"challenge":%q}`, home, home, code, a.text("challenge"))
			if got := e.post(path, body); got.status != http.StatusNotFound {
				t.Errorf("%s answers %d %s", path, got.status, got.body)
			}
		}
		if got := e.stepUpOptions(token, "email_otp"); got.status != http.StatusBadRequest {
			t.Errorf("a code proves who somebody is: %d %s", got.status, got.body)
		}
		if got := e.confirm(token, a.text("challenge"), code); got.status != http.StatusNoContent || e.holder(t, home) != id {
			t.Fatalf("the code answers %d %s", got.status, got.body)
		}
		e.noticed(t, ada, "was changed to a…@home.example")
		if me := e.get("/auth/me", token); !strings.Contains(me.body, `"methods":["webauthn"]`) {
			t.Errorf("the session says %s", me.body)
		}
		e.Clock.Advance(session.Freshness + time.Second)
		e.refuses(t, http.StatusForbidden, "reauthentication_required", func() answer { return e.change(token, ada) })
	})
}

package regress

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// owed demands that a sign-in yields a token that owes the second factor and nothing else.
func (w *world) owed(a answer) string {
	w.t.Helper()
	token := a.want(http.StatusOK, "").text("token")
	if a.text("token_type") != "pre_auth" {
		w.t.Errorf("a sign-in answers %s", a.body)
	}
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.MaxAge >= 0 {
			w.t.Errorf("a sign-in sets %v", c)
		}
	}
	for _, path := range []string{"/app", "/fresh", "/auth/me", "/auth/sessions", "/auth/api-keys"} {
		w.get(path, key(token)).want(http.StatusForbidden, "second_factor_required")
	}
	w.post("/auth/refresh", "", key(token)).want(http.StatusForbidden, "second_factor_required")
	return token
}

// TestGHSA_xg6x_h9c9_2m83_NothingBeforeTheFactor: a sign-in that owes the second factor leaves no credential that does without it.
func TestGHSA_xg6x_h9c9_2m83_NothingBeforeTheFactor(t *testing.T) {
	shared(t, auth.Config{}, func(t *testing.T, w *world) {
		w.enrol(ada)
		handle, code := w.code(ada)
		before := w.Faults.Count("sessions.Create")
		w.owed(w.verify(ada, handle, code))
		if w.Faults.Count("sessions.Create") != before {
			t.Error("a session was made before the second factor")
		}
	})
}

// TestGHSA_4qvm_r4pr_v3wg_AudienceOfItsOwn: who knows nothing of second factors refuses the token by its audience.
func TestGHSA_4qvm_r4pr_v3wg_AudienceOfItsOwn(t *testing.T) {
	w := open(t, auth.Config{})
	w.enrol(ada)
	token := w.signIn(ada)
	if aud := claimsOf(t, token)["aud"]; aud != issuer+"/2fa" {
		t.Errorf("the audience is %v", aud)
	}
	if _, err := w.Authenticate(t.Context(), token); err == nil {
		t.Error("the token is a user's outside HTTP")
	}
}

// TestGHSA_wc43_73w7_x2f5_StepUpByCode: who has an app proves the app, and not the mailbox once more.
func TestGHSA_wc43_73w7_x2f5_StepUpByCode(t *testing.T) {
	w := open(t, auth.Config{})
	_, app := w.enrol(ada)
	token := w.twice(ada, app)
	w.post("/auth/reauthenticate/options", `{"method":"email_otp"}`, key(token)).refused()
	_, code := w.code(ada)
	w.present("/auth/reauthenticate", token, code).want(http.StatusUnauthorized, "invalid_code")
}

// TestCVE_2026_73278_OnlyAPasskey: a passkey as the only second factor is asked for after a sign-in at a provider.
func TestCVE_2026_73278_OnlyAPasskey(t *testing.T) {
	w := social(t, nil)
	b := w.browser()
	b.token = b.at("demo", adaThere).want(http.StatusOK, "").text("token")
	w.passkey(b.token, &authtest.Authenticator{})
	w.owed(w.browser().at("demo", adaThere))
	handle, code := w.code(ada)
	w.owed(w.verify(ada, handle, code))
}

// TestCVE_2026_128333_AfterAChange: a new address signs in no further than the old one did.
func TestCVE_2026_128333_AfterAChange(t *testing.T) {
	w := open(t, auth.Config{})
	_, app := w.enrol(ada)
	token := w.twice(ada, app)
	change := w.post("/auth/me/identifiers", `{"email":"new@example.com"}`, key(token)).want(http.StatusOK, "").text("challenge")
	body := fmt.Sprintf(`{"code":%q,"challenge":%q}`, w.Inbox.Code(t, "new@example.com"), change)
	w.post("/auth/me/identifiers/verify", body, key(token)).want(http.StatusNoContent, "")
	handle, code := w.code("new@example.com")
	w.owed(w.verify("new@example.com", handle, code))
}

// TestCVE_2026_9091_SocialBind: linking an identity, and signing in by it, ask for the second factor.
func TestCVE_2026_9091_SocialBind(t *testing.T) {
	w := social(t, nil)
	_, app := w.enrol(ada)
	b := w.browser()
	b.token = w.signIn(ada) // owes the second factor
	b.do(http.MethodPost, "/auth/oauth2/demo/link", "{}").want(http.StatusForbidden, "second_factor_required")
	b.token = w.twice(ada, app)
	handle := b.back(w.idp.Approve(t, b.link(), adaThere)).want(http.StatusOK, "").text("link")
	b.confirm(handle).want(http.StatusNoContent, "")
	w.owed(w.browser().at("demo", adaThere))
}

// TestCVE_2025_64175_RecoveryCodeOfAnother: a recovery code is its owner's.
func TestCVE_2025_64175_RecoveryCodeOfAnother(t *testing.T) {
	w := open(t, auth.Config{})
	w.enrol(ada)
	_, own := w.enrol(eve)
	w.present("/auth/2fa/verify", w.signIn(ada), own.codes[0]).want(http.StatusUnauthorized, "invalid_code")
	w.present("/auth/2fa/verify", w.signIn(eve), own.codes[0]).want(http.StatusOK, "") // it was not spent on her
}

// TestCVE_2026_78619_IDsThatLookAlike: accounts whose ids a loose comparison takes for one share no second factor.
func TestCVE_2026_78619_IDsThatLookAlike(t *testing.T) {
	w := open(t, auth.Config{})
	w.Put(user.User{ID: "7", Email: ada})
	w.enrol(ada)
	for i, id := range []string{"07", "7.0", "7e0", "7 ", "７"} {
		email := fmt.Sprintf("eve%d@example.com", i)
		w.Put(user.User{ID: id, Email: email})
		_, own := w.enrol(email)
		w.Clock.Advance(step)
		w.present("/auth/2fa/verify", w.signIn(ada), own.codes[0]).refused()
		w.Clock.Advance(2 * 3600e9) // no wait comes in between
	}
}

// TestCVE_2026_82470_TOTPReplay: a code that signed in signs in no second time while it is shown.
func TestCVE_2026_82470_TOTPReplay(t *testing.T) {
	shared(t, auth.Config{}, func(_ *testing.T, w *world) {
		_, app := w.enrol(ada)
		code := w.now(app, 0)
		w.present("/auth/2fa/verify", w.signIn(ada), code).want(http.StatusOK, "")
		for range len(w.instances) {
			w.present("/auth/2fa/verify", w.signIn(ada), code).want(http.StatusUnauthorized, "invalid_code")
		}
	})
}

// TestCVE_2026_103655_TOTPReplayElsewhere: a code that signed in proves nothing at another route.
func TestCVE_2026_103655_TOTPReplayElsewhere(t *testing.T) {
	w := open(t, auth.Config{})
	_, app := w.enrol(ada)
	code := w.now(app, 0)
	token := w.present("/auth/2fa/verify", w.signIn(ada), code).want(http.StatusOK, "").text("token")
	for _, path := range []string{"/auth/2fa/disable", "/auth/2fa/backup-codes", "/auth/reauthenticate"} {
		w.present(path, token, code).want(http.StatusUnauthorized, "invalid_code")
	}
}

// TestCVE_2026_104105_TOTPRace: one code from many sign-ins at once.
func TestCVE_2026_104105_TOTPRace(t *testing.T) {
	shared(t, auth.Config{}, func(_ *testing.T, w *world) {
		_, app := w.enrol(ada)
		tokens := make([]string, 50)
		for i := range tokens {
			tokens[i] = w.signIn(ada)
		}
		code := w.now(app, 0)
		w.once(func(i int) answer { return w.present("/auth/2fa/verify", tokens[i], code) })
	})
}

// TestHanko_2723_TheCodeThatEnrolled: the code that turned the factor on is spent.
func TestHanko_2723_TheCodeThatEnrolled(t *testing.T) {
	w := open(t, auth.Config{})
	_, app := w.enrol(ada) // a step ago
	w.present("/auth/2fa/verify", w.signIn(ada), w.now(app, -1)).want(http.StatusUnauthorized, "invalid_code")
}

// TestTheauthGo_2_6_EarlierStep: once a step was accepted, those before it are over, though the window would still let them in.
func TestTheauthGo_2_6_EarlierStep(t *testing.T) {
	w := open(t, auth.Config{})
	_, app := w.enrol(ada)
	w.Clock.Advance(2 * step)
	before := w.now(app, -1)
	w.present("/auth/2fa/verify", w.signIn(ada), w.now(app, 0)).want(http.StatusOK, "")
	w.present("/auth/2fa/verify", w.signIn(ada), before).want(http.StatusUnauthorized, "invalid_code")
}

// TestGHSA_jm35_h8q2_73mp_NextInterval: a code is not good again in the next interval, where the window still reaches it.
func TestGHSA_jm35_h8q2_73mp_NextInterval(t *testing.T) {
	w := open(t, auth.Config{})
	_, app := w.enrol(ada)
	code := w.now(app, 0)
	w.present("/auth/2fa/verify", w.signIn(ada), code).want(http.StatusOK, "")
	w.Clock.Advance(step)
	w.present("/auth/2fa/verify", w.signIn(ada), code).want(http.StatusUnauthorized, "invalid_code")
	ahead := w.now(app, 1) // a fast phone
	w.present("/auth/2fa/verify", w.signIn(ada), ahead).want(http.StatusOK, "")
	w.Clock.Advance(step)
	w.present("/auth/2fa/verify", w.signIn(ada), ahead).want(http.StatusUnauthorized, "invalid_code")
}

// TestSupabase_2607_AfterRemoval: sessions that were proven by a factor end when it goes, all but the one that removed it.
func TestSupabase_2607_AfterRemoval(t *testing.T) {
	w := open(t, auth.Config{})
	_, app := w.enrol(ada)
	elsewhere := w.twice(ada, app)
	token := w.twice(ada, app)
	w.present("/auth/2fa/disable", token, w.now(app, 0)).want(http.StatusNoContent, "")
	if w.live(elsewhere) {
		t.Error("another session lives on")
	}
}

// TestSupabase_2565_PasskeyWithoutTheFactor: who owes the second factor, or proved it long ago, adds no passkey.
func TestSupabase_2565_PasskeyWithoutTheFactor(t *testing.T) {
	w := open(t, auth.Config{})
	_, app := w.enrol(ada)
	w.post("/auth/webauthn/register/options", "", key(w.signIn(ada))).want(http.StatusForbidden, "second_factor_required")
	token := w.twice(ada, app)
	w.Clock.Advance(600e9)
	w.post("/auth/webauthn/register/options", "", key(token)).want(http.StatusForbidden, "reauthentication_required")
}

// TestSupabase_2642_Banned: a user who was banned has no token that works, and gets none.
func TestSupabase_2642_Banned(t *testing.T) {
	w := open(t, auth.Config{})
	token := w.signIn(ada)
	id := w.account(ada)
	handle, code := w.code(ada)
	w.Put(user.User{ID: id, Email: ada, Disabled: true})
	w.post("/auth/refresh", "", key(token)).want(http.StatusUnauthorized, "invalid_token")
	w.verify(ada, handle, code).want(http.StatusUnauthorized, "invalid_code")
	if err := w.EndSessions(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if w.live(token) {
		t.Error("the token lives")
	}
}

// TestCVE_2026_105211_CodeInTheAnswer: no answer, header or list holds a code.
func TestCVE_2026_105211_CodeInTheAnswer(t *testing.T) {
	w := open(t, auth.Config{SignUp: true})
	token := w.signIn(ada)
	for path, body := range map[string]string{
		"/auth/login/email": `{"email":"eve@example.com"}`, "/auth/login/sms": `{"phone":"+46701234567"}`,
		"/auth/reauthenticate/options": `{}`, "/auth/me/identifiers": `{"email":"new@example.com"}`,
	} {
		before := len(w.Inbox.Messages())
		a := w.post(path, body, key(token)).want(http.StatusOK, "")
		code := w.Inbox.Arrived(t, before+1)[before].Code
		if code == "" || strings.Contains(a.body+fmt.Sprint(a.header), code) {
			t.Errorf("%s answers %s, the code is %q", path, a.body, code)
		}
	}
}

// TestHanko_2279_CodeInAnEvent: what is told to other systems holds no code.
func TestHanko_2279_CodeInAnEvent(t *testing.T) {
	w := open(t, auth.Config{SignUp: true})
	handle, code := w.code(ada)
	w.verify(ada, handle, wrong(code))
	w.verify(ada, handle, code).want(http.StatusOK, "")
	if told := fmt.Sprintf("%+v", w.Events.All()); strings.Contains(told, code) || strings.Contains(told, handle) {
		t.Errorf("the events are %s", told)
	}
}

// TestAllauth_0_63_4_Printed: whatever is printed of the service shows no secret.
func TestAllauth_0_63_4_Printed(t *testing.T) {
	w := open(t, auth.Config{})
	private, err := w.Config.Keys.PrivatePEM()
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, v := range []any{w.Config.Secret, w.Config.Keys, w.Config, w.Auth} {
			text := fmt.Sprintf(verb, v)
			if strings.Contains(text, string(w.Config.Secret.Reveal())) || strings.Contains(text, string(private[40:80])) ||
				strings.Contains(text, fmt.Sprintf("%x", w.Config.Secret.Reveal())) {
				t.Errorf("%s of a %T shows a secret", verb, v)
			}
		}
	}
}

// TestGoPkgz_fbfe6357_MailLog: a mail that cannot be sent is logged without what it says.
func TestGoPkgz_fbfe6357_MailLog(t *testing.T) {
	var code string
	mail := sender.EmailFunc(func(_ context.Context, m sender.Message) error {
		code = m.Code
		return errors.New("no route to " + m.To)
	})
	w := open(t, auth.Config{SignUp: true, Email: mail})
	w.post("/auth/login/email", `{"email":"ada@example.com"}`).want(http.StatusOK, "")
	w.Drain()
	if code == "" || strings.Contains(w.Logs(), code) || !strings.Contains(w.Logs(), "message.failed") && len(w.Events.Named("message.failed")) == 0 {
		t.Errorf("the code is %q, the log %s", code, w.Logs())
	}
}

package catalogue

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/user"
)

// TestT07_EnrolmentStates walks through what can go wrong between setup and the first code.
func TestT07_EnrolmentStates(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token := e.login(ada)
		enable := func(code string) answer { return e.present("/auth/2fa/enable", token, code) }
		invalid := func(t *testing.T, code string) {
			t.Helper()
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return enable(code) })
			if a := e.get("/auth/2fa", token); a.field("enabled") != false || e.owes(ada) {
				t.Fatalf("the second factor is on: %s", a.body)
			}
		}
		t.Run("a code without a setup", func(t *testing.T) { invalid(t, "123456") })
		app, _ := e.setup(token)
		t.Run("setup without a code", func(t *testing.T) {
			if e.owes(ada) {
				t.Error("the second factor is on")
			}
		})
		t.Run("a wrong code", func(t *testing.T) { invalid(t, wrong(app.code(t, e, 0))) })
		t.Run("a recovery code", func(t *testing.T) { invalid(t, app.recovery[0]) })
		replaced := app
		app, _ = e.setup(token)
		t.Run("a code of the setup before", func(t *testing.T) { invalid(t, replaced.code(t, e, 0)) })
		code := app.code(t, e, 0)
		if a := enable(code[:3] + " " + code[3:]); a.status != http.StatusNoContent || a.body != "" {
			t.Fatalf("enable answers %d %s", a.status, a.body)
		}
		t.Run("a second time", func(t *testing.T) {
			e.refuses(t, http.StatusConflict, "already_enabled", func() answer { return enable(app.code(t, e, 1)) })
		})
		t.Run("setup while it is on", func(t *testing.T) {
			a := e.refuses(t, http.StatusConflict, "already_enabled", func() answer {
				return e.do(http.MethodPost, "/auth/2fa/setup", "{}", key(token), header("Content-Type", "application/json"))
			})
			if strings.Contains(a.body, app.secret) {
				t.Error("the secret is shown again")
			}
		})
		t.Run("the state shows no secret", func(t *testing.T) {
			a := e.get("/auth/2fa", token)
			if a.field("enabled") != true || a.field("backup_codes_left") != float64(10) || a.text("enabled_at") == "" {
				t.Errorf("the state is %s", a.body)
			}
			for _, secret := range append(app.recovery, app.secret) {
				if strings.Contains(a.body, secret) {
					t.Errorf("the state shows a secret: %s", a.body)
				}
			}
		})
		if !e.owes(ada) {
			t.Error("a sign-in asks for no second factor")
		}
		e.noticed(t, ada, "authenticator app was added")
	})
}

// TestT07_ASetupExpires: a pending setup lives ten minutes.
func TestT07_ASetupExpires(t *testing.T) {
	for _, c := range []struct {
		name   string
		after  time.Duration
		status int
	}{
		{"a moment before ten minutes", 10*time.Minute - time.Second, http.StatusNoContent},
		{"at ten minutes", 10 * time.Minute, http.StatusUnauthorized},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, auth.Config{}, func(t *testing.T, e *env) {
				token := e.login(ada)
				app, _ := e.setup(token)
				e.Clock.Advance(c.after - time.Minute)
				fresh := e.login(ada) // the session of the setup is stale by then
				e.Clock.Advance(time.Minute)
				if a := e.present("/auth/2fa/enable", fresh, app.code(t, e, 0)); a.status != c.status {
					t.Errorf("answers %d %s", a.status, a.body)
				}
			})
		})
	}
}

// TestT07_EnablingEndsOtherSessions: a sign-in that knew nothing of the factor is over, pre_auth tokens with it.
func TestT07_EnablingEndsOtherSessions(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		other := e.login(ada)
		stranger := e.login(bob)
		token, app := e.enrol(ada)
		if e.live(other) || !e.live(token) || !e.live(stranger) {
			t.Errorf("the other session lives: %v, the own: %v, another user's: %v", e.live(other), e.live(token), e.live(stranger))
		}
		if n := len(e.sessions(token)); n != 1 {
			t.Errorf("%d sessions are listed", n)
		}
		if a := e.do(http.MethodPost, "/auth/refresh", "", key(token)); a.status != http.StatusOK {
			t.Errorf("refresh of the own session answers %d %s", a.status, a.body)
		}
		e.twice(ada, app)
	})
}

// TestT07_EnrolmentThatIsOwed: whoever must have a factor and has none can enrol one and do nothing else, and gets the session for it.
func TestT07_EnrolmentThatIsOwed(t *testing.T) {
	each(t, auth.Config{RequireSecondFactor: everybody}, func(t *testing.T, e *env) {
		e.account(ada)
		handle, code := e.code(ada)
		a := e.verify(ada, handle, code)
		factors, listed := a.field("second_factors").([]any)
		if a.text("token_type") != "pre_auth" || a.field("requires_2fa") != true || !listed || len(factors) != 0 {
			t.Fatalf("sign-in answers %s", a.body)
		}
		preAuth := a.text("token")
		app, a := e.setup(preAuth)
		if a.status != http.StatusOK {
			t.Fatalf("setup answers %d %s", a.status, a.body)
		}
		e.enrolsFirst(t, preAuth, app)
		second := e.login(ada)
		a = e.present("/auth/2fa/enable", preAuth, app.code(t, e, 0))
		if a.status != http.StatusOK || a.text("token_type") != "user" || a.field("requires_2fa") != false || !e.live(a.text("token")) {
			t.Fatalf("enable answers %d %s", a.status, a.body)
		}
		me := e.get("/auth/me", a.text("token"))
		if !strings.Contains(me.body, `"methods":["email_otp","totp"]`) {
			t.Errorf("the session says %s", me.body)
		}
		for name, dead := range map[string]string{"the spent pre_auth token": preAuth, "another pre_auth token": second} {
			t.Run(name, func(t *testing.T) {
				e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer {
					return e.do(http.MethodPost, "/auth/2fa/setup", "", key(dead))
				})
			})
		}
		e.Clock.Advance(step)
		late := e.login(ada)
		e.refuses(t, http.StatusForbidden, "second_factor_required", func() answer {
			return e.do(http.MethodPost, "/auth/2fa/setup", "", key(late)) // an enrolled factor is owed, not another one
		})
	})
}

// enrolsFirst presents the pre_auth token of somebody who must enrol everywhere but where that is done: there is nothing to prove, and
// the refusal says so. None of it spends the token.
func (e *env) enrolsFirst(t *testing.T, preAuth string, app phoneApp) {
	t.Helper()
	for _, path := range guarded {
		e.refuses(t, http.StatusForbidden, "enrolment_required", func() answer { return e.get(path, preAuth) })
	}
	for _, path := range []string{"/auth/2fa/verify", "/auth/2fa/disable", "/auth/reauthenticate"} {
		e.refuses(t, http.StatusForbidden, "enrolment_required", func() answer { return e.present(path, preAuth, app.code(t, e, 0)) })
	}
	e.refuses(t, http.StatusForbidden, "enrolment_required", func() answer { return e.refresh(preAuth) })
}

// TestT07_Secret looks at what setup hands out: 160 random bits, in base32, in the URI and in the picture, never twice the same.
func TestT07_Secret(t *testing.T) {
	e := alone(t, auth.Config{})
	token := e.login(ada)
	seen := map[string]bool{}
	for range 20 {
		app, a := e.setup(token)
		b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(app.secret)
		if err != nil || len(b) < 20 || seen[app.secret] {
			t.Fatalf("the secret is %q: %v", app.secret, err)
		}
		seen[app.secret] = true
		u, err := url.Parse(a.text("uri"))
		if err != nil || u.Query().Get("secret") != app.secret {
			t.Fatalf("the URI is %q: %v", a.text("uri"), err)
		}
		picture, err := base64.StdEncoding.DecodeString(a.text("qr_png"))
		if err == nil {
			_, err = png.Decode(bytes.NewReader(picture))
		}
		if err != nil {
			t.Fatalf("the picture: %v", err)
		}
	}
}

// TestT07_Label puts what is special in a URI into the names: the app must see the issuer and the account, and nothing else.
func TestT07_Label(t *testing.T) {
	zbar := testutil.ZBarImg(t)
	for _, c := range []struct{ name, issuer, account, wantIssuer, wantAccount string }{
		{"plain", "Example", ada, "Example", ada},
		{"a colon", "Acme: Pay", ada, "Acme Pay", ada},
		{"a percent sign", "100%3A", "a%40b@example.com", "100%3A", "a%40b@example.com"},
		{"a question mark", "Who?secret=A", "who?issuer=x@example.com", "Who?secret=A", "who?issuer=x@example.com"},
		{"an ampersand and a plus sign", "A&B+C", "a+b&c@example.com", "A&B+C", "a+b&c@example.com"},
		{"a line break", "Acme\r\nX-Evil: 1", ada, "AcmeX-Evil 1", ada},
		{"other scripts", "Räksmörgås 東京", ada, "Räksmörgås 東京", ada},
		{"a slash and a hash", "A/../B#C", "a/b#c@example.com", "A/../B#C", "a/b#c@example.com"},
		{"far too long", strings.Repeat("長", 200), ada, strings.Repeat("長", 40), ada},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := alone(t, auth.Config{TOTPIssuer: c.issuer})
			_, a := e.setup(e.SignIn(user.User{Email: c.account}))
			text := a.text("uri")
			u, err := url.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			issuer, account, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), ":")
			q := u.Query()
			if u.Scheme != "otpauth" || u.Host != "totp" || issuer != c.wantIssuer || account != c.wantAccount || q.Get("issuer") != c.wantIssuer ||
				len(q) != 5 || q.Get("digits") != "6" || q.Get("period") != "30" || q.Get("algorithm") != "SHA1" || u.Fragment != "" {
				t.Errorf("the URI is %q: issuer %q, account %q, query %v", text, issuer, account, q)
			}
			if strings.ContainsAny(text, " +\r\n") {
				t.Errorf("the URI is not escaped: %q", text)
			}
			picture, err := base64.StdEncoding.DecodeString(a.text("qr_png"))
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "qr.png")
			if err := os.WriteFile(file, picture, 0o600); err != nil {
				t.Fatal(err)
			}
			if got := decodeQR(t, zbar, file); got != text {
				t.Errorf("a camera reads %q, want %q", got, text)
			}
		})
	}
}

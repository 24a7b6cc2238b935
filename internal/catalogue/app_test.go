package catalogue

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/crafteasy/auth/authtest"
)

// step is how long a code of an authenticator app lives.
const step = 30 * time.Second

// phoneApp is an authenticator app in the hands of a user, with what came with it.
type phoneApp struct {
	secret   string
	recovery []string
}

// code is what the app shows at a time, in steps from now.
func (p phoneApp) code(t *testing.T, e *env, steps int) string {
	t.Helper()
	code, err := totp.GenerateCode(p.secret, e.Clock.Now().Add(time.Duration(steps)*step))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// setup prepares an app for the caller.
func (e *env) setup(token string) (phoneApp, answer) {
	e.t.Helper()
	a := e.do(http.MethodPost, "/auth/2fa/setup", "", key(token))
	p := phoneApp{secret: a.text("secret")}
	codes, _ := a.field("backup_codes").([]any)
	for _, c := range codes {
		text, _ := c.(string)
		p.recovery = append(p.recovery, text)
	}
	if p.secret != "" {
		e.phone = p
	}
	return p, a
}

// present sends a code to a route.
func (e *env) present(path, token, code string) answer {
	e.t.Helper()
	return e.post(path, fmt.Sprintf(`{"code":%q}`, code), key(token))
}

// enrol signs the account in, enrols an app, and moves on to the next step, so that the app shows a code that nobody has used.
func (e *env) enrol(email string) (token string, p phoneApp) {
	e.t.Helper()
	token = e.login(email)
	p, a := e.setup(token)
	if a.status != http.StatusOK {
		e.t.Fatalf("setup answers %d %s", a.status, a.body)
	}
	if a = e.present("/auth/2fa/enable", token, p.code(e.t, e, 0)); a.status != http.StatusNoContent {
		e.t.Fatalf("enable answers %d %s", a.status, a.body)
	}
	e.Clock.Advance(step)
	return token, p
}

// twice signs the account in by both factors, and moves on to the next step.
func (e *env) twice(email string, p phoneApp) (token string) {
	e.t.Helper()
	a := e.present("/auth/2fa/verify", e.login(email), p.code(e.t, e, 0))
	if a.status != http.StatusOK || a.text("token_type") != "user" {
		e.t.Fatalf("the second factor answers %d %s", a.status, a.body)
	}
	e.Clock.Advance(step)
	return a.token()
}

// owes reports whether a sign-in of the account asks for a second factor.
func (e *env) owes(email string) bool {
	e.t.Helper()
	handle, code := e.code(email)
	a := e.verify(email, handle, code)
	if a.status != http.StatusOK {
		e.t.Fatalf("sign-in answers %d %s", a.status, a.body)
	}
	return a.field("requires_2fa") == true
}

// noticed waits for a notice to the address whose subject holds the words.
func (e *env) noticed(t *testing.T, to, words string) {
	t.Helper()
	for {
		m := e.Inbox.Next(t, to) // ends the test when none comes
		if m.Code == "" && strings.Contains(m.Subject+m.Text, words) {
			return
		}
	}
}

// decodeQR is what a camera reads in a picture.
func decodeQR(t *testing.T, zbar, file string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), zbar, "--quiet", "--raw", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// inject breaks calls of a verb of a back end until remove is called.
func (e *env) inject(verb string) (remove func()) {
	return e.Faults.Inject(authtest.Fault{On: verb})
}

package auth_test

import (
	"fmt"
	"testing"

	"github.com/crafteasy/auth/jwt"
	"github.com/crafteasy/auth/session"
)

// TestTheGate asks the gate itself, for every method and set of factors: only an authenticator that has verified its user stands for
// two factors, and nobody who owes nothing is asked for more.
func TestTheGate(t *testing.T) {
	for _, f := range everySet() {
		t.Run(f.String(), func(t *testing.T) {
			w := newWorld(t)
			p := w.person(f)
			for _, method := range []string{"email_otp", "sms_otp", "webauthn", "oauth:demo", "totp"} {
				for _, verified := range []bool{false, true} {
					if wrong := w.wrongAtTheGate(p, f, session.Factor{Method: method, UserVerified: verified}); wrong != "" {
						t.Errorf("%s, user verified %v: %s", method, verified, wrong)
					}
				}
			}
		})
	}
}

// wrongAtTheGate says what is wrong with the answer to a first factor.
func (w *world) wrongAtTheGate(p *person, f factors, proven session.Factor) string {
	w.t.Helper()
	u, err := w.a.Users().ByID(w.t.Context(), p.id)
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := w.a.Gate().SignIn(w.t.Context(), u, proven, "")
	if err != nil {
		w.t.Fatal(err)
	}
	enrolled := f.app || f.passkey
	owed := (enrolled || f.must) && !proven.UserVerified
	switch {
	case owed != (answer.TokenType == jwt.TypePreAuth) || !owed != (answer.TokenType == jwt.TypeUser):
		return "the token is of type " + string(answer.TokenType)
	case owed != answer.RequiresTwoFactor || owed != (answer.SecondFactors != nil):
		return fmt.Sprintf("a second factor is asked for: %v", answer.RequiresTwoFactor)
	case owed && enrolled != (len(*answer.SecondFactors) > 0):
		return fmt.Sprintf("the second factors are %v", *answer.SecondFactors)
	}
	return ""
}

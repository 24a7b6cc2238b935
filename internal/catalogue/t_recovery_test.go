package catalogue

import (
	"bytes"
	"encoding/base32"
	"net/http"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
)

// TestT10_Quality looks at sets of recovery codes: ten, of 112 bits at least, none like another.
func TestT10_Quality(t *testing.T) {
	e := alone(t, auth.Config{})
	token := e.login(ada)
	seen := map[string]bool{}
	ones, bits := 0, 0
	for range 30 {
		app, _ := e.setup(token)
		if len(app.recovery) != 10 {
			t.Fatalf("%d codes", len(app.recovery))
		}
		for _, code := range app.recovery {
			b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(code, "-", ""))
			if err != nil || len(b)*8 < 112 || seen[code] {
				t.Fatalf("the code %q: %v", code, err)
			}
			seen[code] = true
			for _, c := range b {
				for ; c > 0; c &= c - 1 {
					ones++
				}
			}
			bits += len(b) * 8
		}
	}
	// 36,000 fair bits: one standard deviation is 95; six of them are one run in a billion.
	if off := ones - bits/2; off < -570 || off > 570 {
		t.Errorf("%d of %d bits are set", ones, bits)
	}
}

// TestT10_Storage dumps what is kept: neither a secret nor a code is in it, and each user's hashes are their own.
func TestT10_Storage(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		_, app := e.enrol(ada)
		kept, err := e.Config.Store.TOTP().Load(t.Context(), e.account(ada))
		if err != nil {
			t.Fatal(err)
		}
		dump := string(kept.Secret) + string(bytes.Join(kept.Codes, nil))
		if len(dump) < 10*32 || len(kept.Codes) != 10 {
			t.Errorf("%d hashes, %d bytes in all", len(kept.Codes), len(dump))
		}
		raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(app.secret)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range append(app.recovery, app.secret, string(raw)) {
			for _, form := range []string{secret, strings.ReplaceAll(secret, "-", ""), strings.ToLower(secret)} {
				if strings.Contains(dump, form) {
					t.Errorf("the store holds %q as it is", form)
				}
			}
		}
		if log := e.Logs(); strings.Contains(log, app.secret) || strings.Contains(log, app.recovery[0]) {
			t.Error("the log holds a secret")
		}
	})
}

// TestT10_SpentToTheLast uses a whole set: each works once, the count is visible, the owner hears of each and is warned at the last
// two, and when none is left there is nothing to spend.
func TestT10_SpentToTheLast(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token, app := e.enrol(ada)
		for i, code := range app.recovery {
			e.Events.Take()
			a := e.present("/auth/2fa/verify", e.login(ada), code)
			if a.status != http.StatusOK {
				t.Fatalf("code %d answers %d %s", i, a.status, a.body)
			}
			if me := e.get("/auth/me", a.text("token")); !strings.Contains(me.body, `"methods":["email_otp","recovery_code"]`) || !strings.Contains(me.body, `"aal":1`) {
				t.Errorf("the session says %s", me.body)
			}
			left := 9 - i
			if a := e.get("/auth/2fa", token); a.field("backup_codes_left") != float64(left) {
				t.Errorf("after code %d: %s", i, a.body)
			}
			warned := len(e.Events.Named("totp.recovery_codes_low"))
			if (left <= 2) != (warned == 1) || warned > 1 {
				t.Errorf("with %d left there are %d warnings", left, warned)
			}
			if left <= 2 {
				e.noticed(t, ada, "Few recovery codes")
			} else {
				e.noticed(t, ada, "with a recovery code")
			}
			preAuth := e.login(ada)
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/2fa/verify", preAuth, code) })
		}
		handle, code := e.code(ada)
		a := e.verify(ada, handle, code)
		if !strings.Contains(a.body, `"second_factors":["totp"]`) {
			t.Errorf("with no code left, sign-in answers %s", a.body)
		}
		e.twice(ada, app)
	})
}

// TestT10_Spelling: codes compare without case, blanks and dashes, and in no other way. One that is spent is spent under every spelling.
func TestT10_Spelling(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		_, app := e.enrol(ada)
		spellings := []func(string) string{
			func(s string) string { return s },
			strings.ToLower,
			func(s string) string { return strings.ReplaceAll(s, "-", "") },
			func(s string) string { return strings.ReplaceAll(s, "-", "  ") },
			func(s string) string { return "\t " + strings.Join(strings.Split(s, ""), "-") + "\r\n" },
		}
		refused := func(code string) {
			t.Helper()
			preAuth := e.login(ada)
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.present("/auth/2fa/verify", preAuth, code) })
		}
		for i, spell := range spellings {
			if a := e.present("/auth/2fa/verify", e.login(ada), spell(app.recovery[i])); a.status != http.StatusOK {
				t.Errorf("%q answers %d %s", spell(app.recovery[i]), a.status, a.body)
			}
			for j, again := range spellings {
				if j < 4 { // the fifth failure brings a wait
					refused(again(app.recovery[i]))
				}
			}
			if a := e.present("/auth/2fa/verify", e.login(ada), app.recovery[5+i]); a.status != http.StatusOK {
				t.Errorf("the next code answers %d %s", a.status, a.body)
			}
		}
		token, app := e.enrolAgain(ada)
		for _, spell := range []func(string) string{
			func(s string) string { return s[:len(s)-1] },
			func(s string) string { return s + "A" },
			func(s string) string { return strings.ReplaceAll(s, "-", "_") },
			func(s string) string { return strings.ReplaceAll(s, "-", "–") },
		} {
			refused(spell(app.recovery[9]))
		}
		if a := e.get("/auth/2fa", token); a.field("backup_codes_left") != float64(10) {
			t.Errorf("the state is %s", a.body)
		}
	})
}

// enrolAgain gives the account another app after a reset by the host.
func (e *env) enrolAgain(email string) (token string, p phoneApp) {
	e.t.Helper()
	if err := e.ResetSecondFactor(e.t.Context(), e.account(email), "all codes are spent"); err != nil {
		e.t.Fatal(err)
	}
	e.Clock.Advance(step)
	return e.enrol(email)
}

package regress

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// TestGHSA_9pvm_fcf6_9234_OneCode: after five wrong codes the right one is refused too.
func TestGHSA_9pvm_fcf6_9234_OneCode(t *testing.T) {
	shared(t, auth.Config{SignUp: true}, func(_ *testing.T, w *world) {
		handle, code := w.code(ada)
		for range 5 {
			w.verify(ada, handle, wrong(code)).want(http.StatusUnauthorized, "invalid_code")
		}
		w.verify(ada, handle, code).want(http.StatusUnauthorized, "invalid_code")
	})
}

// failing guesses once at each of n new codes, from an address of its own each, and answers the newest code.
func (w *world) failing(email string, n int) (newest string) {
	w.t.Helper()
	for i := range n {
		_, newest = w.code(email)
		w.verify(email, "", wrong(newest), from(fmt.Sprintf("198.51.100.%d", i+1))).want(http.StatusUnauthorized, "invalid_code")
	}
	return newest
}

// TestCVE_2026_33640_NewFlow: a new code for each guess is no new budget.
func TestCVE_2026_33640_NewFlow(t *testing.T) {
	shared(t, auth.Config{}, func(_ *testing.T, w *world) {
		w.account(ada)
		newest := w.failing(ada, 5)
		w.verify(ada, "", newest, from("192.0.2.9")).want(http.StatusTooManyRequests, "rate_limited")
	})
}

// TestCVE_2026_8760_WithoutSending: guesses are counted where they are made, not only where codes are sent.
func TestCVE_2026_8760_WithoutSending(t *testing.T) {
	shared(t, auth.Config{SignUp: true}, func(t *testing.T, w *world) {
		_, code := w.code(ada)
		refused := 0
		for i := range 100 {
			if a := w.verify(ada, "", wrong(code), from(fmt.Sprintf("198.51.100.%d", i+1))); a.status == http.StatusTooManyRequests {
				refused++
			}
		}
		if refused != 95 {
			t.Errorf("%d of 100 guesses were refused uncompared, want 95", refused)
		}
	})
}

// TestCVE_2026_15210_ParallelGuesses: fifty wrong guesses at once leave nothing for the right one.
func TestCVE_2026_15210_ParallelGuesses(t *testing.T) {
	shared(t, auth.Config{SignUp: true}, func(_ *testing.T, w *world) {
		handle, code := w.code(ada)
		w.race(func(int) answer { return w.verify(ada, handle, wrong(code)) })
		w.verify(ada, handle, code).want(http.StatusUnauthorized, "invalid_code")
	})
}

// TestCVE_2026_19256_Resend: asking for the code again does not forget the failures.
func TestCVE_2026_19256_Resend(t *testing.T) {
	w := open(t, auth.Config{SignUp: true})
	_, code := w.code(ada)
	for i := range 5 {
		w.verify(ada, "", wrong(code), from(fmt.Sprintf("198.51.100.%d", i+1)))
	}
	for range 3 {
		_, code = w.code(ada)
	}
	w.verify(ada, "", code, from("192.0.2.9")).want(http.StatusTooManyRequests, "rate_limited")
}

// TestCVE_2025_56224_OtherAddresses: guesses from a hundred networks are guesses at one account.
func TestCVE_2025_56224_OtherAddresses(t *testing.T) {
	w := open(t, auth.Config{SignUp: true})
	_, code := w.code(ada)
	for i := range 5 {
		w.verify(ada, "", wrong(code), from(fmt.Sprintf("203.0.%d.7", i)))
	}
	for i := range 100 {
		w.verify(ada, "", code, from(fmt.Sprintf("203.0.%d.7", 100+i))).want(http.StatusTooManyRequests, "rate_limited")
	}
}

// TestCVE_2025_4094_Enumerated tries codes one after the other, as the attack did: the right one is among them and does not help.
func TestCVE_2025_4094_Enumerated(t *testing.T) {
	w := open(t, auth.Config{SignUp: true})
	handle, code := w.code(ada)
	for i := range 200 {
		guess := fmt.Sprintf("%06d", i)
		if i == 150 {
			guess = code
		}
		if guess == code && i < 150 {
			continue
		}
		w.verify(ada, handle, guess, from("203.0.113.7")).refused()
	}
}

// TestCVE_2026_127079_Restart: a restart forgets no failure.
func TestCVE_2026_127079_Restart(t *testing.T) {
	shared(t, auth.Config{}, func(t *testing.T, w *world) {
		w.account(ada)
		newest := w.failing(ada, 5)
		again := start(t, w.Config, 1)
		again.verify(ada, "", newest, from("192.0.2.9")).want(http.StatusTooManyRequests, "rate_limited")
	})
}

// TestCVE_2026_128332_CounterOfTheLogin: failures at the second factor add up over sign-ins.
func TestCVE_2026_128332_CounterOfTheLogin(t *testing.T) {
	shared(t, auth.Config{}, func(_ *testing.T, w *world) {
		_, app := w.enrol(ada)
		for range 5 {
			w.present("/auth/2fa/verify", w.signIn(ada), wrong(w.now(app, 0))).want(http.StatusUnauthorized, "invalid_code")
		}
		w.present("/auth/2fa/verify", w.signIn(ada), w.now(app, 0)).want(http.StatusTooManyRequests, "rate_limited")
	})
}

// TestBetterAuth_10240_OneToken: five wrong codes void the token that they were tried with, however long one waits in between.
func TestBetterAuth_10240_OneToken(t *testing.T) {
	w := open(t, auth.Config{})
	_, app := w.enrol(ada)
	preAuth := w.signIn(ada)
	for range 5 {
		w.present("/auth/2fa/verify", preAuth, wrong(w.now(app, 0))).want(http.StatusUnauthorized, "invalid_code")
	}
	w.Clock.Advance(31 * time.Second)
	w.present("/auth/2fa/verify", preAuth, w.now(app, 0)).refused()
}

// TestBetterAuth_11162_OtherRoutes: guesses by other routes come out of the same budget.
func TestBetterAuth_11162_OtherRoutes(t *testing.T) {
	w := open(t, auth.Config{})
	token, app := w.enrol(ada)
	for _, path := range []string{"/auth/2fa/disable", "/auth/2fa/backup-codes", "/auth/reauthenticate", "/auth/2fa/disable", "/auth/reauthenticate"} {
		w.present(path, token, wrong(w.now(app, 0))).want(http.StatusUnauthorized, "invalid_code")
	}
	w.present("/auth/2fa/disable", token, w.now(app, 0)).want(http.StatusTooManyRequests, "rate_limited")
	w.present("/auth/2fa/verify", w.signIn(ada), w.now(app, 0)).want(http.StatusTooManyRequests, "rate_limited")
}

// TestAllauth_65_2_0_EveryDoor: the budget holds at every door that takes a code by mail, for whatever purpose.
func TestAllauth_65_2_0_EveryDoor(t *testing.T) {
	w := open(t, auth.Config{})
	token := w.signIn(ada)
	w.post("/auth/reauthenticate/options", "", key(token)).want(http.StatusOK, "")
	code := w.Inbox.Code(t, ada)
	for range 5 {
		w.present("/auth/reauthenticate", token, wrong(code)).refused()
	}
	w.present("/auth/reauthenticate", token, code).refused()
	change := w.post("/auth/me/identifiers", `{"email":"new@example.com"}`, key(token)).want(http.StatusOK, "").text("challenge")
	code = w.Inbox.Code(t, "new@example.com")
	confirm := func(code string) answer {
		return w.post("/auth/me/identifiers/verify", fmt.Sprintf(`{"code":%q,"challenge":%q}`, code, change), key(token))
	}
	for range 5 {
		confirm(wrong(code)).refused()
	}
	confirm(code).refused()
}

// TestAllauth_65_8_1_SuccessOfTheAttacker: signing in to one's own account between guesses clears nothing of the address.
func TestAllauth_65_8_1_SuccessOfTheAttacker(t *testing.T) {
	w := open(t, auth.Config{Limits: auth.Limits{IPPerMinute: 1000, IPFailures: 5, RecipientPerHour: 100, RecipientPerDay: 100}})
	attacker := from("203.0.113.7")
	for i := range 5 {
		victim := fmt.Sprintf("victim%d@example.com", i)
		w.account(victim)
		w.account(eve)
		_, code := w.code(victim)
		w.verify(victim, "", wrong(code), attacker).want(http.StatusUnauthorized, "invalid_code")
		handle, own := w.code(eve)
		w.verify(eve, handle, own, attacker).want(http.StatusOK, "")
	}
	w.account(ada)
	_, code := w.code(ada)
	w.verify(ada, "", wrong(code), attacker).want(http.StatusTooManyRequests, "rate_limited")
}

// TestAllauth_0_51_LetterCase: guesses at one mailbox in many spellings are guesses at one mailbox.
func TestAllauth_0_51_LetterCase(t *testing.T) {
	w := open(t, auth.Config{})
	w.account(ada)
	_, code := w.code(ada)
	for i, spelling := range []string{"Ada@example.com", "ADA@example.com", "ada@EXAMPLE.com", "aDa@Example.Com", " ada@example.com"} {
		w.verify(spelling, "", wrong(code), from(fmt.Sprintf("198.51.100.%d", i+1))).want(http.StatusUnauthorized, "invalid_code")
	}
	w.verify("adA@example.com", "", code, from("192.0.2.9")).want(http.StatusTooManyRequests, "rate_limited")
}

// TestAllauth_0_44_LetterCase: messages to one mailbox in many spellings are messages to one mailbox.
func TestAllauth_0_44_LetterCase(t *testing.T) {
	w := open(t, auth.Config{Limits: auth.Limits{IPPerMinute: 1 << 20, RecipientPerHour: 5, RecipientPerDay: 10}})
	for _, spelling := range []string{"ada@example.com", "Ada@example.com", "ADA@EXAMPLE.COM", "ada@Example.com", "ada@example.com."} {
		w.post("/auth/login/email", fmt.Sprintf(`{"email":%q}`, spelling)).want(http.StatusOK, "")
	}
	w.post("/auth/login/email", `{"email":"aDA@example.com"}`).want(http.StatusTooManyRequests, "rate_limited")
}

// few are limits that an attack of a few requests reaches.
var few = auth.Limits{IPPerMinute: 10, RecipientPerHour: 1000, RecipientPerDay: 1000}

// floods sends requests and answers how many got past the limit.
func (w *world) floods(n int, dress func(i int) []option) (past int) {
	w.t.Helper()
	for i := range n {
		if a := w.post("/auth/login/email", `{"email":"ada@example.com"}`, dress(i)...); a.status == http.StatusOK {
			past++
		}
	}
	return past
}

// TestCVE_2026_45364_IPv6: addresses of one network, and spellings of one address, are one client.
func TestCVE_2026_45364_IPv6(t *testing.T) {
	shared(t, auth.Config{Limits: few}, func(t *testing.T, w *world) {
		spellings := []string{"[2001:db8:1:2::%x]", "[2001:0DB8:1:2:0:0:0:%x]", "[2001:db8:1:2:ffff::%x]"}
		past := w.floods(60, func(i int) []option { return []option{from(fmt.Sprintf(spellings[i%3], i+1))} })
		if past != few.IPPerMinute {
			t.Errorf("%d requests of one network got past, want %d", past, few.IPPerMinute)
		}
		mapped := w.floods(30, func(i int) []option {
			return []option{from([]string{"192.0.2.1", "[::ffff:192.0.2.1]", "[::ffff:c000:201]"}[i%3])}
		})
		if mapped != few.IPPerMinute {
			t.Errorf("%d requests of one IPv4 address got past, want %d", mapped, few.IPPerMinute)
		}
	})
}

// TestGHSA_x732_6j76_qmhm_OtherPaths: a path in another spelling reaches no endpoint, so that no limit is gone around.
func TestGHSA_x732_6j76_qmhm_OtherPaths(t *testing.T) {
	w := open(t, auth.Config{Limits: few, SignUp: true})
	for _, path := range []string{
		"//auth/login/email", "/auth//login/email", "/auth/login//email", "/auth/./login/email", "/auth/x/../login/email", "/auth/login/email/",
		"/auth/login%2femail", "/auth/%6cogin/email", "/AUTH/login/email", "/auth/login/email%00", "/auth/login/email;x", `/auth\login\email`,
	} {
		for range 20 {
			if a := w.post(path, `{"email":"ada@example.com"}`); a.status < 300 && path != "/auth/%6cogin/email" {
				t.Errorf("%s answers %d", path, a.status)
			}
		}
	}
	past := w.floods(20, func(int) []option { return nil })
	w.Drain()
	if n := len(w.Inbox.Messages()); n > few.IPPerMinute || past > few.IPPerMinute {
		t.Errorf("%d messages were sent", n)
	}
}

// TestBetterAuth_10203_ForwardedByAClient: an address that a client names itself is not read.
func TestBetterAuth_10203_ForwardedByAClient(t *testing.T) {
	w := open(t, auth.Config{Limits: few})
	past := w.floods(50, func(i int) []option {
		return []option{from("203.0.113.7"), with("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i))}
	})
	if past != few.IPPerMinute {
		t.Errorf("%d got past", past)
	}
}

// TestHanko_2739_LeftMost: behind a proxy, what the client put in front of the proxy's word is not read.
func TestHanko_2739_LeftMost(t *testing.T) {
	w := open(t, auth.Config{Limits: few, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	past := w.floods(50, func(i int) []option {
		return []option{from("10.0.0.1"), with("X-Forwarded-For", fmt.Sprintf("198.51.100.%d, 203.0.113.7", i))}
	})
	if past != few.IPPerMinute {
		t.Errorf("%d got past", past)
	}
}

// TestAllauth_65_14_2_OtherHeaders: no other header names an address, behind a proxy either.
func TestAllauth_65_14_2_OtherHeaders(t *testing.T) {
	w := open(t, auth.Config{Limits: few, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	past := w.floods(50, func(i int) []option {
		o := []option{from("10.0.0.1"), with("X-Forwarded-For", "203.0.113.7")}
		for _, name := range []string{"X-Real-Ip", "Cf-Connecting-Ip", "True-Client-Ip", "X-Client-Ip", "Client-Ip", "X-Cluster-Client-Ip"} {
			o = append(o, with(name, fmt.Sprintf("198.51.100.%d", i)))
		}
		return append(o, with("Forwarded", fmt.Sprintf("for=198.51.100.%d", i)))
	})
	if past != few.IPPerMinute {
		t.Errorf("%d got past", past)
	}
}

// TestCVE_2026_20896_EverybodyIsAProxy: a list of proxies that everybody is on is refused.
func TestCVE_2026_20896_EverybodyIsAProxy(t *testing.T) {
	for _, everybody := range []string{"0.0.0.0/0", "::/0"} {
		_, err := auth.New(auth.Config{
			Issuer: issuer, Keys: authtest.Keys(), Secret: auth.NewSecret(), Email: authtest.NewInbox(),
			TrustedProxies: []netip.Prefix{netip.MustParsePrefix(everybody)},
		})
		if err == nil {
			t.Errorf("%s is accepted", everybody)
		}
	}
	_, err := auth.ConfigFrom(func(name string) (string, bool) { return "*", name == "TRUSTED_PROXIES" })
	if err == nil || !strings.Contains(err.Error(), "TRUSTED_PROXIES") {
		t.Errorf("* is accepted: %v", err)
	}
}

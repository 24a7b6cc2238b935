package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const ada = "ada@example.com"

// codeSignIn signs in by a code, with the keyboard alone. n is how many codes the address will have got.
func (p *page) codeSignIn(origin, address string, n int) {
	p.t.Helper()
	p.sees("#ask")
	p.types("#target", address+"\n")
	p.sees("#prove")
	p.types("#code", mailed(p.t, origin, address, n)+"\n")
}

func (p *page) signOut() {
	p.t.Helper()
	p.click("#logout")
	p.says("Signed out")
	p.sees("#ask")
}

// passkeySignIn signs in by the passkey, which waits in the suggestions of the address field or behind its button.
func (p *page) passkeySignIn() {
	p.t.Helper()
	p.until("a sign-in by passkey", func() bool {
		if p.evaluate(`document.getElementById("use-passkey").checkVisibility() ? "waits" : ""`) != "" {
			p.evaluate(`document.getElementById("use-passkey").click(), ""`)
		}
		return strings.Contains(p.text("#status"), "Signed in with a passkey")
	})
}

// TestTour goes through all that the first page of the example server offers, as a newcomer does.
func TestTour(t *testing.T) { tour(t) }

// TestTourInCookies is the same in cookie mode, where the page never sees a token.
func TestTourInCookies(t *testing.T) { tour(t, inCookies) }

func tour(t *testing.T, settings ...func(origin string) string) {
	t.Helper()
	origin := server(t, settings...)
	p := open(t, origin)
	p.accessible("the first look")
	p.picture("1-first")

	p.codeSignIn(origin, ada, 1)
	p.says("Signed in")
	if who := p.text("#who"); !strings.Contains(who, "email_otp") {
		t.Errorf("the page says %q of who is signed in", who)
	}
	p.click("#refresh")
	p.says("A new token")

	p.click("#factor-begin")
	p.sees("#qr")
	p.accessible("an authenticator app being set up")
	p.picture("2-factor")
	phone := p.scan()
	recovery := strings.Fields(p.text("#codes"))
	if len(recovery) != 10 {
		t.Fatalf("the page shows %d recovery codes, want 10", len(recovery))
	}
	p.types("#factor-code", phone.code(-1)+"\n")
	p.says("From now on")
	p.signOut()

	p.codeSignIn(origin, ada, 2)
	p.sees("#second-form")
	p.accessible("the second step")
	p.types("#second-code", phone.code(0)+"\n")
	p.says("two factors")
	p.signOut()
	p.codeSignIn(origin, ada, 3)
	p.sees("#second-form")
	p.types("#second-code", recovery[0]+"\n")
	p.says("two factors")
	p.until("the used recovery code is counted", func() bool { return strings.Contains(p.text("#factor-state"), "9 ") })

	p.click("#passkey-add")
	p.says("The passkey is added")
	p.click("#logout")
	p.passkeySignIn()
	if who := p.text("#who"); !strings.Contains(who, "webauthn") {
		t.Errorf("after the passkey the page says %q", who)
	}

	p.types("#key-name", "Nightly job\n")
	p.sees("#key-try")
	p.click("#key-try")
	p.says("A machine signed in")
	if answer := p.text("#key-answer"); !strings.Contains(answer, `"is_system_user": true`) {
		t.Errorf("the key's own token says %q", answer)
	}
	p.accessible("everything shown")
	p.picture("3-all")
	p.press("key-list", "Revoke")
	p.says("dead")

	p.press("passkey-list", "Remove")
	p.says("The passkey is removed")
	if n := p.passkeys(); n != 0 {
		t.Errorf("the authenticator still holds %d passkeys", n)
	}
}

// TestProviderTour signs in at the demo provider and comes back without a token in any address.
func TestProviderTour(t *testing.T) { providerTour(t) }

// TestProviderTourInCookies is the same in cookie mode.
func TestProviderTourInCookies(t *testing.T) { providerTour(t, inCookies) }

func providerTour(t *testing.T, settings ...func(origin string) string) {
	t.Helper()
	origin := server(t, settings...)
	p := open(t, origin)
	p.do(chromedp.Click(chromedp.Search(`//button[normalize-space()="Sign in with demo"]`)))
	p.sees(`input[name="email"]`)
	p.accessible("the demo provider")
	p.types(`input[name="email"]`, "grace@example.com\n")
	p.says("Signed in through a provider")
	if who := p.text("#who"); !strings.Contains(who, "oauth:demo") {
		t.Errorf("the page says %q", who)
	}
	p.until("the handoff code is gone from the address", func() bool {
		return p.evaluate(`location.href`) == origin+"/"
	})
}

// TestSecondBrowser ends a session where another browser is signed in: its next request is refused.
func TestSecondBrowser(t *testing.T) {
	origin := server(t)
	first, second := open(t, origin), open(t, origin)
	first.codeSignIn(origin, ada, 1)
	first.says("Signed in")
	second.codeSignIn(origin, ada, 2)
	second.says("Signed in")
	first.click("#refresh")
	first.says("A new token")
	first.press("session-list", "End")
	first.click("#end-others")
	first.says("ended")
	second.click("#refresh")
	second.sees("#ask")
}

// TestPhone: the page fits a phone, and the messages are where it says.
func TestPhone(t *testing.T) {
	origin := server(t)
	p := open(t, origin)
	p.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	p.codeSignIn(origin, "+46701234567", 1)
	p.says("Signed in")
	p.accessible("a phone")
	p.picture("4-phone")
	if p.evaluate(`String(document.documentElement.scrollWidth > document.documentElement.clientWidth)`) == "true" {
		t.Error("the page is wider than a phone")
	}
	p.do(chromedp.Navigate(origin + "/dev/inbox"))
	p.sees("#letters section")
	p.accessible("the messages")
	p.picture("5-inbox")
	p.do(chromedp.Navigate(origin + "/dev/messages"))
	p.sees("main section")
	p.accessible("all messages")
}

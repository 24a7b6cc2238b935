package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// inCookies turns cookie mode on.
func inCookies(string) string { return "COOKIE_MODE=true" }

// session is the cookie of the session as the browser holds it, or nil.
func (p *page) session() *network.Cookie {
	p.t.Helper()
	held, err := chromedp.Call(p.ctx, network.GetCookies, network.GetCookiesParams{})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range held.Cookies {
		if c.Name == "__Host-auth" {
			return c
		}
	}
	return nil
}

// TestCookie: in cookie mode a reload finds the session again, no script sees the token, and signing out takes the cookie away.
func TestCookie(t *testing.T) {
	origin := server(t, inCookies)
	p := open(t, origin)
	p.codeSignIn(origin, ada, 1)
	p.says("Signed in")
	c := p.session()
	if c == nil || !c.HTTPOnly || !c.Secure || c.SameSite != network.CookieSameSiteLax || c.Path != "/" || c.Domain != "localhost" {
		t.Fatalf("the browser holds %+v", c)
	}
	for _, script := range []string{"document.cookie", "JSON.stringify(localStorage)", "JSON.stringify(sessionStorage)", "document.documentElement.outerHTML"} {
		if seen := p.evaluate(script); strings.Contains(seen, c.Value) || script == "document.cookie" && seen != "" {
			t.Errorf("%s shows %q", script, seen)
		}
	}

	p.do(chromedp.Navigate(origin + "/"))
	p.sees("#signed-in")
	if who := p.text("#who"); !strings.Contains(who, "email_otp") {
		t.Errorf("after a reload the page says %q", who)
	}
	p.click("#refresh")
	p.says("A new token")
	if next := p.session(); next == nil || next.Value == c.Value {
		t.Error("a refresh leaves the old cookie")
	}

	p.signOut()
	if left := p.session(); left != nil {
		t.Errorf("after signing out the browser holds %+v", left)
	}
	p.do(chromedp.Navigate(origin + "/"))
	p.sees("#ask")
}

// TestCookieOfAnotherPage: a page of the same site on another origin, whose requests carry the cookie, can neither end the session nor sign
// its visitor in; and the session that it aimed at lives.
func TestCookieOfAnotherPage(t *testing.T) {
	origin := server(t, inCookies)
	p := open(t, origin)
	p.codeSignIn(origin, ada, 1)
	p.says("Signed in")
	before := p.session()

	sibling := startSibling(t)
	p.do(chromedp.Navigate(sibling))
	for _, path := range []string{"/auth/logout", "/auth/refresh", "/auth/login/verify"} {
		p.evaluate(fmt.Sprintf(`document.getElementById("form").action = %q, ""`, origin+path))
		p.click("#send")
		p.until("a refusal of "+path, func() bool { return strings.Contains(p.text("body"), "cross_origin") })
		p.do(chromedp.Navigate(sibling))
	}

	p.do(chromedp.Navigate(origin + "/"))
	p.sees("#signed-in")
	if after := p.session(); after == nil || before == nil || after.Value != before.Value {
		t.Error("the cookie has changed")
	}
}

// startSibling serves a page with a form on another port of the same host: to a browser that is the same site, and another origin.
func startSibling(t *testing.T) (origin string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><title>sibling</title><form id="form" method="post" enctype="text/plain"><input name='{"x":"' value='"}'><button id="send">Win</button></form>`)
	}))
	t.Cleanup(s.Close)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "http://localhost:" + port + "/"
}

package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// patience is how long a page or the server is waited for. A browser beside other tests on a small machine is slow.
const patience = time.Minute

// do runs what a person does at the page.
func (p *page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%v; the page says %q", err, p.text("#status"))
	}
}

func (p *page) click(sel string) {
	p.t.Helper()
	p.hits(chromedp.Click(chromedp.CSS(sel)), `e.target.closest(`+strconv.Quote(sel)+`)`)
}

func (p *page) sees(sel string) { p.t.Helper(); p.do(chromedp.WaitVisible(chromedp.CSS(sel))) }

func (p *page) types(sel, keys string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(chromedp.CSS(sel), keys))
}

// press presses the button with that label within sel.
func (p *page) press(sel, label string) {
	p.t.Helper()
	p.hits(
		chromedp.Click(chromedp.Search(`//*[@id="`+sel+`"]//button[normalize-space()="`+label+`"]`)),
		`e.target.closest("#`+sel+` button")?.innerText.trim() === `+strconv.Quote(label),
	)
}

// hits clicks until the click e met what was meant. A click goes to a place on the page, and a page that is still being filled moves what stood
// there away.
func (p *page) hits(click chromedp.Action[chromedp.Void], met string) {
	p.t.Helper()
	p.until("a click on what was meant", func() bool {
		p.evaluate(`window.missed = true, addEventListener("click", (e) => { window.missed = !(` + met + `) }, {capture: true, once: true}), ""`)
		p.do(click)
		return p.evaluate(`window.missed ? "missed" : ""`) == "" // a page that was left has no such member
	})
}

// text answers what an element says, or nothing where there is none.
func (p *page) text(sel string) string {
	p.t.Helper()
	return p.evaluate(`document.querySelector(` + strconv.Quote(sel) + `)?.innerText ?? ""`)
}

// evaluate answers a text that the page works out.
func (p *page) evaluate(script string) string {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](script))
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}

// says waits until the page's status line holds want.
func (p *page) says(want string) {
	p.t.Helper()
	p.until(want, func() bool { return strings.Contains(p.text("#status"), want) })
}

// until waits for something that the page does by itself.
func (p *page) until(what string, done func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("in vain: %s; the page says %q", what, p.text("#status"))
		}
	}
}

// dark switches the colours that the system prefers.
func (p *page) dark(on bool) {
	p.t.Helper()
	scheme := map[bool]string{true: "dark", false: "light"}[on]
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// picture keeps what the page looks like where AUTH_SCREENSHOTS names a folder.
func (p *page) picture(name string) {
	p.t.Helper()
	dir := os.Getenv("AUTH_SCREENSHOTS")
	if dir == "" {
		return
	}
	for _, scheme := range []string{"light", "dark"} {
		p.dark(scheme == "dark")
		png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name+"-"+scheme+".png"), png, 0o600)
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
	p.dark(false)
}

// mailed answers the newest code that was sent to an address, once there are at least n messages with one.
func mailed(t *testing.T, origin, to string, n int) string {
	t.Helper()
	for range 3000 { // a minute
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, origin+"/dev/inbox.json?to="+url.QueryEscape(to), nil)
		if err != nil {
			t.Fatal(err)
		}
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var letters []struct{ Code string }
		err = json.NewDecoder(w.Body).Decode(&letters)
		_ = w.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		var codes []string
		for _, l := range letters {
			if l.Code != "" {
				codes = append(codes, l.Code)
			}
		}
		if len(codes) >= n {
			return codes[0]
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("message %d to %s does not come", n, to)
	return ""
}

// app is an authenticator app: it has read the QR code on the page.
type app struct {
	t      *testing.T
	secret string
}

// scan reads the QR code as a camera would.
func (p *page) scan() *app {
	p.t.Helper()
	src := p.evaluate(`document.getElementById("qr").src`)
	png, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(src, "data:image/png;base64,"))
	if err != nil {
		p.t.Fatal(err)
	}
	file := filepath.Join(p.t.TempDir(), "qr.png")
	if err := os.WriteFile(file, png, 0o600); err != nil {
		p.t.Fatal(err)
	}
	text := output(p.t, "zbar-tools", "zbarimg", "--quiet", "--raw", file)
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "otpauth" {
		p.t.Fatalf("the QR code says %q: %v", text, err)
	}
	return &app{p.t, u.Query().Get("secret")}
}

// code answers the code of the step that many after the present one.
func (a *app) code(steps int) string {
	a.t.Helper()
	at := time.Now().Add(time.Duration(steps) * 30 * time.Second).UTC().Format("2006-01-02 15:04:05 UTC")
	return output(a.t, "oathtool", "oathtool", "--totp", "--base32", "--now", at, a.secret)
}

// output runs a program that a Debian package brings.
func output(t *testing.T, debian, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is not installed; get it with apt-get install %s", name, debian)
	}
	out, err := exec.CommandContext(t.Context(), path, args...).Output() //nolint:gosec // the tests' own
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return strings.TrimSpace(string(out))
}

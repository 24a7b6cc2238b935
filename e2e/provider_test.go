package e2e

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// TestDemoProvider signs in through the form of the example server's own provider.
func TestDemoProvider(t *testing.T) {
	p := open(t, server(t))
	way := p.watch()
	p.follow("Sign in with demo")
	p.types("#email", "ada@example.com")
	p.follow("Sign in")
	p.signedIn("oauth:demo")
	way.judge("demo")
}

// TestRealProvider signs in through the form of zitadel's provider, which shares no code with this library.
func TestRealProvider(t *testing.T) {
	issuer := zitadel(t)
	origin := server(t, func(origin string) string {
		id, secret := register(t, issuer, origin+"/auth/oauth2/zitadel/callback")
		all, err := json.Marshal(map[string]any{"zitadel": map[string]string{"client_id": id, "client_secret": secret, "issuer": issuer}})
		if err != nil {
			t.Fatal(err)
		}
		return "OAUTH2_PROVIDERS=" + string(all)
	})
	p := open(t, origin)
	for range 2 { // the second time is the same account
		way := p.watch()
		p.follow("Sign in with zitadel")
		p.types("#username", "ada")
		p.types("#password", "verysecure")
		p.follow("Login")
		p.signedIn("oauth:zitadel")
		way.judge("zitadel")
		p.click("#logout")
		p.sees("#ask")
	}
}

// follow presses the button with that label, wherever it is.
func (p *page) follow(label string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.Search(`//button[normalize-space()="` + label + `"]`)))
}

// signedIn waits until the page shows who is signed in, by which method, with nothing of the way left in the address bar.
func (p *page) signedIn(method string) {
	p.t.Helper()
	p.says("Signed in through a provider")
	at, who := p.evaluate("location.pathname + location.search + location.hash"), p.text("#who")
	if at != "/" || !strings.Contains(who, method) {
		p.t.Errorf("at %s the page says %s", at, who)
	}
}

// way is what a tab has asked for, and where it was sent.
type way struct {
	t  *testing.T
	mu sync.Mutex
	// asked are all URLs; sent those that a redirect led to, by the path that answered it.
	asked []string
	sent  map[string]hop
}

type hop struct {
	status int64
	to     string
}

// watch follows the tab from now on.
func (p *page) watch() *way {
	p.t.Helper()
	w := &way{t: p.t, sent: map[string]hop{}}
	err := chromedp.Listen(p.ctx, func(ev any) {
		e, ok := ev.(*network.EventRequestWillBeSent)
		if !ok {
			return
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.asked = append(w.asked, e.Request.URL)
		if r := e.RedirectResponse; r != nil {
			if u, err := url.Parse(r.URL); err == nil {
				w.sent[u.Path] = hop{r.Status, e.Request.URL}
			}
		}
	})
	if err == nil {
		_, err = chromedp.Call(p.ctx, network.Enable, network.EnableParams{})
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return w
}

// jws is a signed token: zitadel's codes are encrypted ones, which tell nothing.
var jws = regexp.MustCompile(`eyJ[\w-]+\.eyJ[\w-]+\.`)

// judge demands that the browser came back with 303 and a code, which was swapped, and that no token was part of any URL.
func (w *way) judge(provider string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	begun, back := w.sent["/auth/oauth2/"+provider+"/authorize"], w.sent["/auth/oauth2/"+provider+"/callback"]
	if begun.status != http.StatusFound || !strings.Contains(begun.to, "code_challenge_method=S256") {
		w.t.Errorf("it begins with %+v", begun)
	}
	u, err := url.Parse(back.to)
	if err != nil || back.status != http.StatusSeeOther || u.Path != "/" || len(u.Query()) != 1 || len(u.Query().Get("code")) != 43 {
		w.t.Errorf("it comes back with %+v", back)
	}
	if !slices.ContainsFunc(w.asked, func(s string) bool { return strings.HasSuffix(s, "/auth/oauth2/handoff") }) {
		w.t.Error("nothing was swapped")
	}
	for _, s := range w.asked {
		if jws.MatchString(s) {
			w.t.Errorf("a token is part of %s", s)
		}
	}
}

// zitadel starts zitadel's example provider and answers its issuer.
func zitadel(t *testing.T) string {
	t.Helper()
	bin := os.Getenv("AUTH_TEST_BIN")
	if bin == "" {
		bin = filepath.Join("..", ".cache", "bin")
	}
	cmd := exec.Command(filepath.Join(bin, "oidcop"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v; get it with \"make tools\"", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	issuer, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(issuer)
}

// register makes a client at the provider (RFC 7591).
func register(t *testing.T, issuer, redirect string) (id, secret string) {
	t.Helper()
	body := strings.NewReader(`{"redirect_uris":["` + redirect + `"]}`)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, issuer+"reg", body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var c struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := json.NewDecoder(res.Body).Decode(&c); err != nil || c.ID == "" {
		t.Fatalf("status %d, %v", res.StatusCode, err)
	}
	return c.ID, c.Secret
}

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	cdpwa "github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// page is a tab of a real browser with a virtual authenticator.
type page struct {
	t             *testing.T
	ctx           context.Context
	authenticator cdpwa.AuthenticatorID
}

// open starts a browser on the server's first page.
func open(t *testing.T, origin string) *page {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is not installed; get it with apt-get install chromium")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE localhost, EXCLUDE 127.0.0.1"))
	allocated, c1 := chromedp.NewExecAllocator(t.Context(), opts...)
	ctx, c2 := chromedp.NewContext(allocated)
	ctx, c3 := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(func() { c3(); _ = chromedp.Cancel(ctx); c2(); c1() })
	p := &page{t: t, ctx: ctx}
	if err := chromedp.Do(ctx, chromedp.Navigate(origin+"/")); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, cdpwa.Enable, cdpwa.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	added, err := chromedp.Call(ctx, cdpwa.AddVirtualAuthenticator, cdpwa.AddVirtualAuthenticatorParams{Options: &cdpwa.VirtualAuthenticatorOptions{
		Protocol: cdpwa.AuthenticatorProtocolCtap2, Transport: cdpwa.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.authenticator = added.AuthenticatorID
	return p
}

// outcome is what a script has answered, or the name of what it threw.
type outcome struct {
	Value  map[string]any
	Error  string
	Status map[string]any
}

// run runs the body of an async function as if the user had clicked. pk is the library's module, and json asks the server.
func (p *page) run(body string) outcome {
	p.t.Helper()
	script := fmt.Sprintf(`(async () => {
		const pk = await import("/auth/webauthn.js");
		const json = async (path, body, token, method) => {
			const headers = { "Content-Type": "application/json" };
			if (token) headers["X-API-Key"] = token;
			const r = await fetch(path, { method: method || (body ? "POST" : "GET"), headers, body: body && JSON.stringify(body) });
			const text = await r.text();
			return text ? JSON.parse(text) : { status: r.status };
		};
		const codeSignIn = async (email) => {
			const { challenge } = await json("/auth/login/email", { email });
			for (let i = 0; i < 200; i++) {
				const inbox = await json("/dev/inbox.json?to=" + encodeURIComponent(email));
				const code = inbox[0]?.code;
				if (code && code !== globalThis.usedCode) {
					globalThis.usedCode = code;
					return json("/auth/login/verify", { target: email, code, challenge });
				}
				await new Promise(r => setTimeout(r, 20));
			}
			throw new Error("no code came");
		};
		try { return JSON.stringify({ value: await (async () => { %s })() }); }
		catch (e) { return JSON.stringify({ error: e.name + ": " + e.message, status: { ...e } }); }
	})()`, body)
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise, func(e *runtime.EvaluateParams) { yes := true; e.UserGesture = &yes }))
	if err != nil {
		p.t.Fatal(err)
	}
	var o outcome
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		p.t.Fatalf("%v: %s", err, text)
	}
	return o
}

// must is run for what has to succeed.
func (p *page) must(body string) map[string]any {
	p.t.Helper()
	o := p.run(body)
	if o.Error != "" {
		p.t.Fatalf("%s: %s %v", body, o.Error, o.Status)
	}
	return o.Value
}

// passkeys counts what the authenticator holds.
func (p *page) passkeys() int {
	p.t.Helper()
	held, err := chromedp.Call(p.ctx, cdpwa.GetCredentials, cdpwa.GetCredentialsParams{AuthenticatorID: p.authenticator})
	if err != nil {
		p.t.Fatal(err)
	}
	return len(held.Credentials)
}

// verifies says whether the user passes the authenticator's check.
func (p *page) verifies(ok bool) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, cdpwa.SetUserVerified, cdpwa.SetUserVerifiedParams{AuthenticatorID: p.authenticator, IsUserVerified: ok}); err != nil {
		p.t.Fatal(err)
	}
}

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// axe is the source of axe-core.
func axe(t *testing.T) string {
	t.Helper()
	file := filepath.Join("..", "internal", "tools", "peers", "node_modules", "axe-core", "axe.min.js")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("axe-core is missing; get it with make tools: %v", err)
	}
	return string(b)
}

// accessible demands that axe-core has nothing against the page as it stands, in light and in dark.
func (p *page) accessible(where string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](axe(p.t)+"\n;true")); err != nil {
		p.t.Fatal(err)
	}
	for _, dark := range []bool{false, true} {
		p.dark(dark)
		found, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](`axe.run(document).then(({ violations }) =>
			violations.map(v => v.id + ": " + v.help + ": " + v.nodes.map(n => n.target + " " + n.failureSummary).join("; ")))`,
			chromedp.EvalAwaitPromise))
		if err != nil {
			p.t.Fatal(err)
		}
		for _, f := range found {
			p.t.Errorf("%s, dark %v: %s", where, dark, f)
		}
	}
	p.dark(false)
}

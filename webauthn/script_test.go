package webauthn

import (
	"regexp"
	"testing"
)

// TestScript: the browser side is one file under 3 kB that loads nothing else.
func TestScript(t *testing.T) {
	if len(script) >= 3000 {
		t.Errorf("it has %d bytes", len(script))
	}
	for _, loads := range []string{`(?m)^\s*import\b`, `import\(`, `importScripts`, `\beval\b`, `https?://`} {
		if found := regexp.MustCompile(loads).Find(script); found != nil {
			t.Errorf("it holds %q", found)
		}
	}
}

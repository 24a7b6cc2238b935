package storetest

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestMatrixInReadme compares the table of the README, which a run of the rules wrote, with the rules there are.
func TestMatrixInReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for view, rules := range map[string]int{
		"KV": len(kvRules()), "Users": len(userRules), "Sessions": len(sessionRules()), "Feed": len(feedRules), "Locks": len(lockRules), "TOTP": len(totpRules()),
		"Passkeys": len(passkeyRules), "APIKeys": len(apiKeyRules), "Links": len(linkRules), "Namespaces": len(storeRules),
	} {
		_, row, ok := strings.Cut(string(text), "| `"+view+"` |")
		row, _, _ = strings.Cut(row, "\n")
		cells := strings.Split(strings.Trim(row, " |"), "|")
		if !ok || len(cells) < 7 {
			t.Errorf("%s has no row with six back ends: run make matrix", view)
			continue
		}
		for _, c := range cells[1:] {
			if n, err := strconv.Atoi(strings.TrimSpace(c)); err != nil || n != rules {
				t.Errorf("%s has %d rules, and the README says %q: run make matrix", view, rules, c)
			}
		}
	}
}

package auth_test

import (
	"go/ast"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	eventForm = regexp.MustCompile(`^(apikey|captcha|limit|message|oauth|otp|request|session|sms|token|totp|user|webauthn)\.[a-z_]+$`)
	eventRow  = regexp.MustCompile("(?m)^\\| (`[^|]*`) \\|")
	ticked    = regexp.MustCompile("`([^`]+)`")
)

// TestEventsDocument holds the names in docs/events.md equal to those that the code records.
func TestEventsDocument(t *testing.T) {
	made := map[string]bool{}
	eachSource(t, func(file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok {
				if text, err := strconv.Unquote(lit.Value); err == nil && eventForm.MatchString(text) {
					made[text] = true
				}
			}
			return true
		})
	})
	for _, ceremony := range []string{"webauthn.create", "webauthn.get"} { // what browsers call them (WebAuthn Level 3, section 5.8.1)
		delete(made, ceremony)
	}
	b, err := os.ReadFile("docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, row := range eventRow.FindAllStringSubmatch(string(b), -1) {
		for _, name := range ticked.FindAllStringSubmatch(row[1], -1) {
			if told[name[1]] {
				t.Errorf("%s is told twice", name[1])
			}
			told[name[1]] = true
		}
	}
	if len(made) < 40 {
		t.Fatalf("only %d events are found: %s", len(made), strings.Join(slices.Sorted(maps.Keys(made)), " "))
	}
	for name := range made {
		if !told[name] {
			t.Errorf("docs/events.md does not tell of %s", name)
		}
	}
	for name := range told {
		if !made[name] {
			t.Errorf("docs/events.md tells of %s, which nothing records", name)
		}
	}
}

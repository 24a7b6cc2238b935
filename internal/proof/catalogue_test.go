package proof

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// TestCatalogue writes docs/security/catalogue.md, and demands a test for every case and a case for every test that is named like one.
func TestCatalogue(t *testing.T) {
	s := tests(t)
	of := map[string][]function{}
	for _, f := range s.tests {
		if id, ok := caseOf(f.name); ok {
			of[id] = append(of[id], f)
		}
	}
	var b strings.Builder
	total, known := 0, map[string]bool{}
	for _, area := range areas {
		fmt.Fprintf(&b, "\n## %s\n\n| case | what is tried | test | runs on |\n|---|---|---|---|\n", area.name)
		letter := area.name[:1]
		known[letter] = true
		s.rows(&b, letter, "the whole area", of[letter])
		for _, c := range area.cases {
			known[c.id] = true
			total++
			switch why, ok := unbuilt[c.id]; {
			case ok && len(of[c.id]) > 0:
				t.Errorf("%s is unbuilt and has a test: take it off the list", c.id)
			case ok:
				fmt.Fprintf(&b, "| %s | %s | – | %s |\n", c.id, c.title, why)
			case len(of[c.id]) == 0:
				t.Errorf("%s (%s) has no test", c.id, c.title)
			}
			s.rows(&b, c.id, c.title, of[c.id])
		}
	}
	for id, fs := range of {
		if !known[id] {
			t.Errorf("%s is named after %s, which is no case", fs[0].name, id)
		}
	}
	golden(t, "docs/security/catalogue.md", fmt.Sprintf(catalogueHead, total)+b.String())
}

const catalogueHead = `# The attack catalogue

Generated from the tests: "AUTH_UPDATE_GOLDEN=1 go test ./internal/proof" writes it anew, and a test fails when a case has none.

%d cases. The test of a case is named after it: OneWinner in the row O03 is TestO03_OneWinner. Tests of internal/catalogue send real
requests to real servers, and look at what each refusal means beside its status: no protected handler ran, nothing that could be a
credential came back, nothing was created, and the refusal is exactly one event.

"Everywhere" is memory and Redis with one instance and with two that share the store, and MongoDB with two. "No store" is for what is
decided without one.
`

// rows writes a line for each test of a case.
func (s *source) rows(b *strings.Builder, id, title string, fs []function) {
	for _, f := range fs {
		on := s.scope(f).String()
		if on == kits["internal/catalogue"]["each"].String() {
			on = "everywhere"
		}
		_, name, _ := strings.Cut(f.name, "_")
		fmt.Fprintf(b, "| %s | %s | %s: %s | %s |\n", id, title, f.dir, name, on)
	}
}

var caseName = regexp.MustCompile(`^Test([A-Z](?:[0-9][0-9])?)_`)

// caseOf answers the case that a test is named after, or the area.
func caseOf(name string) (string, bool) {
	m := caseName.FindStringSubmatch(name)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// TestScope proves that where a test runs is read off the helpers that it uses.
func TestScope(t *testing.T) {
	s := tests(t)
	for name, want := range map[string]string{
		"TestO03_OneWinner":             "memory × 1, 2, Redis × 1, 2, MongoDB × 2",
		"TestO04_Spellings":             "memory × 1",
		"TestN07_Pumping":               "memory × 2, Redis × 2, MongoDB × 2",
		"TestW12_LastWayIn":             "memory × 1, Redis × 1, MongoDB × 1",
		"TestJ01_AlgNoneAndItsVariants": "no store",
		"TestR05_ParallelGuesses":       "memory × 1",
	} {
		found := s.find(name)
		if len(found) != 1 {
			t.Errorf("%s is there %d times", name, len(found))
			continue
		}
		if got := s.scope(found[0]).String(); got != want {
			t.Errorf("%s runs on %q, want %q", name, got, want)
		}
	}
}

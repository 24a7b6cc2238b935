package proof

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// named finds tests and fuzz targets in a document.
var named = regexp.MustCompile("\\b(?:Test|Fuzz)[A-Z][A-Za-z0-9_]*")

// code are the examples in a document, which name tests of their readers.
var code = regexp.MustCompile("(?s)\n```.*?\n```")

// TestPromises demands sixteen numbered promises, each with tests that are there.
func TestPromises(t *testing.T) {
	_, rest, _ := strings.Cut(read(t, "SECURITY.md"), "\n## What is promised\n")
	promises, _, ok := strings.Cut(rest, "\n## What is not promised\n")
	if !ok {
		t.Fatal("SECURITY.md has no chapter of promises")
	}
	items := regexp.MustCompile(`(?m)^(\d+)\. \*\*`).FindAllStringIndex(promises, -1)
	const want = 16
	if len(items) != want {
		t.Fatalf("%d promises, want %d", len(items), want)
	}
	for i, at := range items {
		end := len(promises)
		if i+1 < len(items) {
			end = items[i+1][0]
		}
		text := promises[at[0]:end]
		if !strings.HasPrefix(text, fmt.Sprintf("%d. ", i+1)) {
			t.Errorf("promise %d is numbered otherwise: %.40s", i+1, text)
		}
		if len(named.FindAllString(text, -1)) == 0 {
			t.Errorf("promise %d names no test", i+1)
		}
	}
}

// TestNamedTestsAreThere demands that every test that a document names exists.
func TestNamedTestsAreThere(t *testing.T) {
	s := tests(t)
	documents := []string{"SECURITY.md", "README.md", "CHANGELOG.md"}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			name, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			documents = append(documents, name)
		}
	}
	for _, name := range documents {
		for _, test := range named.FindAllString(code.ReplaceAllString(read(t, name), ""), -1) {
			if len(s.find(test)) == 0 {
				t.Errorf("%s names %s, which is not there", name, test)
			}
		}
	}
}

// TestLinksOfTheDocuments demands that every file that a document of security links to exists.
func TestLinksOfTheDocuments(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	for _, name := range []string{"SECURITY.md", "README.md", "docs/security/threat-model.md", "docs/security/asvs.md"} {
		for _, m := range link.FindAllStringSubmatch(read(t, name), -1) {
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(name), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", name, m[1], err)
			}
		}
	}
}

var (
	caseID = regexp.MustCompile(`\b[A-Z][0-9]{2}\b`)
	// threat is a row of the threat model: number, STRIDE, threat, control, promise, cases, what remains.
	threat = regexp.MustCompile(`(?m)^\| T(\d+) \| [STRIDE] \| [^|]+ \| [^|]+ \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$`)
	// requirement is a row about ASVS or NIST: what, status, how, kept by.
	requirement = regexp.MustCompile(`(?m)^\| ([0-9x.,– ]+) \|(?: [0-9–]+ \|)? [^|]+ \|([^|]*)\|([^|]*)\|([^|]*)\|$`)
)

// checkCases demands that every case that a text names is one.
func checkCases(t *testing.T, where, text string) {
	t.Helper()
	known := map[string]bool{}
	for _, area := range areas {
		for _, c := range area.cases {
			known[c.id] = true
		}
	}
	for _, id := range caseID.FindAllString(text, -1) {
		if !known[id] {
			t.Errorf("%s names %s, which is no case", where, id)
		}
	}
}

// TestThreatModel demands of every threat a promise or none said, cases or tests that are there, and what remains.
func TestThreatModel(t *testing.T) {
	text := read(t, "docs/security/threat-model.md")
	rows := threat.FindAllStringSubmatch(text, -1)
	if lines := strings.Count(text, "\n| T"); len(rows) != lines || lines < 30 {
		t.Fatalf("%d of %d rows are readable", len(rows), lines)
	}
	for i, row := range rows {
		where := "threat T" + row[1]
		if row[1] != strconv.Itoa(i+1) {
			t.Errorf("%s stands in place %d", where, i+1)
		}
		checkCases(t, where, row[3])
		if !caseID.MatchString(row[3]) {
			t.Errorf("%s names no case", where)
		}
		for _, promise := range strings.Fields(row[2]) {
			if n := 0; promise != "–" {
				if _, err := fmt.Sscan(promise, &n); err != nil || n < 1 || n > 16 {
					t.Errorf("%s names the promise %q", where, promise)
				}
			}
		}
	}
	for _, chapter := range []string{"Lock-out", "What messages cost", "Clock", "Rotation of keys", "Several instances", "Backup and restore"} {
		if !strings.Contains(text, "\n## "+chapter+"\n") {
			t.Errorf("there is no chapter %q", chapter)
		}
	}
}

// TestRequirements demands of every requirement a status; of one that is met a case or a test, or where it is written; of one that is
// not met the reason.
func TestRequirements(t *testing.T) {
	text := read(t, "docs/security/asvs.md")
	rows := requirement.FindAllStringSubmatch(text, -1)
	lines := regexp.MustCompile(`(?m)^\| [0-9]`).FindAllString(text, -1)
	if len(rows) != len(lines) || len(rows) < 90 {
		t.Fatalf("%d of %d rows are readable", len(rows), len(lines))
	}
	for _, row := range rows {
		where, status, how, kept := row[1], strings.TrimSpace(row[2]), strings.TrimSpace(row[3]), row[4]
		checkCases(t, where, kept)
		proven := caseID.MatchString(kept) || named.MatchString(kept)
		switch status {
		case "met":
			if !proven && how == "" {
				t.Errorf("%s is met, and nothing says by what", where)
			}
		case "not met", "in part", "not applicable":
			if how == "" {
				t.Errorf("%s is %s without a reason", where, status)
			}
		default:
			t.Errorf("%s has the status %q", where, status)
		}
	}
}

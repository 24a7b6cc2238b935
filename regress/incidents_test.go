package regress

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// name is how tests of an incident begin: "TestCVE_2026_82470_".
func (i incident) name() string {
	words := regexp.MustCompile(`[A-Za-z0-9]+`).FindAllString(i.id, -1)
	project := regexp.MustCompile(`^[A-Za-z_0-9]+(-[A-Za-z]+)*`).FindString(i.id)
	if strings.HasPrefix(i.id, "CVE-") || strings.HasPrefix(i.id, "GHSA-") || strings.HasPrefix(i.id, "GO-") {
		return "Test" + strings.Join(words, "_") + "_"
	}
	parts := regexp.MustCompile(`[-_]`).Split(project, -1)
	for n, p := range parts {
		parts[n] = strings.ToUpper(p[:1]) + p[1:]
	}
	name, numbered := "Test"+strings.Join(parts, ""), true
	for _, word := range regexp.MustCompile(`[A-Za-z0-9]+`).FindAllString(strings.TrimPrefix(i.id, project), -1) {
		number := strings.ContainsAny(word, "0123456789")
		if number || numbered {
			name += "_"
		}
		if !number {
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		name, numbered = name+word, number
	}
	return name + "_"
}

// named answers the tests of this folder, by name.
func named(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && strings.HasPrefix(fn.Name.Name, "Test") && fn.Name.Name != "TestMain" && fn.Name.Name != "TestIncidents" {
				names = append(names, fn.Name.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

const head = `# Incidents of others

What went wrong in authentication libraries and products from 2022 to 2026, each with the test of package regress that does the same to this library, or with
the reason why it cannot happen here. Identifiers are those of public advisories and issue trackers; what is said of them is in our words. Written by
"AUTH_UPDATE_GOLDEN=1 go test ./regress -run TestIncidents", which fails when one has neither a test nor a reason.

%d identifiers: %d with a test, %d that cannot happen here or of which nothing is claimed.

| identifier | where | what | test, or why not |
|---|---|---|---|
`

// TestIncidents demands a test or a reason for every incident, and an incident for every test, and keeps the document.
func TestIncidents(t *testing.T) {
	names, used := named(t), map[string]bool{}
	var rows strings.Builder
	tested, all := 0, slices.Concat(firstIncidents, secondIncidents)
	seen := map[string]bool{}
	for _, i := range all {
		if seen[i.id] {
			t.Errorf("%s is there twice", i.id)
		}
		seen[i.id] = true
		var own []string
		for _, n := range names {
			if strings.HasPrefix(n+"_", i.name()) {
				own, used[n] = append(own, n), true
			}
		}
		why, cannot := notHere[i.id]
		switch {
		case cannot && len(own) > 0:
			t.Errorf("%s cannot happen and has the tests %v", i.id, own)
		case !cannot && len(own) == 0:
			t.Errorf("%s has neither a test (%s…) nor a reason", i.id, i.name())
		case len(own) > 0:
			tested++
			why = strings.Join(own, "<br>")
		}
		fmt.Fprintf(&rows, "| %s | %s | %s | %s |\n", i.id, i.where, i.what, why)
	}
	for _, n := range names {
		if !used[n] {
			t.Errorf("%s belongs to no incident", n)
		}
	}
	for id := range notHere {
		if !seen[id] {
			t.Errorf("there is a reason for %s, which is no incident", id)
		}
	}
	want := fmt.Sprintf(head, len(all), tested, len(all)-tested) + rows.String()
	const file = "../docs/security/incidents.md"
	if os.Getenv("AUTH_UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("%s is not what the tests say: AUTH_UPDATE_GOLDEN=1 go test ./regress -run TestIncidents (%v)", file, err)
	}
}

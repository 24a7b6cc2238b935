package proof

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// module is what "go list" says about one.
type module struct {
	Path, Version, Dir string
	Main               bool
}

// list runs "go list" in the folder of the library and reads the objects that it answers.
func list[T any](t *testing.T, args ...string) []T {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var v T
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
}

// pack is what "go list -deps" says about a package.
type pack struct {
	ImportPath string
	Standard   bool
	Module     *module
}

// linked answers the modules whose packages belong to these, tests included where asked for, without the library itself.
func linked(t *testing.T, args ...string) (modules []module, packages int) {
	t.Helper()
	seen := map[string]bool{}
	for _, p := range list[pack](t, append([]string{"-deps", "-json=ImportPath,Standard,Module"}, args...)...) {
		if !p.Standard {
			packages++
		}
		if p.Module == nil || p.Module.Main || seen[p.Module.Path] {
			continue
		}
		seen[p.Module.Path] = true
		modules = append(modules, *p.Module)
	}
	slices.SortFunc(modules, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return modules, packages
}

// licences are those that a module may have, each told by words that only it has.
var licences = []struct {
	name  string
	words []string
}{
	{"Apache-2.0", []string{"Apache License", "Version 2.0"}},
	{"MIT", []string{"Permission is hereby granted, free of charge", "without restriction"}},
	{"BSD-3-Clause", []string{"Redistribution and use in source and binary forms", "Neither the name"}},
	{"BSD-2-Clause", []string{"Redistribution and use in source and binary forms"}},
	{"CC0-1.0", []string{"CC0 1.0 Universal"}},
}

// licence reads the licence of a module out of its own file.
func licence(dir string) (name, file string, err error) {
	for _, pattern := range []string{"LICENSE*", "LICENCE*", "COPYING*", "License*"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return "", "", err
		}
		for _, f := range found {
			text, err := os.ReadFile(f)
			if err != nil {
				continue // a folder
			}
			words := strings.Join(strings.Fields(string(text)), " ")
			for _, l := range licences {
				if !slices.ContainsFunc(l.words, func(w string) bool { return !strings.Contains(words, w) }) {
					return l.name, filepath.Base(f), nil
				}
			}
		}
	}
	return "", "", errors.New("no licence that is known")
}

const licencesHead = `# Licences

Generated from the licence files of the modules: "AUTH_UPDATE_GOLDEN=1 go test ./internal/proof" writes it anew, and a test fails when a module
comes in that is not here, or whose licence is none of the known ones.

"Always" are modules that a program links which imports the root package alone; "chosen" are those of the back ends, senders and further packages that a host
imports itself; "tests" are those of the library's own tests. The library is MIT.

| module | version | licence | linked |
|---|---|---|---|
`

// TestLicences writes docs/security/licences.md, and demands a known licence of every module that the library or its tests are built from.
func TestLicences(t *testing.T) {
	always, _ := linked(t, ".")
	chosen, _ := linked(t, "./...")
	all, _ := linked(t, "-test", "./...")
	var b strings.Builder
	for _, m := range all {
		name, file, err := licence(m.Dir)
		if err != nil {
			t.Errorf("%s: %v", m.Path, err)
			continue
		}
		is := func(other module) bool { return other.Path == m.Path }
		when := "tests"
		switch {
		case slices.ContainsFunc(always, is):
			when = "always"
		case slices.ContainsFunc(chosen, is):
			when = "chosen"
		}
		fmt.Fprintf(&b, "| %s | %s | %s (%s) | %s |\n", m.Path, m.Version, name, file, when)
	}
	golden(t, "docs/security/licences.md", licencesHead+b.String())
}

// TestLicence_Unknown proves that a module without a known licence is noticed.
func TestLicence_Unknown(t *testing.T) {
	dir := t.TempDir()
	if name, _, err := licence(dir); err == nil {
		t.Errorf("no file is %s", name)
	}
	if err := os.WriteFile(filepath.Join(dir, "LICENSE"), []byte("You may do nothing."), 0o600); err != nil {
		t.Fatal(err)
	}
	if name, _, err := licence(dir); err == nil {
		t.Errorf("a licence of one's own is %s", name)
	}
}

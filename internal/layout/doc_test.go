package layout

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

var (
	explains = regexp.MustCompile(`(?m)^// Package \w+ [\s\S]*^package `)
	shows    = regexp.MustCompile(`(?m)^func Example`)
	program  = regexp.MustCompile(`(?m)^package main$`)
)

// unexplained returns one sentence for each package that programs import and that has no doc.go with a package comment, or no
// example. Programs and what is internal are left out.
func unexplained(tree fs.FS) ([]string, error) {
	var breaches []string
	err := fs.WalkDir(tree, ".", func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		name := entry.Name()
		if dir != "." && (strings.HasPrefix(name, ".") || name == "internal" || name == "examples" || name == "regress" || name == "testdata" || name == "node_modules") {
			return fs.SkipDir
		}
		if _, err := fs.Stat(tree, path.Join(dir, "go.mod")); err == nil && dir != "." && dir != "otel" {
			return fs.SkipDir
		}
		files, err := fs.Glob(tree, path.Join(dir, "*.go"))
		if err != nil {
			return err
		}
		public, example := false, false
		for _, file := range files {
			text, err := fs.ReadFile(tree, file)
			if err != nil {
				return err
			}
			if strings.HasSuffix(file, "_test.go") {
				example = example || shows.Match(text)
			} else if !program.Match(text) {
				public = true
			}
		}
		if !public {
			return nil
		}
		if text, err := fs.ReadFile(tree, path.Join(dir, "doc.go")); err != nil || !explains.Match(text) {
			breaches = append(breaches, fmt.Sprintf("%s has no doc.go with a package comment", dir))
		}
		if !example {
			breaches = append(breaches, fmt.Sprintf("%s has no example", dir))
		}
		return nil
	})
	return breaches, err
}

func TestPackagesAreExplained(t *testing.T) {
	breaches, err := unexplained(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	for _, breach := range breaches {
		t.Error(breach)
	}
}

func TestUnexplained(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	got, err := unexplained(fstest.MapFS{
		"good/doc.go": file("// Package good is fine.\npackage good\n"), "good/x_test.go": file("package good_test\n\nfunc ExampleX() {}\n"),
		"bare/bare.go":            file("// Package bare has its comment elsewhere.\npackage bare\n"),
		"internal/x/x.go":         file("package x\n"),
		"cmd/main.go":             file("// Command cmd runs.\npackage main\n"),
		"apart/go.mod":            file("module apart\n"),
		"apart/x.go":              file("package apart\n"),
		"good/testdata/broken.go": file("package broken\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || !strings.HasPrefix(got[0], "bare has no doc.go") || !strings.HasPrefix(got[1], "bare has no example") {
		t.Errorf("got %q", got)
	}
}

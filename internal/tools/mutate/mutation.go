package main

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strings"
)

// errStale says that a mutation no longer fits the tree.
var errStale = errors.New("stale mutation")

// area is one file of the list: the controls of one part of the library.
type area struct {
	name      string // the file's, without its ending
	title     string
	mutations []mutation
}

// mutation takes one control out of the code.
type mutation struct {
	control string
	note    string // what a reader of the document should know; may be empty
	pkg     string // the package whose tests are named, as "./otp"
	run     string // for go test -run
	edits   []edit
}

// edit replaces a text that stands in its file exactly once.
type edit struct {
	file, old, new string
}

// apply returns the mutated files by name. Each of them is Go that parses.
func (m mutation) apply(tree fs.FS) (map[string]string, error) {
	files := make(map[string]string)
	for _, e := range m.edits {
		text, ok := files[e.file]
		if !ok {
			data, err := fs.ReadFile(tree, e.file)
			if err != nil {
				return nil, fmt.Errorf("%w: %s: %w", errStale, m.control, err)
			}
			text = string(data)
		}
		if n := strings.Count(text, e.old); n != 1 {
			return nil, fmt.Errorf("%w: %s: %s holds the text %d times: %s", errStale, m.control, e.file, n, e.old)
		}
		files[e.file] = strings.Replace(text, e.old, e.new, 1)
	}
	for name, text := range files {
		if _, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution); err != nil {
			return nil, fmt.Errorf("%s: %w", m.control, err)
		}
	}
	return files, nil
}

// named reports whether the test functions that a mutation runs are there.
func (m mutation) named(tree fs.FS) error {
	for alternative := range strings.SplitSeq(m.run, "|") {
		name := strings.Trim(whole(alternative), "^$")
		if ok, err := m.has(tree, name); err != nil || !ok {
			return errors.Join(fmt.Errorf("%s: %s has no test %s", m.control, m.pkg, name), err)
		}
	}
	return nil
}

// has reports whether the package of a mutation's tests has a function whose name begins like this.
func (m mutation) has(tree fs.FS, name string) (bool, error) {
	files, err := fs.Glob(tree, path.Join(m.pkg, "*_test.go"))
	if err != nil {
		return false, err
	}
	for _, file := range files {
		text, err := fs.ReadFile(tree, file)
		if err != nil {
			return false, err
		}
		if strings.Contains(string(text), "\nfunc "+name) {
			return true, nil
		}
	}
	return false, nil
}

package layout

import (
	"bytes"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

// longest is how many lines a Go file may have: one noun fits.
const longest = 400

// generated is how a file says that a program wrote it.
var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// tooLong returns one sentence for each Go file under tree that is too long, those of nested modules included.
func tooLong(tree fs.FS) ([]string, error) {
	var breaches []string
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		if n := bytes.Count(text, []byte("\n")); n > longest && !generated.Match(text) {
			breaches = append(breaches, fmt.Sprintf("%s has %d lines, more than %d", name, n, longest))
		}
		return nil
	})
	return breaches, err
}

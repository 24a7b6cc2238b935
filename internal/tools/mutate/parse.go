package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// readList reads every area of a folder, in the order of their names.
func readList(tree fs.FS, folder string) ([]area, error) {
	names, err := fs.Glob(tree, folder+"/*.txt")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	seen := make(map[string]bool)
	areas := make([]area, 0, len(names))
	for _, name := range names {
		data, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, err
		}
		a, err := parse(string(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		a.name = strings.TrimSuffix(path.Base(name), ".txt")
		for _, m := range a.mutations {
			if seen[m.control] {
				return nil, fmt.Errorf("%s: %q stands in the list twice", name, m.control)
			}
			seen[m.control] = true
		}
		areas = append(areas, a)
	}
	return areas, nil
}

// parse reads one area:
//
//	# Title of the area
//
//	=== The control, as a sentence
//	note: what a reader should know (may be left out)
//	test: ./pkg TestName/case
//	--- pkg/file.go
//	the text to replace
//	+++
//	the text that stands there then, or nothing
//
// A mutation may hold several edits, applied one after the other. A text ends before the line break at its end.
func parse(text string) (area, error) {
	var (
		a     area
		m     *mutation
		block *string // the half of an edit that lines go to
	)
	add := func(line string) {
		if *block != "" {
			*block += "\n"
		}
		*block += line
	}
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		mark, rest, _ := strings.Cut(line, " ")
		switch {
		case mark == "===":
			a.mutations = append(a.mutations, mutation{control: rest})
			m, block = &a.mutations[len(a.mutations)-1], nil
		case mark == "---" && m != nil:
			m.edits = append(m.edits, edit{file: rest})
			block = &m.edits[len(m.edits)-1].old
		case mark == "+++" && block != nil:
			block = &m.edits[len(m.edits)-1].new
		case block != nil:
			add(line)
		case mark == "#" && m == nil:
			a.title = rest
		case mark == "note:" && m != nil:
			m.note = rest
		case mark == "test:" && m != nil:
			m.pkg, m.run, _ = strings.Cut(rest, " ")
		case line != "":
			return a, fmt.Errorf("line %d: %q is neither a mark nor part of a text", n+1, line)
		}
	}
	for i := range a.mutations {
		if err := a.mutations[i].complete(); err != nil {
			return a, err
		}
	}
	if a.title == "" {
		return a, errors.New("the area has no title")
	}
	return a, nil
}

// complete drops the blank lines between mutations and refuses what lacks a part.
func (m *mutation) complete() error {
	for i := range m.edits {
		e := &m.edits[i]
		e.old, e.new = strings.TrimRight(e.old, "\n"), strings.TrimRight(e.new, "\n")
		if e.old == "" || e.old == e.new {
			return fmt.Errorf("%q: an edit of %s changes nothing", m.control, e.file)
		}
	}
	if m.control == "" || m.run == "" || len(m.edits) == 0 {
		return fmt.Errorf("%q needs a name, a test and an edit", m.control)
	}
	return nil
}

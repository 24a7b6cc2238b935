package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// document is where the outcome lies, from the root of the module.
const document = "docs/security/mutations.md"

// record is what runs have found: by what a row says of a mutation, the test that went red and the day. A mutation that was changed is
// another one.
type record map[string]result

type result struct{ test, day string }

// update changes what the document records.
func update(root string, areas []area, change func(r record)) error {
	file := filepath.Join(root, filepath.FromSlash(document))
	r, err := recorded(root)
	if err != nil {
		return err
	}
	change(r)
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(render(areas, r)), 0o644) //nolint:gosec // the document is for everyone
}

// recorded answers what the document records; nothing where there is none.
func recorded(root string) (record, error) {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(document))) //nolint:gosec // below the module's own folder
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return remembered(string(text)), nil
}

// render writes the document.
func render(areas []area, r record) string {
	var rows strings.Builder
	var total, held int
	var first, last string
	for _, a := range areas {
		fmt.Fprintf(&rows, "\n## %s\n\n| control | file | taken out | red test | day |\n|---|---|---|---|---|\n", a.title)
		for _, m := range a.mutations {
			total++
			found, ok := r[m.row()]
			test := "**none**"
			if ok {
				held++
				test = code(strings.TrimPrefix(m.pkg, "./") + " " + found.test)
				first, last = min(cmp.Or(first, found.day), found.day), max(last, found.day)
			}
			fmt.Fprintf(&rows, "| %s | %s | %s |\n", m.row(), test, found.day)
		}
	}
	return fmt.Sprintf(`# The tests of the controls, tested

Each row takes one control out of the code and names the test that then fails. `+"`make mutate`"+` does all of it again and writes this
page; the mutations themselves are in `+"`internal/tools/mutate/list`"+`. A test fails when one of them no longer fits the code, or when this
page no longer fits the list. A mutation that does not compile, or whose tests hang, does not count. Where two controls stand one
behind the other, both are taken out, and the row says so. What stands before a library that refuses the same is not listed: no test
can tell the two apart.

%d mutations, %d held by a test, %d not. Run from %s to %s.
`, total, held, total-held, first, last) + rows.String()
}

// remembered reads back what render wrote.
func remembered(text string) record {
	r := make(record)
	for line := range strings.SplitSeq(text, "\n") {
		cells := strings.Split(line, " | ")
		if len(cells) != 5 {
			continue
		}
		first, row := strings.CutPrefix(cells[0], "| ")
		_, test, tested := strings.Cut(strings.Trim(cells[3], "`"), " ")
		if row && tested {
			r[strings.Join([]string{first, cells[1], cells[2]}, " | ")] = result{strings.ReplaceAll(test, `\|`, "|"), strings.TrimSuffix(cells[4], " |")}
		}
	}
	return r
}

// row is what a row says of the mutation.
func (m mutation) row() string {
	control := cell(m.control)
	if m.note != "" {
		control += ". " + cell(m.note)
	}
	return strings.Join([]string{control, m.places(), m.taken()}, " | ")
}

// places names the files of a mutation, each once.
func (m mutation) places() string {
	var names []string
	for _, e := range m.edits {
		if len(names) == 0 || names[len(names)-1] != code(e.file) {
			names = append(names, code(e.file))
		}
	}
	return strings.Join(names, ", ")
}

// taken shows what goes, and what stands there instead.
func (m mutation) taken() string {
	parts := make([]string, 0, len(m.edits))
	for _, e := range m.edits {
		was, is := differ(e.old, e.new)
		part := code(was)
		if is != "" {
			part += " → " + code(is)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// differ drops the lines that two texts share at their ends, and shortens what is left.
func differ(was, is string) (string, string) {
	a, b := strings.Split(was, "\n"), strings.Split(is, "\n")
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return short(a), short(b)
}

// short joins lines to one that fits a table.
func short(lines []string) string {
	const longest = 160
	text := []rune(strings.Join(strings.Fields(strings.Join(lines, " ")), " "))
	if len(text) > longest {
		text = append(text[:longest-1], '…')
	}
	return string(text)
}

// cell makes a text fit a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// code shows a text as it is written.
func code(text string) string {
	text = cell(text)
	if text == "" {
		return "nothing"
	}
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}

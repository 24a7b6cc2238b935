package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const source = `package p

const limit = 5

type set[T any] struct{ all []T }

func (s *set[T]) add(v ...T) { s.all = append(s.all, v...) }

func first[T any](all []T) (T, bool) {
	var none T
	if len(all) == 0 {
		return none, false
	}
	return all[0], true
}

func allowed(n int) bool { return n < limit }

func unnamed(int) bool { return false }

func caught() (err any) {
	defer func() { err = recover() }()
	panic("x")
}
`

func TestSwitched(t *testing.T) {
	for rule, tt := range map[string]struct {
		old, new string
		want     bool
	}{
		"the body of a function can be switched": {"return n < limit", "return true", true},
		"that of a method of a generic type too": {"s.all = append(s.all, v...)", "s.all = v", true},
		"and that of a generic function":         {"len(all) == 0", "len(all) == 1", true},
		"so can its parameters' names":           {"allowed(n int) bool { return n < limit }", "allowed(_ int) bool { return true }", true},
		"a constant cannot":                      {"limit = 5", "limit = 6", false},
		"what has unnamed parameters cannot":     {"{ return false }", "{ return true }", false},
		"what recovers cannot":                   {`panic("x")`, `panic("y")`, false},
	} {
		t.Run(rule, func(t *testing.T) {
			s := &switcher{tree: fstest.MapFS{"p/p.go": {Data: []byte(source)}}, files: map[string]*switched{}}
			if got := s.add(7, mutation{edits: []edit{{"p/p.go", tt.old, tt.new}}}); got != tt.want {
				t.Fatalf("got %t", got)
			}
			files, owner := s.overlay()
			if (len(files) == 2) != tt.want {
				t.Fatalf("files %q", files)
			}
			for name, text := range files {
				if _, err := parser.ParseFile(token.NewFileSet(), name, text, 0); err != nil {
					t.Errorf("%s: %v\n%s", name, err, text)
				}
			}
			if !tt.want {
				return
			}
			for i, line := range strings.Split(files["p/p.go"], "\n") {
				head, _, _ := strings.Cut(line, "{")
				if strings.HasPrefix(head, "func") && strings.Contains(head, "_mutation7") && owner["p/p.go"](i+1) != 7 {
					t.Errorf("line %d is nobody's: %s", i+1, line)
				}
			}
			if owner["p/p.go"](1) != 0 {
				t.Error("the first line is a mutation's")
			}
		})
	}
}

// TestProgram builds the tests of a small module once, with three mutations behind their numbers.
func TestProgram(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/m\n\ngo 1.26\n", "p/p.go": source,
		"p/p_test.go": "package p\n\nimport \"testing\"\n\nfunc TestAllowed(t *testing.T) {\n\tif !allowed(4) || allowed(5) {\n\t\tt.Fatal()\n\t}\n}\n",
	} {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all := []mutation{
		{control: "held", edits: []edit{{"p/p.go", "n < limit", "n <= limit"}}},
		{control: "not held", edits: []edit{{"p/p.go", "all[0], true", "all[0], false"}}},
		{control: "not Go", edits: []edit{{"p/p.go", "n < limit", "n < unknown"}}},
	}
	p, err := build(t.Context(), root, "./p", all)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if len(p.numbers) != 2 || p.numbers["not Go"] != 0 {
		t.Fatalf("numbers %v", p.numbers)
	}
	for control, want := range map[string]verdict{"": survived, "held": red, "not held": survived} {
		o, err := p.run(t.Context(), p.numbers[control], "TestAllowed")
		if err != nil || o.verdict != want {
			t.Errorf("%q: %s %v\n%s", control, o.verdict, err, o.output)
		}
		if want == red && !slices.Equal(o.tests, []string{"TestAllowed"}) {
			t.Errorf("%q: red tests %q", control, o.tests)
		}
	}
	files, err := all[2].apply(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	if o, err := try(t.Context(), root, "./p", "TestAllowed", files); err != nil || o.verdict != notBuilt {
		t.Errorf("by itself: %s %v", o.verdict, err)
	}
}

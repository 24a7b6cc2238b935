package main

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

const root = "../../.."

// fewest is how many mutations the list must have: it does not shrink unnoticed.
const fewest = 70

// TestEveryMutationFits holds that every mutation still applies to the tree, yields Go that parses, and names tests that exist.
func TestEveryMutationFits(t *testing.T) {
	tree := os.DirFS(root)
	areas, err := readList(tree, list)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, a := range areas {
		for _, m := range a.mutations {
			n++
			if _, err := m.apply(tree); err != nil {
				t.Errorf("%s: %v", a.name, err)
			}
			if err := m.named(tree); err != nil {
				t.Errorf("%s: %v", a.name, err)
			}
		}
	}
	if n < fewest {
		t.Errorf("the list has %d mutations, fewer than %d", n, fewest)
	}
}

// TestDocumentIsInStep holds that the document shows the list as it is, and a red test for every mutation.
func TestDocumentIsInStep(t *testing.T) {
	tree := os.DirFS(root)
	areas, err := readList(tree, list)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(root + "/" + document)
	if err != nil {
		t.Fatal(err)
	}
	found := remembered(string(text))
	if render(areas, found) != string(text) {
		t.Errorf("%s does not show the list as it is: run make mutate", document)
	}
	for _, a := range areas {
		for _, m := range a.mutations {
			was, ok := found[m.row()]
			if there, err := m.has(tree, whole(was.test)); err != nil || !ok || !there {
				t.Errorf("%s: no test is known to hold %q: %v", document, m.control, err)
			}
		}
	}
}

const example = `# An area

=== A control
note: of a kind
test: ./p TestP/case
--- p/p.go
	if bad {
		return
	}
+++

=== Another
test: . TestQ
--- q.go
one
+++
two
--- q.go
two
+++
three
`

func TestParse(t *testing.T) {
	a, err := parse(example)
	if err != nil {
		t.Fatal(err)
	}
	if a.title != "An area" || len(a.mutations) != 2 {
		t.Fatalf("got %+v", a)
	}
	m := a.mutations[0]
	if m.control != "A control" || m.note != "of a kind" || m.pkg != "./p" || m.run != "TestP/case" {
		t.Errorf("got %+v", m)
	}
	if want := (edit{"p/p.go", "\tif bad {\n\t\treturn\n\t}", ""}); len(m.edits) != 1 || m.edits[0] != want {
		t.Errorf("got %q", m.edits)
	}
	for rule, text := range map[string]string{
		"a title":           "=== A\ntest: . T\n--- a.go\nx\n+++\n",
		"a test":            "# A\n=== A\n--- a.go\nx\n+++\n",
		"an edit":           "# A\n=== A\ntest: . T\n",
		"a change":          "# A\n=== A\ntest: . T\n--- a.go\nx\n+++\nx\n",
		"no stray text":     "# A\nx\n",
		"something to find": "# A\n=== A\ntest: . T\n--- a.go\n+++\nx\n",
	} {
		if _, err := parse(text); err == nil {
			t.Errorf("an area needs %s", rule)
		}
	}
	if _, err := readList(fstest.MapFS{"l/a.txt": {Data: []byte(example)}, "l/b.txt": {Data: []byte(example)}}, "l"); err == nil {
		t.Error("a control may stand in the list twice")
	}
}

func TestApply(t *testing.T) {
	tree := fstest.MapFS{"p/p.go": {Data: []byte("package p\n\nvar a, b = 1, 1\n")}}
	for rule, tt := range map[string]struct {
		edits []edit
		stale bool
		want  string // empty: an error
	}{
		"a text is replaced":             {[]edit{{"p/p.go", "a, b = 1, 1", "a, b = 1, 2"}}, false, "package p\n\nvar a, b = 1, 2\n"},
		"edits follow one another":       {[]edit{{"p/p.go", "a, b", "b, a"}, {"p/p.go", "b, a", "c, d"}}, false, "package p\n\nvar c, d = 1, 1\n"},
		"a text that is gone is stale":   {[]edit{{"p/p.go", "z", "d"}}, true, ""},
		"a text that occurs twice too":   {[]edit{{"p/p.go", "1", "2"}}, true, ""},
		"so is a file that is gone":      {[]edit{{"p/q.go", "c", "d"}}, true, ""},
		"what does not parse is refused": {[]edit{{"p/p.go", "var", "vra"}}, false, ""},
	} {
		t.Run(rule, func(t *testing.T) {
			files, err := mutation{control: "c", edits: tt.edits}.apply(tree)
			if (err == nil) != (tt.want != "") || errors.Is(err, errStale) != tt.stale || files["p/p.go"] != tt.want {
				t.Errorf("got %q, %v", files, err)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	const run, ended = `{"Action":"run","Test":"TestA"}` + "\n", `{"Action":"fail","Package":"p"}` + "\n"
	for rule, tt := range map[string]struct {
		out    string
		passed bool
		want   verdict
		test   string
	}{
		"a failed test is red":              {run + `{"Action":"fail","Test":"TestA"}` + "\n" + ended, false, red, "TestA"},
		"the innermost is named":            {run + `{"Action":"fail","Test":"TestA/x"}` + "\n" + `{"Action":"fail","Test":"TestA"}` + "\n", false, red, "TestA/x"},
		"no failure has survived":           {run + `{"Action":"pass","Test":"TestA"}` + "\n", true, survived, ""},
		"no test is no proof":               {`{"Action":"pass","Package":"p"}` + "\n", true, broken, ""},
		"what does not compile is no proof": {`{"Action":"build-fail","ImportPath":"p"}` + "\n" + `{"Action":"fail","FailedBuild":"p"}` + "\n", false, notBuilt, ""},
		"a hang is no proof": {
			run + `{"Action":"output","Test":"TestA","Output":"panic: test timed out after 2m0s"}` + "\n" + `{"Action":"fail","Test":"TestA"}` + "\n",
			false, hung, "TestA",
		},
		"a failure of no test is no proof": {run + ended, false, broken, ""},
	} {
		t.Run(rule, func(t *testing.T) {
			o := judge(strings.NewReader(tt.out), tt.passed)
			if o.verdict != tt.want || strings.Join(o.tests, " ") != tt.test {
				t.Errorf("got %s %q", o.verdict, o.tests)
			}
		})
	}
}

func TestExactly(t *testing.T) {
	tests := []string{"TestB/a_case/0.5", "TestB/another", "TestA"}
	if got, want := exactly(tests, false), `^TestA$|^TestB$/^a_case$/^0\.5$|^TestB$/^another$`; got != want {
		t.Errorf("got %s", got)
	}
	if got, want := exactly(tests, true), `^TestA$|^TestB$`; got != want {
		t.Errorf("got %s", got)
	}
}

func TestRemembered(t *testing.T) {
	a, err := parse(example)
	if err != nil {
		t.Fatal(err)
	}
	a.mutations[1].edits[0].old = "x |= `y`"
	text := render([]area{a}, record{a.mutations[0].row(): {"TestP/a_|_case", "2026-01-02"}})
	if again := render([]area{a}, remembered(text)); again != text {
		t.Errorf("got\n%s\nwant\n%s", again, text)
	}
	for _, want := range []string{"2 mutations, 1 held by a test, 1 not", "**none**", "2026-01-02"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

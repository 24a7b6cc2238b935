package proof

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// root is the folder of the module, seen from here.
const root = "../.."

var update = flag.Bool("update", false, "write the generated documents anew")

// golden compares a generated document with the one in the tree.
func golden(t *testing.T, name, want string) {
	t.Helper()
	file := filepath.Join(root, name)
	if *update || os.Getenv("AUTH_UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("%s is not what the code says: AUTH_UPDATE_GOLDEN=1 go test ./internal/proof (%v)", name, err)
	}
}

// read answers a file of the tree.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// function is a function of a test file, or a variable that is set to something.
type function struct {
	dir, name string
	file      *ast.File
	body      ast.Node
}

// source is what the test files of the tree declare.
type source struct {
	// tests are the functions that "go test" runs, by "dir.Name".
	tests []function
	// helpers is everything that is declared, by folder and name; methods go by their own name.
	helpers map[string]map[string][]function
}

// testSource reads every test file of the tree once.
var testSource = sync.OnceValues(func() (*source, error) { return readTests(os.DirFS(root)) })

func tests(t *testing.T) *source {
	t.Helper()
	s, err := testSource()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.tests) < 200 {
		t.Fatalf("only %d tests were found", len(s.tests))
	}
	return s
}

func readTests(tree fs.FS) (*source, error) {
	s := &source{helpers: map[string]map[string][]function{}}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		s.add(path.Dir(name), file)
		return nil
	})
	slices.SortFunc(s.tests, func(a, b function) int { return strings.Compare(a.dir+" "+a.name, b.dir+" "+b.name) })
	return s, err
}

func (s *source) add(dir string, file *ast.File) {
	if s.helpers[dir] == nil {
		s.helpers[dir] = map[string][]function{}
	}
	declare := func(name string, body ast.Node) {
		f := function{dir, name, file, body}
		s.helpers[dir][name] = append(s.helpers[dir][name], f)
		if fn, ok := body.(*ast.FuncDecl); ok && fn.Recv == nil && isTest(name) {
			s.tests = append(s.tests, f)
		}
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			declare(d.Name.Name, d)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					for _, name := range v.Names {
						declare(name.Name, v)
					}
				}
			}
		}
	}
}

// isTest reports whether "go test" runs a function of this name: tests, fuzz targets with their seeds, and examples.
func isTest(name string) bool {
	for _, kind := range []string{"Test", "Fuzz", "Example"} {
		if rest, ok := strings.CutPrefix(name, kind); ok && name != "TestMain" {
			return rest == "" || rest[0] < 'a' || rest[0] > 'z'
		}
	}
	return false
}

// find answers the tests with a name, wherever they are.
func (s *source) find(name string) []function {
	var found []function
	for _, f := range s.tests {
		if f.name == name {
			found = append(found, f)
		}
	}
	return found
}

package proof

import (
	"go/ast"
	"slices"
	"strconv"
	"strings"
)

// scope is what a test runs on: the largest number of instances that share each store, by the store's name.
type scope map[string]string

// stores is the order in which they are named.
var stores = []string{"memory", "Redis", "MongoDB"}

func (s scope) String() string {
	var parts []string
	for _, name := range stores {
		if n, ok := s[name]; ok {
			parts = append(parts, name+" × "+n)
		}
	}
	if len(parts) == 0 {
		return "no store"
	}
	return strings.Join(parts, ", ")
}

// kits are the helpers that say where a test runs, by folder.
var kits = map[string]map[string]scope{
	"internal/catalogue": {
		"each":  {"memory": "1, 2", "Redis": "1, 2", "MongoDB": "2"}, // the MongoDB of the tests is slow with one
		"alone": {"memory": "1"},
	},
}

// everyBackEnd is the name of the table of back ends that a helper may run through itself.
const everyBackEnd = "backends"

// opened are the functions that begin a store, and the store.
var opened = map[string]string{
	"memstore.New": "memory", "authtest.New": "memory", "auth.New": "memory",
	"testutil.RedisServer": "Redis", "testutil.RedisURL": "Redis", "testutil.MongoServer": "MongoDB",
}

// twins are methods that make a second instance on the same store.
var twins = []string{"Twin"}

// scope derives what a test runs on from the helpers that it uses, directly or through others of its folder.
func (s *source) scope(f function) scope {
	found, visited := scope{}, map[ast.Node]bool{}
	twin := s.visit(f, found, visited)
	for store, n := range found {
		if twin && n == "1" {
			found[store] = "2"
		}
	}
	return found
}

// visit adds what a function runs on, and reports whether it makes a second instance.
func (s *source) visit(f function, found scope, visited map[ast.Node]bool) (twin bool) {
	if visited[f.body] {
		return false
	}
	visited[f.body] = true
	every, instances := false, ""
	ast.Inspect(f.body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			if id, ok := n.X.(*ast.Ident); ok && id.Name == everyBackEnd {
				every = true
			}
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "open" && len(n.Args) == 4 {
				if lit, ok := n.Args[2].(*ast.BasicLit); ok {
					instances = lit.Value
				}
				return false // where it opens is what the caller says
			}
		case *ast.SelectorExpr:
			if id, ok := n.X.(*ast.Ident); ok {
				if store, ok := opened[id.Name+"."+n.Sel.Name]; ok {
					found.add(store, "1")
				}
			}
			twin = twin || slices.Contains(twins, n.Sel.Name)
			twin = s.follow(f.dir, n.Sel.Name, found, visited) || twin
		case *ast.Ident:
			twin = s.follow(f.dir, n.Name, found, visited) || twin
		}
		return true
	})
	if every && instances != "" {
		for _, store := range stores {
			found.add(store, instances)
		}
	}
	return twin
}

// follow visits what a name stands for in a folder.
func (s *source) follow(dir, name string, found scope, visited map[ast.Node]bool) (twin bool) {
	if kit, ok := kits[dir][name]; ok {
		for store, n := range kit {
			found.add(store, n)
		}
		return false
	}
	if name == everyBackEnd {
		return false // what is taken from it, the loop over it says
	}
	for _, f := range s.helpers[dir][name] {
		if !isTest(f.name) {
			twin = s.visit(f, found, visited) || twin
		}
	}
	return twin
}

// add keeps the wider of two.
func (s scope) add(store, instances string) {
	if len(instances) > len(s[store]) || last(instances) > last(s[store]) {
		s[store] = instances
	}
}

func last(instances string) int {
	n, _ := strconv.Atoi(instances[max(0, len(instances)-1):])
	return n
}

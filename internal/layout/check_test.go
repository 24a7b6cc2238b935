package layout

import (
	"fmt"
	"strings"
)

// pkg is what "go list" says about a package, tests left out.
type pkg struct {
	ImportPath string   `json:"ImportPath"`
	Imports    []string `json:"Imports"`
	Deps       []string `json:"Deps"`
}

// check returns one sentence for each breach of the plan.
func check(pkgs []pkg) []string {
	var breaches []string
	report := func(format string, args ...any) { breaches = append(breaches, fmt.Sprintf(format, args...)) }
	for _, p := range pkgs {
		from, _ := inside(p.ImportPath)
		at, ok := find(from)
		if !ok {
			report("%s stands on no floor: give it a line in plan_test.go", from)
			continue
		}
		for _, imported := range p.Imports {
			to, ours := inside(imported)
			if !ours {
				continue
			}
			if why := at.refuses(to); why != "" {
				report("%s imports %s: %s", from, to, why)
			} else if among(forTests, to) && !among(forTests, from) {
				report("%s imports %s: that one is for tests", from, to)
			}
		}
		if from == "." {
			for _, driver := range reached(p.Deps) {
				report("the root package links %s", driver)
			}
		}
	}
	return breaches
}

// refuses says why a package in this place may not import another one, or nothing.
func (at place) refuses(to string) string {
	there, ok := find(to)
	switch {
	case !ok:
		return "it stands on no floor"
	case at.only != nil && !among(at.only, to):
		return "it may import " + strings.Join(at.only, ", ") + " alone"
	case among(at.except, to):
		return "only hosts choose that one"
	case there.floor > at.floor:
		return fmt.Sprintf("floor %d reaches up to floor %d", at.floor, there.floor)
	case there.floor == at.floor && !among(at.beside, to):
		return fmt.Sprintf("the two are neighbours on floor %d", at.floor)
	}
	return ""
}

// inside returns the path of a package relative to the module, and whether it belongs to it.
func inside(importPath string) (string, bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

// reached returns the drivers among the dependencies of a package.
func reached(deps []string) []string {
	var found []string
	for _, driver := range drivers {
		for _, dep := range deps {
			if dep == driver || strings.HasPrefix(dep, driver+"/") {
				found = append(found, driver)
				break
			}
		}
	}
	return found
}

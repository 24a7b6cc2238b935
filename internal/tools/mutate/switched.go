package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// variable is what tells a switched program which mutation is on. No mutation is number 0.
const variable = "AUTH_MUTATION"

// switcher builds one program that holds many mutations, each behind its number: a function that a mutation changes has a copy for
// it, and begins by asking whether to be that copy. Building is most of what a mutation costs, and this builds once.
type switcher struct {
	tree  fs.FS
	files map[string]*switched
}

// switched is a file with the copies of its functions.
type switched struct {
	text, pkg string
	inserts   []insert // into text, by where
	copies    strings.Builder
	lines     []lineOf // of the copies
}

type insert struct {
	at   int
	text string
}

// lineOf says that from this line on, of those after text, a copy belongs to a mutation.
type lineOf struct{ line, number int }

// function is a declaration in a file, by offsets.
type function struct {
	name              string // with the type of its receiver
	from, ident, to   int
	body              int // behind the opening brace
	call              string
	results, possible bool
}

// add puts a mutation behind its number, and reports whether that is possible: it changes the bodies of functions and nothing else.
func (s *switcher) add(number int, m mutation) bool {
	mutated, err := m.apply(s.tree)
	if err != nil {
		return false
	}
	type change struct {
		file     string
		was, now function
	}
	var changes []change
	for name, text := range mutated {
		f, err := s.file(name)
		if err != nil {
			return false
		}
		before, rest := functions(f.text)
		after, otherwise := functions(text)
		if rest != otherwise || len(before) != len(after) {
			return false
		}
		for i, was := range before {
			now := after[i]
			if f.text[was.from:was.to] == text[now.from:now.to] {
				continue
			}
			if was.name != now.name || !was.possible || strings.Contains(f.text[was.from:was.to], "recover()") {
				return false
			}
			changes = append(changes, change{name, was, now})
		}
	}
	for _, c := range changes {
		s.files[c.file].change(number, c.was, mutated[c.file], c.now)
	}
	return len(changes) > 0
}

func (s *switcher) file(name string) (*switched, error) {
	if f, ok := s.files[name]; ok {
		return f, nil
	}
	text, err := fs.ReadFile(s.tree, name)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), name, text, parser.PackageClauseOnly)
	if err != nil {
		return nil, err
	}
	f := &switched{text: string(text), pkg: parsed.Name.Name}
	s.files[name] = f
	return f, nil
}

func (f *switched) change(number int, was function, text string, now function) {
	copied := "_mutation" + strconv.Itoa(number)
	call := strings.Replace(was.call, "\x00", copied, 1)
	then := "return " + call
	if !was.results {
		then = call + "; return"
	}
	f.inserts = append(f.inserts, insert{was.body, fmt.Sprintf(" if mutation_ == %d { %s };", number, then)})
	f.lines = append(f.lines, lineOf{strings.Count(f.copies.String(), "\n"), number})
	identEnd := now.ident
	f.copies.WriteString(text[now.from:identEnd] + copied + text[identEnd:now.to] + "\n\n")
}

// rendered is the file with its copies, and which mutation each line belongs to, 0 for those of the file itself.
func (f *switched) rendered() (string, func(line int) int) {
	slices.SortStableFunc(f.inserts, func(a, b insert) int { return cmp.Compare(a.at, b.at) })
	var b strings.Builder
	at := 0
	for _, i := range f.inserts {
		b.WriteString(f.text[at:i.at] + i.text)
		at = i.at
	}
	b.WriteString(f.text[at:] + "\n")
	own := strings.Count(b.String(), "\n")
	b.WriteString(f.copies.String())
	return b.String(), func(line int) int {
		number := 0
		for _, l := range f.lines {
			if line > own+l.line {
				number = l.number
			}
		}
		return number
	}
}

// overlay answers the files of the program by name, with what reads the variable in each package, and whose mutation a line is.
func (s *switcher) overlay() (files map[string]string, owner map[string]func(line int) int) {
	files, owner = make(map[string]string), make(map[string]func(int) int)
	for name, f := range s.files {
		if len(f.inserts) == 0 {
			continue
		}
		files[name], owner[name] = f.rendered()
		files[path.Join(path.Dir(name), "mutation_.go")] = fmt.Sprintf(`package %s

import "os"
import "strconv"

var mutation_, _ = strconv.Atoi(os.Getenv(%q))
`, f.pkg, variable)
	}
	return files, owner
}

// functions finds the functions of a file. rest is the text around them.
func functions(text string) (all []function, rest string) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", text, parser.SkipObjectResolution)
	if err != nil {
		return nil, text
	}
	offset := func(p token.Pos) int { return fset.Position(p).Offset }
	var around strings.Builder
	at := 0
	for _, d := range file.Decls {
		decl, ok := d.(*ast.FuncDecl)
		if !ok || decl.Body == nil {
			continue
		}
		f := function{
			name: decl.Name.Name, from: offset(decl.Pos()), ident: offset(decl.Name.End()), to: offset(decl.End()),
			body: offset(decl.Body.Lbrace) + 1, results: decl.Type.Results != nil, possible: true,
		}
		f.call = decl.Name.Name + "\x00"
		if decl.Recv != nil {
			f.possible = len(decl.Recv.List[0].Names) == 1 && decl.Recv.List[0].Names[0].Name != "_"
			if f.possible {
				f.call = decl.Recv.List[0].Names[0].Name + "." + f.call
			}
			f.name = text[offset(decl.Recv.Pos()):offset(decl.Recv.End())] + f.name
		}
		f.call += arguments(decl, &f.possible)
		all = append(all, f)
		around.WriteString(text[at:f.from])
		at = f.to
	}
	around.WriteString(text[at:])
	return all, around.String()
}

// arguments passes a function's own parameters on.
func arguments(decl *ast.FuncDecl, possible *bool) string {
	var types, args []string
	if decl.Type.TypeParams != nil {
		for _, field := range decl.Type.TypeParams.List {
			for _, n := range field.Names {
				types = append(types, n.Name)
			}
		}
	}
	for _, field := range decl.Type.Params.List {
		_, variadic := field.Type.(*ast.Ellipsis)
		*possible = *possible && len(field.Names) > 0
		for _, n := range field.Names {
			*possible = *possible && n.Name != "_"
			arg := n.Name
			if variadic {
				arg += "..."
			}
			args = append(args, arg)
		}
	}
	list := "(" + strings.Join(args, ", ") + ")"
	if len(types) > 0 {
		list = "[" + strings.Join(types, ", ") + "]" + list
	}
	return list
}

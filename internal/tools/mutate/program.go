package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// program is the test program of one package with mutations behind their numbers. Close removes it.
type program struct {
	dir, binary string
	in          string // the package's folder
	numbers     map[string]int
}

// build makes the program of those mutations that can be switched. What the compiler refuses is left out: it is tried by itself.
func build(ctx context.Context, root, pkg string, all []mutation) (*program, error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return nil, err
	}
	p := &program{dir: dir, binary: filepath.Join(dir, "tests"), in: filepath.Join(root, pkg)}
	left := make(map[int]bool)
	for {
		refused, err := p.compile(ctx, root, pkg, all, left)
		if err == nil {
			return p, nil
		}
		if len(refused) == 0 {
			p.close()
			return nil, err
		}
		for number := range refused {
			left[number] = true
		}
	}
}

func (p *program) close() { _ = os.RemoveAll(p.dir) }

// place is where the compiler says something.
var place = regexp.MustCompile(`(?m)([^\s:]+\.go):(\d+):`)

// compile answers the numbers of the mutations that the compiler refuses.
func (p *program) compile(ctx context.Context, root, pkg string, all []mutation, left map[int]bool) (refused map[int]bool, err error) {
	s := &switcher{tree: os.DirFS(root), files: make(map[string]*switched)}
	p.numbers = make(map[string]int)
	for i, m := range all {
		if number := i + 1; !left[number] && s.add(number, m) {
			p.numbers[m.control] = number
		}
	}
	files, owner := s.overlay()
	overlay, err := writeOverlay(root, p.dir, files)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", //nolint:gosec // the arguments are of the list
		"-gcflags=github.com/crafteasy/auth/...=-e", "-overlay", overlay, "-o", p.binary, pkg)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err == nil {
		return map[int]bool{}, nil
	}
	refused = make(map[int]bool)
	for _, at := range place.FindAllStringSubmatch(string(out), -1) {
		for name, whose := range owner {
			line, _ := strconv.Atoi(at[2])
			if filepath.Base(at[1]) == copyOf(name) || filepath.Base(at[1]) == filepath.Base(name) && strings.HasSuffix(filepath.ToSlash(at[1]), name) {
				if number := whose(line); number != 0 {
					refused[number] = true
				}
			}
		}
	}
	return refused, fmt.Errorf("%s: %w\n%s", pkg, err, out)
}

// run runs tests with one mutation on, or none.
func (p *program) run(ctx context.Context, number int, run string, flags ...string) (outcome, error) {
	args := []string{"tool", "test2json", p.binary, "-test.v=test2json", "-test.timeout=" + limit.String(), "-test.run=" + run}
	return tests(ctx, 2*limit, p.in, append(os.Environ(), variable+"="+strconv.Itoa(number)), append(args, flags...)...)
}

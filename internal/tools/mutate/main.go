package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// list is where the mutations lie, from the root of the module.
const list = "internal/tools/mutate/list"

// options are the command line.
type options struct {
	only *regexp.Regexp
	rest bool
	wide bool
	loud bool
}

func main() {
	only := flag.String("only", "", "try those alone whose area or control matches this `pattern`")
	rest := flag.Bool("rest", false, "try those alone for which the document names no test")
	wide := flag.Bool("wide", false, "run all tests of the package, to find which go red; writes nothing")
	loud := flag.Bool("v", false, "show what the tests print")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, *only, options{rest: *rest, wide: *wide, loud: *loud})
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, only string, o options) error {
	var err error
	if o.only, err = regexp.Compile(only); err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	root, err := findRoot(ctx)
	if err != nil {
		return err
	}
	all, err := readList(os.DirFS(root), list)
	if err != nil {
		return err
	}
	s := session{root: root, out: out, areas: all, opts: o}
	return s.run(ctx)
}

// session is one run of the program.
type session struct {
	root  string
	out   io.Writer
	areas []area
	opts  options
}

// run tries the chosen mutations, one after the other, and keeps the document in step. In the end the tests of a package that went
// red are run without a mutation: one that is red anyway shows nothing.
func (s *session) run(ctx context.Context) error {
	chosen, order, err := s.choose()
	if err != nil {
		return err
	}
	var failed []error
	for _, pkg := range order {
		more, err := s.tryAll(ctx, pkg, chosen[pkg])
		if err != nil {
			return err
		}
		failed = append(failed, more...)
	}
	return errors.Join(failed...)
}

// choose answers the mutations to try by package, and the packages in the order of the list.
func (s *session) choose() (chosen map[string][]mutation, order []string, err error) {
	known, err := recorded(s.root)
	if err != nil {
		return nil, nil, err
	}
	chosen = make(map[string][]mutation)
	for _, a := range s.areas {
		for _, m := range a.mutations {
			if !s.opts.only.MatchString(a.name) && !s.opts.only.MatchString(m.control) {
				continue
			}
			if was, done := known[m.row()]; done && s.opts.rest {
				// A test that is gone holds nothing.
				there, err := m.has(os.DirFS(s.root), whole(was.test))
				if err != nil {
					return nil, nil, err
				}
				if there {
					continue
				}
			}
			if chosen[m.pkg] == nil {
				order = append(order, m.pkg)
			}
			chosen[m.pkg] = append(chosen[m.pkg], m)
		}
	}
	return chosen, order, nil
}

// tryAll tries the mutations that name tests of one package.
func (s *session) tryAll(ctx context.Context, pkg string, all []mutation) (failed []error, err error) {
	p, err := build(ctx, s.root, pkg, all)
	if err != nil {
		return nil, err
	}
	defer p.close()
	held := make(map[string][]mutation) // by red test
	for _, m := range all {
		o, err := s.try(ctx, p, m)
		if err != nil {
			return nil, err
		}
		s.report(m, o)
		if err := s.note(m, o); err != nil {
			return nil, err
		}
		if o.verdict == red {
			held[o.tests[0]] = append(held[o.tests[0]], m)
		} else {
			failed = append(failed, fmt.Errorf("%s: %s", m.control, o.verdict))
		}
	}
	if len(held) == 0 || s.opts.wide {
		return failed, nil
	}
	return append(failed, s.sound(ctx, p, pkg, held)...), nil
}

// try runs the tests of one mutation: in the program that holds it, or in one of its own. A mutation that is stale has an outcome too.
func (s *session) try(ctx context.Context, p *program, m mutation) (outcome, error) {
	tests, flags := m.run, []string{"-test.failfast"}
	if s.opts.wide {
		tests, flags = ".", nil
	}
	if number, ok := p.numbers[m.control]; ok {
		return p.run(ctx, number, tests, flags...)
	}
	files, err := m.apply(os.DirFS(s.root))
	if errors.Is(err, errStale) {
		return outcome{verdict: stale, output: err.Error()}, nil
	}
	if err != nil {
		return outcome{}, err
	}
	return try(ctx, s.root, m.pkg, tests, files, flags...)
}

// note writes the outcome into the document.
func (s *session) note(m mutation, o outcome) error {
	if s.opts.wide {
		return nil
	}
	return update(s.root, s.areas, func(r record) {
		delete(r, m.row())
		if o.verdict == red {
			r[m.row()] = result{o.tests[0], time.Now().UTC().Format(time.DateOnly)}
		}
	})
}

// sound runs the red tests of a package without a mutation, each as it went red. Where that fails all of the test is run, since a step
// may need the one before it; the others are run again, since a panic leaves them out.
func (s *session) sound(ctx context.Context, p *program, pkg string, held map[string][]mutation) []error {
	tests, suspects := slices.Collect(maps.Keys(held)), []string{}
	var o outcome
	var err error
	for len(tests) > 0 {
		if o, err = p.run(ctx, 0, exactly(tests, false)); err != nil {
			return []error{err}
		}
		if o.verdict != red {
			break
		}
		var fine []string
		for _, test := range tests {
			if slices.ContainsFunc(o.tests, func(failed string) bool { return whole(failed) == whole(test) }) {
				suspects = append(suspects, test)
			} else {
				fine = append(fine, test)
			}
		}
		if len(fine) == len(tests) {
			break
		}
		tests = fine
	}
	if len(suspects) > 0 && (o.verdict == survived || o.verdict == red) {
		if o, err = p.run(ctx, 0, exactly(suspects, true)); err != nil {
			return []error{err}
		}
	}
	if o.verdict == survived {
		fmt.Fprintf(s.out, "%-9s %s: what went red is green without a mutation\n", "sound", pkg)
		return nil
	}
	fmt.Fprintf(s.out, "%-9s %s: %q without a mutation\n%s\n", o.verdict, pkg, o.tests, o.output)
	failed := []error{fmt.Errorf("%s: %s without a mutation", pkg, o.verdict)}
	for test, all := range held {
		if o.verdict == red && !slices.ContainsFunc(o.tests, func(failed string) bool { return whole(failed) == whole(test) }) {
			continue
		}
		for _, m := range all {
			failed = append(failed, s.note(m, outcome{verdict: broken}))
		}
	}
	return failed
}

// whole is the function of a test.
func whole(test string) string {
	name, _, _ := strings.Cut(test, "/")
	return name
}

// exactly is the pattern for go test -run that selects these tests, or the functions they are in.
func exactly(tests []string, functions bool) string {
	var patterns []string
	for _, test := range tests {
		if functions {
			test = whole(test)
		}
		parts := strings.Split(test, "/")
		for i, part := range parts {
			parts[i] = "^" + regexp.QuoteMeta(part) + "$"
		}
		patterns = append(patterns, strings.Join(parts, "/"))
	}
	slices.Sort(patterns)
	return strings.Join(slices.Compact(patterns), "|")
}

func (s *session) report(m mutation, o outcome) {
	tests := o.tests
	if len(tests) > 3 && !s.opts.wide {
		tests = tests[:3]
	}
	fmt.Fprintf(s.out, "%-9s %s: %s\n", o.verdict, m.control, strings.Join(tests, " "))
	if s.opts.loud || o.verdict == notBuilt || o.verdict == broken || o.verdict == stale {
		fmt.Fprintln(s.out, o.output)
	}
}

// findRoot returns the folder of the module.
func findRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/crafteasy/auth").Output()
	if err != nil {
		return "", fmt.Errorf("go list: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// limit is how long the tests of one mutation may take, the build not counted.
const limit = 2 * time.Minute

// verdict is what became of one mutation.
type verdict string

const (
	red      verdict = "red"
	survived verdict = "survived"
	notBuilt verdict = "not built"
	hung     verdict = "hung"
	broken   verdict = "broken"
	stale    verdict = "stale"
)

// outcome is a verdict and what shows it.
type outcome struct {
	verdict verdict
	tests   []string // that failed, the innermost of each first
	output  string   // of the compiler, or of the tests
}

// try runs the tests of a mutation with its files in place of the tree's. No files: the tree as it is.
func try(ctx context.Context, root, pkg, run string, files map[string]string, flags ...string) (outcome, error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return outcome{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	overlay, err := writeOverlay(root, dir, files)
	if err != nil {
		return outcome{}, err
	}
	args := []string{"test", "-json", "-count=1", "-vet=off", "-timeout", limit.String(), "-overlay", overlay, "-run", run}
	return tests(ctx, 3*limit, root, nil, append(append(args, flags...), pkg)...)
}

// tests runs the go command, which tells of tests in JSON, in a folder and an environment, and judges what it tells.
func tests(ctx context.Context, bound time.Duration, dir string, env []string, args ...string) (outcome, error) {
	bounded, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	cmd := exec.CommandContext(bounded, "go", args...) //nolint:gosec // from the list
	cmd.Dir, cmd.Env = dir, env
	cmd.WaitDelay = 10 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return outcome{}, ctx.Err()
	case bounded.Err() != nil:
		return outcome{verdict: hung, output: out.String()}, nil
	case err != nil && !errors.As(err, &exit):
		return outcome{}, fmt.Errorf("go %s: %w", args[0], err)
	}
	return judge(&out, err == nil), nil
}

// writeOverlay writes the mutated files and the table that tells the compiler of them.
func writeOverlay(root, dir string, files map[string]string) (string, error) {
	replace := make(map[string]string)
	for name, text := range files {
		copied := filepath.Join(dir, copyOf(name))
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(root, filepath.FromSlash(name))] = copied
	}
	table, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, table, 0o600)
}

// copyOf is what the copy of a file is called.
func copyOf(name string) string { return strings.ReplaceAll(name, "/", "_") }

// event is a line of go test -json, whose names are those of the fields.
type event struct{ Action, Test, Output, FailedBuild string }

// judge reads what go test -json says.
func judge(out io.Reader, passed bool) outcome {
	var (
		o   outcome
		all strings.Builder
		ran bool
	)
	for d := json.NewDecoder(out); ; {
		var e event
		if err := d.Decode(&e); err != nil {
			break // the end, or a line that is none of go test's own
		}
		all.WriteString(e.Output)
		switch {
		case e.FailedBuild != "":
			o.verdict = notBuilt
		case e.Action == "run":
			ran = true
		case e.Action == "fail" && e.Test != "" && !outer(o.tests, e.Test):
			o.tests = append(o.tests, e.Test)
		}
	}
	o.output = all.String()
	switch {
	case o.verdict == notBuilt:
	case strings.Contains(o.output, "panic: test timed out after"):
		o.verdict = hung
	case len(o.tests) > 0:
		o.verdict = red
	case passed && ran:
		o.verdict = survived
	default:
		o.verdict = broken
	}
	return o
}

// outer reports whether a test is only red because a test inside it is.
func outer(red []string, test string) bool {
	for _, inner := range red {
		if strings.HasPrefix(inner, test+"/") {
			return true
		}
	}
	return false
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// report writes the table, and where a file is named puts it there with what the other programs say.
func report(out io.Writer, readme string, processes int) error {
	var text bytes.Buffer
	runs, err := collect(processes)
	if err != nil {
		return err
	}
	table(&text, runs)
	if err := memory(&text); err != nil {
		return err
	}
	if readme != "" {
		text.WriteByte('\n')
		if err := program(&text, ".", "go", "run", "./flood"); err != nil {
			return err
		}
	}
	if _, err := out.Write(text.Bytes()); err != nil || readme == "" {
		return err
	}
	old, err := os.ReadFile(readme) //nolint:gosec // named on the command line
	if err != nil {
		return err
	}
	fresh, err := replace(string(old), text.String())
	if err != nil {
		return err
	}
	return os.WriteFile(readme, []byte(fresh), 0o644) //nolint:gosec // a document
}

var perToken = regexp.MustCompile(`RememberedToken/(\d+)\S*\s.*?([\d.]+) B/token`)

// memory adds what a remembered token costs, as the benchmark of package session says.
func memory(out io.Writer) error {
	var said bytes.Buffer
	if err := program(&said, "..", "go", "test", "-run", "^$", "-bench", "RememberedToken", "-benchtime", "1x", "./session"); err != nil {
		return err
	}
	found := perToken.FindAllStringSubmatch(said.String(), -1)
	if len(found) == 0 {
		return errors.New("the benchmark of package session says nothing of B/token")
	}
	for _, m := range found {
		fmt.Fprintf(out, "| bytes for a remembered token, among %s | %s | ≤ 600 |\n", m[1], m[2])
	}
	return nil
}

func program(out io.Writer, dir, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // fixed
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// The marks between which the figures are.
const (
	begin = "<!-- figures: written by make bench -->\n"
	end   = "<!-- end of figures -->\n"
)

// replace puts the figures between the marks of a text.
func replace(text, figures string) (string, error) {
	before, rest, ok := strings.Cut(text, begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return "", errors.New("the file has no place for the figures")
	}
	return before + begin + "\n" + figures + "\n" + machine() + "\n" + end + after, nil
}

var processor = regexp.MustCompile(`model name\s*:\s*(.+)`)

// machine says where and when.
func machine() string {
	model := runtime.GOARCH
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if m := processor.FindSubmatch(info); m != nil {
			model = strings.TrimSpace(string(m[1]))
		}
	}
	load := "unknown"
	if avg, err := os.ReadFile("/proc/loadavg"); err == nil {
		load, _, _ = strings.Cut(string(avg), " ")
	}
	return fmt.Sprintf("Measured on %s with %s on %d processors (%s), load average %s at the end: what is above 2 or 3 comes from other work on the\n"+
		"machine, and the ratios then scatter. A ratio is that of two figures of one process or one round, so that both see the\n"+
		"same machine; the median is shown, with the least and the greatest.\n",
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.NumCPU(), model, load)
}

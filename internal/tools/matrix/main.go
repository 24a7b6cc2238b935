package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
)

// run is how the contract is run. One package after the other: they would wait for each other's processors.
var run = []string{
	"test", "-race", "-json", "-count=1", "-p=1", "-timeout=30m", "-run=^TestStore(OnOneNode|OnACluster|BehindSentinels)?$",
	"./store/memstore", "./store/redisstore", "./store/mongostore",
}

const readme = "README.md"

func main() {
	if err := update(os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "matrix:", err)
		os.Exit(1)
	}
}

// update runs the contract and writes the table.
func update(progress io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	cmd := exec.CommandContext(ctx, "go", run...)
	cmd.Env = append(os.Environ(), "AUTH_TEST_REQUIRE=1") // a server that is missing is a failure
	cmd.Stderr = progress
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	results, readErr := read(out, progress)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("the contract does not hold: %w", err)
	}
	if readErr != nil {
		return readErr
	}
	table, err := results.table()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	changed, err := replace(string(text), table)
	if err != nil {
		return err
	}
	return os.WriteFile(readme, []byte(changed), 0o644) //nolint:gosec // a file of the repository, for everybody to read
}

package testutil

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

// missing says that a program is not installed.
type missing struct {
	what string // the program
	how  string // the command that brings it
}

// Error implements error.
func (m *missing) Error() string {
	return fmt.Sprintf("%s is not installed; get it with %q", m.what, m.how)
}

// apt returns the refusal for a program of a Debian package.
func apt(what, pkg string) error { return &missing{what: what, how: "apt-get install " + pkg} }

// required reports whether a missing program fails a test instead of skipping it.
func required() bool {
	return os.Getenv("CI") != "" || os.Getenv("AUTH_TEST_REQUIRE") == "1"
}

// skips reports whether err lets a test be skipped.
func skips(err error, required bool) bool {
	_, ok := errors.AsType[*missing](err)
	return ok && !required
}

// use returns what start yields, or ends the test.
func use[T any](tb testing.TB, start func() (T, error)) T {
	tb.Helper()
	v, err := start()
	if err != nil {
		if skips(err, required()) {
			tb.Skip(err)
		}
		tb.Fatal(err)
	}
	return v
}

// useServer is [use] for what [Main] has to stop.
func useServer[T any](tb testing.TB, start func() (T, error)) T {
	tb.Helper()
	if !running.managed() {
		tb.Fatal("the package starts servers and needs: func TestMain(m *testing.M) { testutil.Main(m) }")
	}
	return use(tb, start)
}

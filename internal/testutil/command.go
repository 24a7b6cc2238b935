package testutil

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Chromium returns the path of the browser.
func Chromium(tb testing.TB) string {
	tb.Helper()
	return use(tb, func() (string, error) { return look("chromium", "chromium") })
}

// OATHTool returns the path of oathtool, which computes one-time passwords.
func OATHTool(tb testing.TB) string {
	tb.Helper()
	return use(tb, func() (string, error) { return look("oathtool", "oathtool") })
}

// ZBarImg returns the path of zbarimg, which reads QR codes.
func ZBarImg(tb testing.TB) string {
	tb.Helper()
	return use(tb, func() (string, error) { return look("zbarimg", "zbar-tools") })
}

// look returns the path of a program of a Debian package.
func look(program, pkg string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", apt(program, pkg)
	}
	return path, nil
}

// built returns the path of a program that "make tools" builds.
func built(program string) (string, error) {
	dir := os.Getenv("AUTH_TEST_BIN")
	if dir == "" {
		root, err := repository()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(root, ".cache", "bin")
	}
	path := filepath.Join(dir, program)
	if _, err := os.Stat(path); err != nil {
		return "", &missing{what: path, how: "make tools"}
	}
	return path, nil
}

// repository returns the root of the repository: the nearest folder upwards whose go.mod is the library's own.
var repository = sync.OnceValues(func() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("working directory: %w", err)
	}
	for {
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(mod, []byte("module github.com/crafteasy/auth\n")) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", &missing{what: "the repository's root", how: "git clone"}
		}
		dir = filepath.Dir(dir)
	}
})

// output runs cmd, which must end within 30 s, and returns its standard output.
func output(name string, stdin []byte, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", filepath.Base(name), err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}

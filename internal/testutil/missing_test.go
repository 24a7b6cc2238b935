package testutil

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestSkips(t *testing.T) {
	gone := apt("redis-server", "redis-server")
	tests := []struct {
		name     string
		err      error
		required bool
		want     bool
	}{
		{"a missing program skips", gone, false, true},
		{"a wrapped one too", fmt.Errorf("cluster: %w", gone), false, true},
		{"a missing program fails where it is required", gone, true, false},
		{"a server that does not start fails", errors.New("port taken"), false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := skips(tt.err, tt.required); got != tt.want {
				t.Errorf("skips() = %t, want %t", got, tt.want)
			}
		})
	}
}

func TestRequired(t *testing.T) {
	for _, tt := range []struct {
		ci, require string
		want        bool
	}{{"", "", false}, {"true", "", true}, {"", "1", true}, {"", "0", false}} {
		t.Setenv("CI", tt.ci)
		t.Setenv("AUTH_TEST_REQUIRE", tt.require)
		if got := required(); got != tt.want {
			t.Errorf("CI=%q AUTH_TEST_REQUIRE=%q: required() = %t", tt.ci, tt.require, got)
		}
	}
}

func TestMissingToolSaysHowToGetIt(t *testing.T) {
	t.Setenv("AUTH_TEST_BIN", t.TempDir())
	_, err := built("mongodev")
	if !skips(err, false) || !strings.Contains(err.Error(), `"make tools"`) {
		t.Errorf("got %v, want the command that brings it", err)
	}
	if _, err := look("no-such-program", "its-package"); !strings.Contains(err.Error(), `"apt-get install its-package"`) {
		t.Errorf("got %v, want the package that brings it", err)
	}
}

func TestServerThatEndsIsAnError(t *testing.T) {
	dir := t.TempDir()
	err := start(command{
		path: "/bin/sh", args: []string{"-c", "echo no such option; exit 3"}, dir: dir,
		ready: func() error { return errors.New("never") },
	})
	if err == nil || !strings.Contains(err.Error(), "no such option") {
		t.Errorf("got %v, want the end of its log", err)
	}
}

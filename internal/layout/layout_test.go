package layout

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"
)

const root = "../.."

func TestFloors(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var pkgs []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
	if len(pkgs) < 2 {
		t.Fatalf("go list names %d packages", len(pkgs))
	}
	for _, breach := range check(pkgs) {
		t.Error(breach)
	}
}

func TestFileLength(t *testing.T) {
	breaches, err := tooLong(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	for _, breach := range breaches {
		t.Error(breach)
	}
}

// TestCheck proves that the check can fail.
func TestCheck(t *testing.T) {
	tests := []struct {
		name, from, imports string
		want                string // part of the breach; empty: none
	}{
		{"down is fine", "session", "jwt", ""},
		{"the ground is open to everyone", "jwt", "internal/problem", ""},
		{"up is refused", "jwt", "session", "floor 1 reaches up to floor 2"},
		{"the ground imports nothing above", "internal/secret", "jwt", "floor 0 reaches up"},
		{"a method does not import its neighbour", "otp", "totp", "neighbours on floor 3"},
		{"nor does a method import the middleware", "otp", "middleware", "neighbours on floor 3"},
		{"the gate may import abuse", "session", "abuse", ""},
		{"abuse does not import the gate", "abuse", "session", "neighbours on floor 2"},
		{"routes may know tokens", "internal/web", "jwt", ""},
		{"tokens do not know routes", "jwt", "internal/web", "neighbours on floor 1"},
		{"a sender knows its interface", "sender/smtp", "sender", ""},
		{"a sender does not know another", "sender/smtp", "sender/twilio", "neighbours on floor 1"},
		{"the middleware knows tokens", "middleware", "jwt", ""},
		{"the middleware does not know the gate", "middleware", "session", "alone"},
		{"a back end knows a method's types", "store/redisstore", "totp", ""},
		{"a back end does not know another", "store/redisstore", "store/memstore", "neighbours on floor 4"},
		{"a back end knows what one is", "store/redisstore", "store", ""},
		{"the contract is for tests", "store/memstore", "store/storetest", "neighbours on floor 4"},
		{"the root knows memory", ".", "store/memstore", ""},
		{"the root does not know Redis", ".", "store/redisstore", "only hosts"},
		{"the root does not link the contract", ".", "store/storetest", "for tests"},
		{"the root does not link the test servers", ".", "internal/testutil", "neighbours on floor 5"},
		{"the test kit stands on the root", "authtest", ".", ""},
		{"the root does not know the test kit", ".", "authtest", "neighbours on floor 5"},
		{"an example stands on the root", "examples/server", ".", ""},
		{"an example may choose a back end", "examples/server", "store/redisstore", ""},
		{"an example is no test", "examples/server", "internal/testutil", "neighbours on floor 5"},
		{"a regression test may do all of it", "regress/outage", "internal/testutil/forge", ""},
		{"a package without a place is refused", "helpers", "jwt", "stands on no floor"},
		{"so is its import", "jwt", "helpers", "stands on no floor"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := check([]pkg{{
				ImportPath: importPath(tt.from), Imports: []string{"fmt", importPath(tt.imports)},
			}})
			switch {
			case tt.want == "" && len(got) != 0:
				t.Errorf("got %q, want none", got)
			case tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)):
				t.Errorf("got %q, want one breach with %q", got, tt.want)
			}
		})
	}
}

func importPath(relative string) string {
	if relative == "." {
		return module
	}
	return module + "/" + relative
}

func TestCheckDrivers(t *testing.T) {
	tests := []struct {
		name, from, dep string
		breaches        int
	}{
		{"the root links no Redis client", ".", "github.com/redis/go-redis/v9/internal/pool", 1},
		{"the root links no MongoDB client", ".", "go.mongodb.org/mongo-driver/v2/bson", 1},
		{"the root links no phone tables", ".", "github.com/nyaruka/phonenumbers", 1},
		{"a name that begins alike is another module", ".", "github.com/redis/go-redis-mock", 0},
		{"a store links its client", "store/redisstore", "github.com/redis/go-redis/v9", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := check([]pkg{{ImportPath: importPath(tt.from), Deps: []string{tt.dep}}}); len(got) != tt.breaches {
				t.Errorf("got %q, want %d", got, tt.breaches)
			}
		})
	}
}

func TestTooLong(t *testing.T) {
	lines := func(n int, first string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(first + strings.Repeat("\n", n))}
	}
	got, err := tooLong(fstest.MapFS{
		"a/fits.go":               lines(longest, "package a"),
		"a/long.go":               lines(longest+1, "package a"),
		"a/long_test.go":          lines(longest+1, "package a"),
		"a/made.go":               lines(longest+1, "// Code generated by a program. DO NOT EDIT."),
		"a/long.md":               lines(longest+1, "# Text"),
		".cache/long.go":          lines(longest+1, "package a"),
		"node_modules/p/long.go":  lines(longest+1, "package a"),
		"examples/x/own/long.go":  lines(longest+1, "package a"),
		"examples/x/own/fits.txt": lines(1, ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a/long.go", "a/long_test.go", "examples/x/own/long.go"}
	if len(got) != len(want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	for i, name := range want {
		if !strings.HasPrefix(got[i], name+" ") {
			t.Errorf("got %q, want %s", got[i], name)
		}
	}
}

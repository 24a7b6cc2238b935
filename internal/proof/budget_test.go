package proof

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The budget: what the library may cost its hosts. A higher number here is a decision.
const (
	// mostDirect is how many modules go.mod may require directly, those of tests and back ends included.
	mostDirect = 20
	// mostLinked is how many modules a program may link that imports the root package alone, and mostPackages how many packages, those of
	// the standard library left out.
	mostLinked, mostPackages = 24, 90
)

// drivers are modules that only a host links, who asks for them.
var drivers = []string{"github.com/redis/go-redis/v9", "go.mongodb.org/mongo-driver/v2", "github.com/nyaruka/phonenumbers", "github.com/wneessen/go-mail"}

// TestBudget bounds what a host gets with the library, and demands that no driver of a database comes along unasked.
func TestBudget(t *testing.T) {
	direct := list[struct {
		Path           string
		Indirect, Main bool
	}](t, "-m", "-json", "all")
	n := 0
	for _, m := range direct {
		if !m.Indirect && !m.Main {
			n++
		}
	}
	modules, packages := linked(t, ".")
	for _, m := range modules {
		if slices.Contains(drivers, m.Path) {
			t.Errorf("the root package links %s", m.Path)
		}
	}
	if n > mostDirect || len(modules) > mostLinked || packages > mostPackages {
		t.Errorf("%d direct modules (most %d), %d linked (most %d), %d packages (most %d)", n, mostDirect, len(modules), mostLinked, packages, mostPackages)
	}
	t.Logf("%d direct modules; a program with the root package links %d modules, %d packages", n, len(modules), packages)
}

// TestBudget_Size builds the program of the README and prints how large it is: a figure, and no limit.
func TestBudget_Size(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	out := filepath.Join(t.TempDir(), "quickstart")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", out, "./examples/quickstart")
	cmd.Dir = root
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, strings.TrimSpace(string(text)))
	}
	info, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("examples/quickstart, stripped: %.1f MB", float64(info.Size())/1e6)
}

package catalogue

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/crafteasy/auth/internal/testutil"
)

// TestMain stops the servers that tests started, and fails when a goroutine of any test is left (H-01) or an answer was not what
// openapi.json describes.
func TestMain(m *testing.M) {
	redis.SetLogger(quiet{})
	goleak.VerifyTestMain(documented{testutil.Wrap(m)})
}

// quiet drops what the client has to say about servers that the tests take away.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// documented fails a run whose answers are not those of the document.
type documented struct{ tests testutil.Tests }

// Run runs the tests and returns their exit code.
func (d documented) Run() int {
	code := d.tests.Run()
	for _, fault := range wire.wrong() {
		fmt.Fprintln(os.Stderr, "openapi.json:", fault)
		code = max(code, 1)
	}
	whole := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" &&
		flag.Lookup("test.list").Value.String() == "" && flag.Lookup("test.fuzz").Value.String() == ""
	if code != 0 || !whole || wire.doc == nil {
		return code
	}
	for _, unseen := range wire.unseen() {
		fmt.Fprintln(os.Stderr, "openapi.json describes what no test has seen:", unseen)
		code = 1
	}
	return code
}

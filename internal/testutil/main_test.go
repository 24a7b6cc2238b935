package testutil_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/crafteasy/auth/internal/testutil"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testutil.Wrap(m)) }

// childVariable makes TestServersDieWithTheBinary the child of itself.
const childVariable = "TESTUTIL_CHILD"

func TestServersDieWithTheBinary(t *testing.T) {
	redis, postgres := testutil.RedisServer(t), testutil.PostgresServer(t) // if one is missing, skip here, not in the child
	if os.Getenv(childVariable) != "" {
		fmt.Fprintln(os.Stdout, "address", redis)
		fmt.Fprintln(os.Stdout, "address", strings.Split(postgres, "@")[1])
		select {} // until the parent kills us
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServersDieWithTheBinary$", "-test.v")
	child.Env = append(os.Environ(), childVariable+"=1", "TMPDIR="+openFolder(t))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Wait() }()

	var addrs []string
	for lines := bufio.NewScanner(out); len(addrs) < 2 && lines.Scan(); {
		if addr, ok := strings.CutPrefix(lines.Text(), "address "); ok {
			addrs = append(addrs, strings.TrimSuffix(addr, "/postgres"))
		}
	}
	for _, addr := range addrs {
		if !listens(addr) {
			t.Errorf("the child's server at %s is not there", addr)
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, addr := range addrs {
		for try := 0; listens(addr); try++ {
			if try == 200 {
				t.Fatalf("the server at %s outlived the binary that started it", addr)
			}
			time.Sleep(25 * time.Millisecond)
		}
	}
}

// openFolder returns a folder that PostgreSQL's user can enter, which a test's own is not.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "auth-child-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func listens(addr string) bool {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

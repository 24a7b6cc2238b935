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
	if os.Getenv(childVariable) != "" {
		fmt.Fprintln(os.Stdout, "address", testutil.RedisServer(t))
		select {} // until the parent kills us
	}
	_ = testutil.RedisServer(t) // skip here, not in the child
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServersDieWithTheBinary$", "-test.v")
	child.Env = append(os.Environ(), childVariable+"=1", "TMPDIR="+t.TempDir())
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Wait() }()

	var addr string
	for lines := bufio.NewScanner(out); addr == "" && lines.Scan(); {
		if after, ok := strings.CutPrefix(lines.Text(), "address "); ok {
			addr = after
		}
	}
	if _, err := net.Dial("tcp", addr); err != nil {
		t.Fatalf("the child's server: %v", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		_ = c.Close()
		time.Sleep(25 * time.Millisecond)
	}
	t.Error("the server outlived the binary that started it")
}

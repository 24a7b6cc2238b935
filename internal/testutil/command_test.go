package testutil_test

import (
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/testutil"
)

func TestPrograms(t *testing.T) {
	for name, program := range map[string]struct {
		path    func(testing.TB) string
		version string
	}{
		"chromium": {testutil.Chromium, "Chromium"},
		"oathtool": {testutil.OATHTool, "oathtool"},
		"zbarimg":  {testutil.ZBarImg, "0."},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), program.path(t), "--version").Output()
			if err != nil || !strings.Contains(string(out), program.version) {
				t.Errorf("it says %q, %v", out, err)
			}
		})
	}
}

func TestFreePort(t *testing.T) {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(testutil.FreePort(t))))
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

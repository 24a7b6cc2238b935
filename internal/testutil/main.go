package testutil

import (
	"os"
	"testing"
)

// Main runs the tests of a package, stops the servers that they started, and exits. It is the whole of a TestMain.
func Main(m *testing.M) {
	os.Exit(Wrap(m).Run())
}

// Tests are the tests of a package, followed by the stop of the servers that they started.
type Tests struct{ m *testing.M }

// Wrap returns m as [Tests], for a TestMain that has more to do than [Main]:
//
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(testutil.Wrap(m)) }
func Wrap(m *testing.M) Tests { return Tests{m} }

// Run runs the tests and returns their exit code. Every server has ended when it returns.
func (t Tests) Run() int {
	running.open()
	code := t.m.Run()
	running.stop()
	return code
}

package regress

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/crafteasy/auth/internal/testutil"
)

// TestMain stops the servers that tests started, and fails when a goroutine of any test is left.
func TestMain(m *testing.M) { goleak.VerifyTestMain(testutil.Wrap(m)) }

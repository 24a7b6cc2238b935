package catalogue

import (
	"context"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/crafteasy/auth/internal/testutil"
)

// TestMain stops the servers that tests started, and fails when a goroutine of any test is left (H-01).
func TestMain(m *testing.M) {
	redis.SetLogger(quiet{})
	goleak.VerifyTestMain(testutil.Wrap(m))
}

// quiet drops what the client has to say about servers that the tests take away.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

package oauth_test

import (
	"testing"

	"github.com/crafteasy/auth/internal/testutil"
)

func TestMain(m *testing.M) { testutil.Main(m) }

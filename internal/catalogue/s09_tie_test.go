package catalogue

import (
	"testing"

	"github.com/crafteasy/auth"
)

// TestS09_ManyInOneMillisecond signs in again and again while the clock stands: the session that has just begun is never the one that ends.
func TestS09_ManyInOneMillisecond(t *testing.T) {
	each(t, auth.Config{MaxSessions: 2}, func(t *testing.T, e *env) {
		for range 8 {
			if !e.live(e.login(ada)) {
				t.Fatal("the session ended with its own beginning")
			}
		}
	})
}

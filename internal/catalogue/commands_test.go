package catalogue

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/internal/testutil"
)

// TestNoRequestScansRedis goes through the day of an account and asks the server what it executed, within scripts too.
func TestNoRequestScansRedis(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: testutil.RedisServer(t)})
	t.Cleanup(func() { _ = rdb.Close() })
	for _, b := range backends {
		if b.name != "redis" {
			continue
		}
		d := &day{env: open(t, b, 1, auth.Config{SignUp: true})}
		if err := rdb.ConfigResetStat(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		for _, s := range daySteps {
			s.act(d)
		}
	}
	stats := rdb.Info(t.Context(), "commandstats").Val()
	for _, walks := range []string{"keys", "scan", "sscan", "hscan", "zscan", "randomkey", "dbsize", "sort"} {
		if strings.Contains(stats, "cmdstat_"+walks+":") {
			t.Errorf("the server executed %s", walks)
		}
	}
	if !strings.Contains(stats, "cmdstat_getdel:") || !strings.Contains(stats, "cmdstat_zadd:") {
		t.Errorf("the day left no trace: %s", stats)
	}
}

package catalogue

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/crafteasy/auth"
)

var waits = regexp.MustCompile(`(Retry-After: |"retry_after":)[0-9]+`)

// TestO11_Time asks for codes and guesses at them for every kind of account in turn, on every back end: status, headers, body and the calls
// to the back end are the same each time. How long each takes is compared by rank with an address that no account has, and printed: on a
// machine that does other things at the same time, a small p means little.
func TestO11_Time(t *testing.T) {
	const rounds = 12
	each(t, auth.Config{Limits: auth.Limits{IPPerMinute: 1 << 20, IPFailures: 1 << 20, RecipientPerHour: rounds, RecipientPerDay: 2 * rounds}}, func(t *testing.T, e *env) {
		accounts := map[string]string{"existing": ada, "unknown": unknown, "disabled": eve, "second factor": bob, "throttled": "tom@example.com", "throttled unknown": "tim@example.com"}
		for _, name := range []string{"existing", "disabled", "second factor", "throttled"} {
			e.account(accounts[name])
		}
		e.enrol(bob)
		gone := e.account(eve)
		e.reopen(func(c *auth.Config) {
			c.Users = &directory{c.Store.Users(), func(id string) bool { return id == gone }, func(string) bool { return false }}
		})
		e.Clock.Advance(2 * time.Hour) // what enrolling sent is out of the window
		for _, name := range []string{"throttled", "throttled unknown"} {
			for range rounds {
				e.handle(accounts[name])
			}
		}
		took := map[string]map[string][]time.Duration{"asked": {}, "guessed": {}}
		told, worked := map[string]string{}, map[string]string{}
		try := func(what, name string, act func() answer) {
			e.Faults.Forget()
			begin := time.Now()
			a := act()
			took[what][name] = append(took[what][name], time.Since(begin))
			class := what
			if accounts[name][0] == 't' && what == "asked" {
				class += " too often"
			}
			is := waits.ReplaceAllString(a.triple(), "$1*") // back ends count the seconds down
			if told[class] == "" {
				told[class], worked[class] = is, e.work()
			}
			if is != told[class] || e.work() != worked[class] {
				t.Fatalf("%s, %s: told %s for %s; others are told %s for %s", class, name, is, e.work(), told[class], worked[class])
			}
		}
		names := slices.Sorted(maps.Keys(accounts))
		for range rounds - 1 {
			for _, name := range names {
				body := fmt.Sprintf(`{"email":%q}`, accounts[name])
				try("asked", name, func() answer { return e.post("/auth/login/email", body) })
				try("guessed", name, func() answer { return e.verify(accounts[name], "AAAAAAAAAAAAAAAAAAAAAA", "000000") })
			}
		}
		for _, what := range []string{"asked", "guessed"} {
			for _, name := range names {
				against := "unknown"
				if name == "throttled" && what == "asked" {
					against = "throttled unknown"
				}
				t.Logf("%-8s %-18s median %8v, against %s p = %.3f", what, name, median(took[what][name]), against, mannWhitney(took[what][name], took[what][against]))
			}
		}
	})
}

package catalogue

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/user"
)

// crowded are limits on addresses that no test reaches, and the defaults for everything else but messages.
var crowded = auth.Limits{IPPerMinute: 1 << 20, RecipientPerHour: 1 << 20, RecipientPerDay: 1 << 20, DailyEmail: 1 << 20}

// waits guesses without a handle and demands that it is refused for so long, by seconds.
func (e *env) waits(t *testing.T, email string, seconds int, o ...option) {
	t.Helper()
	a := e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer {
		return e.post("/auth/login/verify", fmt.Sprintf(`{"target":%q,"code":"000000"}`, email), o...)
	})
	if got := a.header.Get("Retry-After"); got != fmt.Sprint(seconds) {
		t.Errorf("Retry-After %s, want %d", got, seconds)
	}
}

// TestR05_Backoff fails on the victim and succeeds on the attacker's own account in between, from one address. The wait of the victim's
// address grows to the cap; only the owner's own success ends it, and the owner is never locked out.
func TestR05_Backoff(t *testing.T) {
	each(t, auth.Config{Limits: crowded}, func(t *testing.T, e *env) {
		number := user.Identifier{Kind: user.Phone, Value: "+46701234567"}
		if err := e.Config.Store.Users().SetIdentifier(t.Context(), e.account(ada), number); err != nil {
			t.Fatal(err)
		}
		e.account("mallory@example.com")
		fails := func() {
			t.Helper()
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return e.verify(ada, "", "000000") })
			e.login("mallory@example.com")
		}
		for range 5 {
			fails()
		}
		for _, seconds := range []int{30, 60, 120, 240, 480, 960, 1920, 3600, 3600} {
			e.waits(t, ada, seconds)
			e.Clock.Advance(time.Duration(seconds) * time.Second)
			fails()
		}
		e.waits(t, ada, 3600)

		// A success by text message says nothing about the mailbox.
		a := e.post("/auth/login/sms", `{"phone":"+46701234567"}`)
		if a = e.verify("+46701234567", a.text("challenge"), e.Inbox.Code(t, "+46701234567")); a.status != http.StatusOK {
			t.Fatalf("the other channel answers %d %s", a.status, a.body)
		}
		e.waits(t, ada, 3600)

		e.Clock.Advance(-24 * time.Hour)
		e.waits(t, ada, 3600)
		e.Clock.Advance(59 * time.Minute)
		e.waits(t, ada, 60)
		e.Clock.Advance(23*time.Hour + time.Minute)

		e.reopen(func(*auth.Config) {})
		fails()
		e.waits(t, ada, 3600)
		e.Clock.Advance(24 * time.Hour)
		fails()
		e.waits(t, ada, 3600)

		e.login(ada) // the owner has the handle
		fails()      // and has cleared the counter
	})
}

// TestR05_ManyVictims guesses at many accounts from one address, one code each, with the handles that it asked for itself. The address must
// wait before it asks for more; other addresses need not, and a handle that is live goes on working.
func TestR05_ManyVictims(t *testing.T) {
	c := behindProxy()
	c.SignUp = true
	each(t, c, func(t *testing.T, e *env) {
		e.reopen(func(c *auth.Config) { c.Limits = auth.Limits{IPPerMinute: 60} })
		ask := func(email, ip string) answer {
			return e.post("/auth/login/email", fmt.Sprintf(`{"email":%q}`, email), at(ip))
		}
		verify := func(email, handle, code, ip string) answer {
			return e.post("/auth/login/verify", fmt.Sprintf(`{"target":%q,"code":%q,"challenge":%q}`, email, code, handle), at(ip))
		}
		const evil, good = "192.0.2.66", "192.0.2.7"
		live := ask(ada, evil).text("challenge")
		for i := range 5 {
			victim := fmt.Sprintf("victim%d@example.com", i)
			handle := ask(victim, evil).text("challenge")
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return verify(victim, handle, "000000", evil) })
		}
		for _, seconds := range []string{"30", "60", "120"} {
			for name, act := range map[string]func() answer{
				"another code":           func() answer { return ask("next@example.com", evil) },
				"a code by text":         func() answer { return e.post("/auth/login/sms", `{"phone":"+46701234567"}`, at(evil)) },
				"a guess without handle": func() answer { return verify("next@example.com", "", "000000", evil) },
			} {
				a := e.refuses(t, http.StatusTooManyRequests, "rate_limited", act)
				if a.header.Get("Retry-After") != seconds {
					t.Errorf("%s: Retry-After %s, want %s", name, a.header.Get("Retry-After"), seconds)
				}
			}
			if a := ask(bob, good); a.status != http.StatusOK {
				t.Errorf("another address answers %d %s", a.status, a.body)
			}
			wait, _ := time.ParseDuration(seconds + "s")
			e.Clock.Advance(wait)
			e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return verify("next@example.com", "", "000000", evil) })
		}
		if a := verify(ada, live, e.Inbox.Code(t, ada), evil); a.status != http.StatusOK {
			t.Errorf("a live handle answers %d %s", a.status, a.body)
		}
		if !strings.Contains(t.Name(), "memory") {
			return // elsewhere, counts expire by the machine's clock
		}
		e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return ask("next@example.com", evil) }) // a success clears nothing
		e.Clock.Advance(3 * time.Hour)
		if a := ask("next@example.com", evil); a.status != http.StatusOK {
			t.Errorf("hours later the address answers %d %s", a.status, a.body)
		}
	})
}

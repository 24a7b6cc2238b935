package catalogue

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/crafteasy/auth"
)

// knock is a public POST that costs nothing but a place in the limit of its address.
func (e *env) knock(o ...option) answer {
	return e.post("/auth/login/verify", `{"target":"ada@example.com","code":"000000","challenge":"AAAAAAAAAAAAAAAAAAAAAA"}`, o...)
}

// TestR01_HeadersOfAnUntrustedPeer claims to be a thousand clients. All claims are ignored: the limit of the one address holds.
func TestR01_HeadersOfAnUntrustedPeer(t *testing.T) {
	each(t, auth.Config{Limits: auth.Limits{IPPerMinute: 60, RecipientPerHour: 5, RecipientPerDay: 10}}, func(t *testing.T, e *env) {
		names := []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "Cf-Connecting-Ip", "True-Client-Ip", "X-Client-Ip", "X-Forwarded", "Fastly-Client-Ip"}
		refused := 0
		for i := range 200 {
			ip := fmt.Sprintf("203.%d.%d.%d", i%7, i%13, i)
			var o []option
			for j, name := range names {
				if i%len(names) == j || i%3 == 0 {
					value := ip
					if name == "Forwarded" {
						value = "for=" + ip
					}
					o = append(o, header(name, value))
				}
			}
			if a := e.knock(o...); a.status == http.StatusTooManyRequests {
				refused++
			}
		}
		if refused != 140 {
			t.Errorf("%d of 200 requests were refused, want all but 60", refused)
		}
		for _, ev := range e.Events.All() {
			if ev.IP != "127.0.0.1" {
				t.Fatalf("an event names the address %s", ev.IP)
			}
		}
	})
}

// TestR01_TrustedProxy believes a named proxy, and from its list only the last address that no proxy is.
func TestR01_TrustedProxy(t *testing.T) {
	e := alone(t, auth.Config{
		Limits:         auth.Limits{IPPerMinute: 2, RecipientPerHour: 5, RecipientPerDay: 10},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8")},
	})
	from := func(list string) int { return e.knock(header("X-Forwarded-For", list)).status }
	for i, want := range []int{401, 401, 429} {
		// What stands to the left of the client is the client's own text.
		if got := from(fmt.Sprintf("198.51.100.%d, 203.0.113.7, 10.0.0.5", i)); got != want {
			t.Errorf("request %d answers %d, want %d", i, got, want)
		}
	}
	if got := from("203.0.113.8, 10.0.0.5"); got != http.StatusUnauthorized {
		t.Errorf("another client shares the limit: %d", got)
	}
}

// TestR03_IPv6 takes a new address for every request: one /64 is one client, and a mapped address is its IPv4 one.
func TestR03_IPv6(t *testing.T) {
	each(t, auth.Config{
		Limits:         auth.Limits{IPPerMinute: 5, RecipientPerHour: 5, RecipientPerDay: 10},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
	}, func(t *testing.T, e *env) {
		refused := func(n int, address func(i int) string) (count int) {
			for i := range n {
				if e.knock(header("X-Forwarded-For", address(i))).status == http.StatusTooManyRequests {
					count++
				}
			}
			return count
		}
		for name, tt := range map[string]struct {
			address func(i int) string
			refused int
		}{
			"a /64":      {func(i int) string { return fmt.Sprintf("2001:db8:1:1:%x:%x::%x", i, i*7, i) }, 35},
			"other /64s": {func(i int) string { return fmt.Sprintf("2001:db8:2:%x::1", i) }, 0},
			"forms of one IPv4": {func(i int) string {
				return []string{"192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201", "0:0:0:0:0:ffff:192.0.2.1"}[i%4]
			}, 35},
			"mapped and distinct": {
				func(i int) string { return "::ffff:192.0.2." + strconv.Itoa(100+i) }, 0,
			},
		} {
			if got := refused(40, tt.address); got != tt.refused {
				t.Errorf("%s: %d of 40 requests were refused, want %d", name, got, tt.refused)
			}
		}
	})
}

// TestR_FixedWindow: the window begins with the first hit and ends a minute later, whatever comes in between.
func TestR_FixedWindow(t *testing.T) {
	e := alone(t, auth.Config{Limits: auth.Limits{IPPerMinute: 3, RecipientPerHour: 5, RecipientPerDay: 10}})
	for range 3 {
		if a := e.knock(); a.status != http.StatusUnauthorized {
			t.Fatalf("answers %d %s", a.status, a.body)
		}
		e.Clock.Advance(10 * time.Second)
	}
	for _, left := range []string{"30", "20", "10"} {
		a := e.refuses(t, http.StatusTooManyRequests, "rate_limited", func() answer { return e.knock() })
		if a.header.Get("Retry-After") != left || fmt.Sprint(a.field("retry_after")) != left {
			t.Errorf("Retry-After %s, want %s", a.header.Get("Retry-After"), left)
		}
		e.Clock.Advance(10 * time.Second)
	}
	if a := e.knock(); a.status != http.StatusUnauthorized {
		t.Errorf("after the window the request answers %d %s", a.status, a.body)
	}
}

// TestR_LimitedIsCheap: beyond the limit nothing is looked up of an account, compared or sent. The one look beside the count is at the standing
// of the address, or for the challenge.
func TestR_LimitedIsCheap(t *testing.T) {
	e := alone(t, auth.Config{SignUp: true, Limits: auth.Limits{IPPerMinute: 1, RecipientPerHour: 5, RecipientPerDay: 10}})
	e.knock()
	for name, c := range map[string]struct {
		act  func() answer
		work string
	}{
		"login":                   {func() answer { return e.post("/auth/login/email", `{"email":"ada@example.com"}`) }, "kv.Count kv.Count"},
		"sms":                     {func() answer { return e.post("/auth/login/sms", `{"phone":"+46701234567"}`) }, "kv.Count kv.Count"},
		"verify":                  {func() answer { return e.knock() }, "kv.Count kv.Get"},
		"verify without a handle": {func() answer { return e.verify(ada, "", "000000") }, "kv.Count"},
		"a key":                   {func() answer { return e.post("/auth/api-key", `{"api_code":"x","api_key":"y"}`) }, "kv.Count"},
	} {
		t.Run(name, func(t *testing.T) {
			e.Faults.Forget()
			e.refuses(t, http.StatusTooManyRequests, "rate_limited", c.act)
			if work := e.work(); work != c.work {
				t.Errorf("the back ends do: %s", work)
			}
		})
	}
	e.nothingSent(t)
}

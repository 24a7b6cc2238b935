package catalogue

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/session"
)

// told are the notices with these words in their subject. Nothing is sent afterwards.
func (e *env) told(words string) (list []sender.Message) {
	e.Drain()
	for _, m := range e.Inbox.Messages() {
		if strings.Contains(m.Subject, words) {
			list = append(list, m)
		}
	}
	return list
}

// from signs ada in with a browser at an address.
func (e *env) from(browser, ip string) string {
	e.t.Helper()
	handle, code := e.code(ada)
	a := e.post("/auth/login/verify", `{"target":"`+ada+`","code":"`+code+`","challenge":"`+handle+`"}`, header("User-Agent", browser), at(ip))
	return a.want(e.t, http.StatusOK, "").text("token")
}

// TestNewDevice: the owner is told of a sign-in that is unlike all that are remembered, by browser and by address (ASVS 6.3.5). One that
// shares either with an earlier one, the first of all and the first after a logout are no news.
func TestNewDevice(t *testing.T) {
	c := auth.Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Limits: auth.Limits{RecipientPerHour: 100, RecipientPerDay: 100}}
	each(t, c, func(t *testing.T, e *env) {
		e.account(ada)
		first := e.from("Firefox", "203.0.113.1")
		e.from("Firefox", "198.51.100.7")        // her telephone line changed
		e.from("Firefox next", "203.0.113.1")    // her browser was updated
		e.from("Firefox", "2001:db8:1:1::1")     // and has IPv6
		e.from("Chrome", "2001:db8:1:1:2::ffff") // another program of the same house
		e.from("curl", "192.0.2.66")
		e.from("curl", "192.0.2.66") // no news any more
		if !e.live(first) {
			t.Error("a session ended")
		}
		list := e.told("New sign-in to your")
		if len(list) != 1 || list[0].To != ada || !strings.Contains(list[0].Text, "from a new device") || !strings.Contains(list[0].Text, "192.0.2.66") {
			t.Errorf("%d notices of a new device: %v", len(list), list)
		}
	})
}

// TestReuseIsTold: the owner is told once that a session was ended because its token was used from two places.
func TestReuseIsTold(t *testing.T) {
	e := alone(t, auth.Config{})
	old := e.login(ada)
	e.successor(old)
	e.Clock.Advance(session.Grace)
	for range 2 {
		e.refresh(old).want(t, http.StatusUnauthorized, "invalid_token")
	}
	if list := e.told("A sign-in to your"); len(list) != 1 || list[0].To != ada {
		t.Errorf("%d notices: %v", len(list), list)
	}
}

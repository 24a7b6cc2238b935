package catalogue

import (
	"net/http"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// TestA03_PlantedHandoff sends a victim a link with the attacker's handoff code, to a service in cookie mode whose page swaps every code
// that it finds: the code is good in the attacker's own browser alone, and once.
func TestA03_PlantedHandoff(t *testing.T) {
	inCookies := func(c *auth.Config, _ *authtest.Provider) { c.CookieMode = true }
	eachSocial(t, inCookies, func(t *testing.T, s *social) {
		who := authtest.Person{Email: ada}
		begin := func(b *browser) (body string) {
			t.Helper()
			a := b.back(s.idp.Approve(t, b.begin("demo", "?return_to=/"), who)).want(t, http.StatusSeeOther, "")
			_, code, _ := strings.Cut(a.header.Get("Location"), "code=")
			if len(a.setCookies()) != 0 || a.body != "" {
				t.Errorf("the way back to a page sets %v and says %q", a.header["Set-Cookie"], a.body)
			}
			return `{"code":"` + code + `"}`
		}
		swap := func(b *browser, body string) func() answer {
			return func() answer { return b.do(http.MethodPost, "/auth/oauth2/handoff", body, ownPage) }
		}

		attacker, victim := s.browser(t), s.browser(t)
		planted := begin(attacker)
		s.refuses(t, http.StatusUnauthorized, "invalid_code", swap(victim, planted))
		s.refuses(t, http.StatusUnauthorized, "invalid_code", swap(attacker, planted)) // spent
		if len(victim.cookies) != 0 {
			t.Errorf("the victim has %v", victim.cookies)
		}

		planted = begin(attacker)
		own := begin(victim) // has a cookie of a handoff, which is another one's
		s.refuses(t, http.StatusUnauthorized, "invalid_code", swap(victim, planted))

		a := swap(victim, own)()
		if a.status != http.StatusOK || a.field("token") != nil || len(victim.cookies) != 1 || victim.cookies[cookieName] == "" {
			t.Errorf("the swap answers %d %v %s; the browser has %v", a.status, a.header, a.body, victim.cookies)
		}
		victim.do(http.MethodGet, "/auth/me", "").want(t, http.StatusOK, "")
		s.refuses(t, http.StatusUnauthorized, "invalid_code", swap(victim, own))

		direct := s.browser(t)
		a = direct.signIn("demo", who).want(t, http.StatusOK, "")
		if a.field("token") != nil || len(direct.cookies) != 1 || direct.cookies[cookieName] == "" {
			t.Errorf("the way back without a place to return to answers %v %s", a.header, a.body)
		}
		s.refuses(t, http.StatusForbidden, "cross_origin", func() answer {
			return direct.do(http.MethodPost, "/auth/oauth2/demo/link", "", from("cross-site", "https://evil.example"))
		})
	})
}

package catalogue

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// TestA16_LinkCSRF: a link is made by one person at both ends, who proved himself a short while ago.
func TestA16_LinkCSRF(t *testing.T) {
	eachSocial(t, nil, func(t *testing.T, s *social) {
		attacker, eve := s.member(t, "eve@example.com")
		victim, grace := s.member(t, "grace@example.com")
		t.Run("a victim's browser does not end an attacker's flow", func(t *testing.T) {
			s.refuses(t, http.StatusBadRequest, "invalid_state", func() answer { return victim.back(attacker.beginLink(zoe)) })
		})
		t.Run("who signs in meanwhile in the same browser does not confirm", func(t *testing.T) {
			handle := victim.back(victim.beginLink(zoe)).want(t, http.StatusOK, "").text("link")
			s.refuses(t, http.StatusBadRequest, "invalid_state", func() answer { return attacker.confirm(handle) })
			again := s.browser(t)
			again.token = s.login("grace@example.com") // the same person in another session
			s.refuses(t, http.StatusBadRequest, "invalid_state", func() answer { return again.confirm(handle) })
			if n := len(s.links(t, grace)) + len(s.links(t, eve)); n != 0 {
				t.Errorf("%d links", n)
			}
			victim.confirm(handle).want(t, http.StatusNoContent, "")
			s.refuses(t, http.StatusBadRequest, "invalid_state", func() answer { return victim.confirm(handle) })
			s.noticed(t, "grace@example.com", "demo")
			if len(s.links(t, grace)) != 1 || s.in(t, "demo", zoe) != grace {
				t.Error("it is not linked")
			}
		})
		t.Run("20 confirmations at once are one link", func(t *testing.T) {
			handle := attacker.back(attacker.beginLink(authtest.Person{Email: "evil@example.com"})).want(t, http.StatusOK, "").text("link")
			results := s.race(20, func(int) answer { return attacker.copied().confirm(handle) })
			if results[http.StatusNoContent] != 1 || results[http.StatusBadRequest] != 19 || len(s.links(t, eve)) != 1 {
				t.Errorf("the answers are %v, the links %d", results, len(s.links(t, eve)))
			}
		})
		t.Run("an identity that another account has is neither moved nor shared", func(t *testing.T) {
			handle := attacker.back(attacker.beginLink(zoe)).want(t, http.StatusOK, "").text("link")
			attacker.confirm(handle).want(t, http.StatusConflict, "already_registered")
			if len(s.links(t, eve)) != 1 || len(s.links(t, grace)) != 1 {
				t.Error("it moved")
			}
		})
		t.Run("the owner of the address confirms a link_required, and nobody else", func(t *testing.T) {
			owner, hal := s.member(t, "hal@example.com")
			handle := s.browser(t).signIn("demo", authtest.Person{Email: "hal@example.com"}).want(t, http.StatusConflict, "link_required").text("link")
			s.refuses(t, http.StatusBadRequest, "invalid_state", func() answer { return attacker.confirm(handle) })
			owner.confirm(handle).want(t, http.StatusNoContent, "")
			if s.in(t, "demo", authtest.Person{Email: "hal@example.com"}) != hal {
				t.Error("it is not linked")
			}
		})
		t.Run("who proved himself long ago begins, confirms and unlinks nothing", func(t *testing.T) {
			s.Clock.Advance(11 * time.Minute)
			for _, rt := range [][2]string{
				{http.MethodPost, "/auth/oauth2/demo/link"},
				{http.MethodPost, "/auth/oauth2/link/confirm"},
				{http.MethodDelete, "/auth/oauth2/links/" + s.links(t, grace)[0].ID},
			} {
				s.refuses(t, http.StatusForbidden, "reauthentication_required", func() answer { return victim.do(rt[0], rt[1], "{}") })
			}
			if n := len(s.links(t, grace)); n != 1 {
				t.Errorf("%d links", n)
			}
		})
	})
}

// TestA16_NoTokenInAURL looks at everything that a browser sees on its way, and at the log.
func TestA16_NoTokenInAURL(t *testing.T) {
	eachSocial(t, nil, func(t *testing.T, s *social) {
		var provider []string
		s.idp.Play(authtest.Trick{Token: func(_ *authtest.Provider, _ map[string]any, signed string) string {
			provider = append(provider, signed)
			return signed
		}})
		to := func() (*browser, answer, *url.URL) {
			b := s.browser(t)
			a := b.back(s.idp.Approve(t, b.begin("demo", "?return_to=/done"), zoe)).want(t, http.StatusSeeOther, "")
			at, err := url.Parse(a.header.Get("Location"))
			if err != nil || at.Path != "/done" || len(at.Query()) != 1 || at.Fragment != "" {
				t.Fatalf("sent to %s", at)
			}
			return b, a, at
		}
		redeem := func(b *browser, at *url.URL) answer {
			return b.do(http.MethodPost, "/auth/oauth2/handoff", `{"code":`+quoted(at.Query().Get("code"))+`}`)
		}
		b, a, at := to()
		if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Referrer-Policy") != "no-referrer" || a.body != "" {
			t.Errorf("answers %v %s", a.header, a.body)
		}
		got := redeem(b, at).want(t, http.StatusOK, "")
		seen := a.body + at.String() + s.Logs()
		for _, secret := range append(provider, got.text("token"), s.idp.ClientSecret) {
			if strings.Contains(seen, secret) || strings.Contains(got.body, secret) && secret != got.text("token") {
				t.Error("a token or secret is told")
			}
		}
		s.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return redeem(b, at) })
		b, _, at = to()
		results := s.race(20, func(int) answer { return redeem(b.copied(), at) })
		if results[http.StatusOK] != 1 || results[http.StatusUnauthorized] != 19 {
			t.Errorf("one code answers %v", results)
		}
		b, _, at = to()
		s.Clock.Advance(time.Minute)
		s.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer { return redeem(b, at) })
	})
}

// TestA16_RedirectURIIsConfigured: nothing that a request says of its host reaches the provider.
func TestA16_RedirectURIIsConfigured(t *testing.T) {
	s := aloneSocial(t, func(c *auth.Config, idp *authtest.Provider) {
		d := offered(idp)
		d.RedirectURI = "https://proxy.example/back"
		c.OAuth.Providers["fixed"] = d
	})
	for name, want := range map[string]string{"demo": callbackOf("demo"), "fixed": "https://proxy.example/back"} {
		b := s.browser(t)
		u, err := url.Parse(b.begin(name, "?redirect_uri=https://evil.example", func(r *http.Request) { r.Host = "evil.example" },
			header("X-Forwarded-Host", "evil.example"), header("X-Forwarded-Proto", "http"), header("Forwarded", "host=evil.example"),
			header("X-Original-Url", "/evil.example"), header("Referer", "https://evil.example/")))
		if err != nil || u.Query().Get("redirect_uri") != want || strings.Contains(u.String(), "evil.example") {
			t.Errorf("sent to %s", u)
		}
	}
}

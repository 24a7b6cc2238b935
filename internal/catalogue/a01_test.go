package catalogue

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/authtest"
)

// zoe signs in at providers.
var zoe = authtest.Person{Email: "zoe@example.com", Name: "Zoe"}

// TestA01_State: a state that is not a flow's own is refused before the provider hears of it.
func TestA01_State(t *testing.T) {
	flip := func(s string) string {
		c := byte('A')
		if s[10] == c {
			c = 'B'
		}
		return s[:10] + string(c) + s[11:]
	}
	eachSocial(t, nil, func(t *testing.T, s *social) {
		for _, c := range []struct {
			rule   string
			change func(q url.Values)
		}{
			{"missing", func(q url.Values) { q.Del("state") }},
			{"empty", func(q url.Values) { q.Set("state", "") }},
			{"unknown", func(q url.Values) { q.Set("state", strings.Repeat("A", 43)) }},
			{"truncated", func(q url.Values) { q.Set("state", q.Get("state")[:42]) }},
			{"longer", func(q url.Values) { q.Set("state", q.Get("state")+"A") }},
			{"one bit flipped", func(q url.Values) { q.Set("state", flip(q.Get("state"))) }},
			{"given twice", func(q url.Values) { q.Add("state", q.Get("state")) }},
			{"half a megabyte", func(q url.Values) { q.Set("state", strings.Repeat("A", 512<<10)) }},
			{"a store's own words", func(q url.Values) { q.Set("state", "{$ne:1}") }},
		} {
			t.Run(c.rule, func(t *testing.T) {
				b := s.browser(t)
				to := b.leave(zoe)
				s.refuses(t, http.StatusBadRequest, "invalid_state", func() answer { return b.copied().back(altered(to, c.change)) })
			})
		}
		t.Run("at ten minutes", func(t *testing.T) {
			b := s.browser(t)
			to := b.leave(zoe)
			s.Clock.Advance(10 * time.Minute)
			s.refuses(t, http.StatusBadRequest, "invalid_state", func() answer { return b.back(to) })
		})
		if n := s.idp.Hits("token"); n != 0 {
			t.Errorf("%d codes were exchanged", n)
		}
		s.unknown(t, zoe.Email)
		b := s.browser(t)
		to := b.leave(zoe)
		s.Clock.Advance(10*time.Minute - time.Second)
		b.back(to).want(t, http.StatusOK, "")
	})
}

// TestA01_AMegabyte: a state of 1 MiB does not reach the service as a whole, and is refused by what reads the request.
func TestA01_AMegabyte(t *testing.T) {
	s := aloneSocial(t, nil)
	b := s.browser(t)
	to := b.leave(zoe)
	if a := b.back(altered(to, func(q url.Values) { q.Set("state", strings.Repeat("A", 1<<20)) })); a.status < 400 || a.status >= 500 {
		t.Errorf("answers %d %s", a.status, a.body)
	}
	if n := s.idp.Hits("token"); n != 0 {
		t.Errorf("%d codes were exchanged", n)
	}
}

// TestA02_StateIsSpentOnce: of one answer, one after the other and 20 at once, one is exchanged and signs in.
func TestA02_StateIsSpentOnce(t *testing.T) {
	eachSocial(t, nil, func(t *testing.T, s *social) {
		b := s.browser(t)
		to := b.leave(zoe)
		again := b.copied()
		b.back(to).want(t, http.StatusOK, "")
		s.refuses(t, http.StatusBadRequest, "invalid_state", func() answer { return again.back(to) })
		if n := s.idp.Hits("token"); n != 1 {
			t.Errorf("%d codes were exchanged, want 1", n)
		}
		const racers = 20
		b = s.browser(t)
		to = b.leave(zoe)
		sessions := s.Faults.Count("sessions.Create")
		results := s.race(racers, func(int) answer { return b.copied().back(to) })
		if results[http.StatusOK] != 1 || results[http.StatusBadRequest] != racers-1 || s.idp.Hits("token") != 2 {
			t.Errorf("the answers are %v after %d exchanges", results, s.idp.Hits("token")-1)
		}
		if n := s.Faults.Count("sessions.Create") - sessions; n != 1 {
			t.Errorf("%d sessions were made", n)
		}
	})
}

// TestA03_LoginCSRF: an answer is worth nothing in another browser than the one that began, whatever cookies that one has.
func TestA03_LoginCSRF(t *testing.T) {
	eachSocial(t, withOther, func(t *testing.T, s *social) {
		for _, c := range []struct {
			rule   string
			victim func(victim, attacker *browser)
		}{
			{"a browser that began nothing", func(*browser, *browser) {}},
			{"a browser with a flow of its own", func(v, _ *browser) { v.begin("demo", "") }},
			{"the cookie of another flow under the right name", func(v, a *browser) {
				v.begin("demo", "")
				for name := range a.cookies {
					for _, own := range v.cookies {
						v.cookies[name] = own
					}
				}
			}},
			{"an empty cookie", func(v, a *browser) {
				for name := range a.cookies {
					v.cookies[name] = ""
				}
			}},
		} {
			t.Run(c.rule, func(t *testing.T) {
				attacker, victim := s.browser(t), s.browser(t)
				to := attacker.leave(zoe)
				c.victim(victim, attacker)
				s.refuses(t, http.StatusBadRequest, "invalid_state", func() answer { return victim.back(to) })
				// The state is spent: the attacker's own browser cannot go on either.
				s.refuses(t, http.StatusBadRequest, "invalid_state", func() answer { return attacker.back(to) })
			})
		}
		t.Run("two cookies of the name", func(t *testing.T) {
			b := s.browser(t)
			to := b.leave(zoe)
			s.refuses(t, http.StatusBadRequest, "invalid_state", func() answer {
				return b.do(http.MethodGet, to.RequestURI(), "", func(r *http.Request) {
					for name, value := range b.cookies {
						r.AddCookie(&http.Cookie{Name: name, Value: value})
						r.AddCookie(&http.Cookie{Name: name, Value: "planted"})
					}
				})
			})
		})
		t.Run("the state of another provider", func(t *testing.T) {
			b := s.browser(t)
			to := b.leave(zoe)
			to.Path = "/auth/oauth2/other/callback"
			s.refuses(t, http.StatusBadRequest, "invalid_state", func() answer { return b.back(to) })
		})
		if n := s.idp.Hits("token"); n != 0 {
			t.Errorf("%d codes were exchanged", n)
		}
		t.Run("two tabs do not disturb each other", func(t *testing.T) {
			b := s.browser(t)
			one, two := b.leave(zoe), b.leave(zoe)
			b.back(two).want(t, http.StatusOK, "")
			b.back(one).want(t, http.StatusOK, "")
			if len(b.cookies) != 0 {
				t.Errorf("%d cookies stay", len(b.cookies))
			}
		})
	})
}

// TestA03_TheCookie: what binds a flow to its browser.
func TestA03_TheCookie(t *testing.T) {
	s := aloneSocial(t, nil)
	set := s.browser(t).do(http.MethodGet, "/auth/oauth2/demo/authorize", "").cookies()
	if len(set) != 1 {
		t.Fatalf("%d cookies", len(set))
	}
	c := set[0]
	if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 600 {
		t.Errorf("got %v", c)
	}
}

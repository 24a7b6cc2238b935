package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth/authtest"
)

// with answers the callback with its query changed.
func with(to *url.URL, change func(q url.Values)) *url.URL {
	next, q := *to, to.Query()
	change(q)
	next.RawQuery = q.Encode()
	return &next
}

func TestA01_State(t *testing.T) {
	flip := func(s string) string {
		c := byte('A')
		if s[10] == c {
			c = 'B'
		}
		return s[:10] + string(c) + s[11:]
	}
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
		{"a megabyte", func(q url.Values) { q.Set("state", strings.Repeat("A", 1<<20)) }},
		{"a store's own words", func(q url.Values) { q.Set("state", "{$ne:1}") }},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := serve(t, nil)
			b := s.browser(t)
			to := s.idp.Approve(t, b.begin("demo", ""), ada)
			s.nothing(t, b.back(with(to, c.change)).want(http.StatusBadRequest, "invalid_state"))
			if n := s.idp.Hits("token"); n != 0 {
				t.Errorf("%d codes were exchanged", n)
			}
		})
	}
	for _, c := range []struct {
		rule string
		wait time.Duration
		want int
	}{
		{"a moment before ten minutes", 10*time.Minute - time.Second, http.StatusOK},
		{"at ten minutes", 10 * time.Minute, http.StatusBadRequest},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := serve(t, nil)
			// The provider's clock is the machine's, and does not move along.
			s.idp.Play(authtest.Trick{Claims: func(m map[string]any) { m["exp"] = s.Clock.Now().Add(time.Minute).Unix() }})
			b := s.browser(t)
			to := s.idp.Approve(t, b.begin("demo", ""), ada)
			s.Clock.Advance(c.wait)
			b.back(to).want(c.want, "")
		})
	}
}

func TestA02_StateIsSpentOnce(t *testing.T) {
	s := serve(t, nil)
	b := s.browser(t)
	to := s.idp.Approve(t, b.begin("demo", ""), ada)
	kept := map[string]*http.Cookie{}
	for k, v := range b.cookies {
		kept[k] = v
	}
	b.back(to).want(http.StatusOK, "")
	again := &browser{t: t, h: b.h, cookies: kept}
	again.back(to).want(http.StatusBadRequest, "invalid_state")
	if n := s.idp.Hits("token"); n != 1 {
		t.Errorf("%d codes were exchanged, want 1", n)
	}

	const racers = 20
	c := s.browser(t)
	to = s.idp.Approve(t, c.begin("demo", ""), ada)
	var won, lost atomic.Int32
	var wg sync.WaitGroup
	for range racers {
		wg.Go(func() {
			one := &browser{t: t, h: c.h, cookies: map[string]*http.Cookie{}}
			for k, v := range c.cookies {
				one.cookies[k] = v
			}
			switch w := one.back(to); w.Code {
			case http.StatusOK:
				won.Add(1)
			case http.StatusBadRequest:
				lost.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || lost.Load() != racers-1 || s.idp.Hits("token") != 2 {
		t.Errorf("%d won, %d lost, %d exchanges; want 1, %d, 2", won.Load(), lost.Load(), s.idp.Hits("token"), racers-1)
	}
}

func TestA03_LoginCSRF(t *testing.T) {
	for _, c := range []struct {
		rule   string
		victim func(b *browser)
		forge  func(b *browser, attacker *browser)
	}{
		{"a browser that began nothing", func(*browser) {}, nil},
		{"a browser with a flow of its own", func(b *browser) { b.begin("demo", "") }, nil},
		{"the cookie of another flow under the right name", func(b *browser) { b.begin("demo", "") }, func(b, attacker *browser) {
			for name := range attacker.cookies {
				for _, own := range b.cookies {
					b.cookies[name] = &http.Cookie{Name: name, Value: own.Value}
				}
			}
		}},
		{"an empty cookie", func(*browser) {}, func(b, attacker *browser) {
			for name := range attacker.cookies {
				b.cookies[name] = &http.Cookie{Name: name}
			}
		}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := serve(t, nil)
			attacker, victim := s.browser(t), s.browser(t)
			to := s.idp.Approve(t, attacker.begin("demo", ""), ada)
			c.victim(victim)
			if c.forge != nil {
				c.forge(victim, attacker)
			}
			s.nothing(t, victim.back(to).want(http.StatusBadRequest, "invalid_state"))
			if s.idp.Hits("token") != 0 {
				t.Error("the code was exchanged")
			}
			// The state is spent: the attacker's own browser cannot go on either.
			attacker.back(to).want(http.StatusBadRequest, "invalid_state")
		})
	}
	t.Run("the cookie", func(t *testing.T) {
		s := serve(t, nil)
		b := s.browser(t)
		b.begin("demo", "")
		for name, c := range b.cookies {
			if !strings.HasPrefix(name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 600 {
				t.Errorf("got %v", c)
			}
		}
		if len(b.cookies) != 1 {
			t.Errorf("%d cookies", len(b.cookies))
		}
	})
	t.Run("two tabs do not disturb each other", func(t *testing.T) {
		s := serve(t, nil)
		b := s.browser(t)
		one, two := s.idp.Approve(t, b.begin("demo", ""), ada), s.idp.Approve(t, b.begin("demo", ""), ada)
		b.back(two).want(http.StatusOK, "")
		b.back(one).want(http.StatusOK, "")
		if len(b.cookies) != 0 {
			t.Errorf("%d cookies stay", len(b.cookies))
		}
	})
	t.Run("the state of another provider", func(t *testing.T) {
		s := serve(t, withOther)
		b := s.browser(t)
		to := s.idp.Approve(t, b.begin("demo", ""), ada)
		to.Path = "/auth/oauth2/other/callback"
		s.nothing(t, b.back(to).want(http.StatusBadRequest, "invalid_state"))
	})
}

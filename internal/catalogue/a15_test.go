package catalogue

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// early are the tricks in the metadata of a provider.
func early() (all []authtest.Trick) {
	for _, each := range authtest.Tricks() {
		if each.Early && !each.Slow {
			all = append(all, each)
		}
	}
	return all
}

// TestA15_Metadata: a provider whose metadata is wrong is refused at the start and at the first use: nobody is sent anywhere, and
// nothing is kept of it.
func TestA15_Metadata(t *testing.T) {
	for _, each := range early() {
		t.Run(each.Name, func(t *testing.T) {
			s := aloneSocial(t, nil)
			s.idp.Play(each)
			before := s.Faults.Count("kv.Set")
			a := s.refuses(t, http.StatusServiceUnavailable, "unavailable", func() answer {
				return s.browser(t).do(http.MethodGet, "/auth/oauth2/demo/authorize", "")
			})
			if len(a.cookies()) != 0 || a.header.Get("Location") != "" || a.header.Get("Retry-After") == "" || strings.Contains(a.body, "another") {
				t.Errorf("answers %v %s", a.header, a.body)
			}
			if n := s.Faults.Count("kv.Set") - before; n != 0 {
				t.Errorf("%d records are kept", n)
			}
			if err := s.CheckProviders(t.Context()); err == nil {
				t.Error("the check at the start finds nothing")
			}
			s.idp.Play(authtest.Trick{})
			s.Clock.Advance(failureWait)
			s.in(t, "demo", zoe)
		})
	}
}

// TestA15_GoodMetadataStays when what follows is worse.
func TestA15_GoodMetadataStays(t *testing.T) {
	s := aloneSocial(t, nil)
	b := s.browser(t)
	before := b.begin("demo", "")
	for _, each := range append(early(), authtest.Trick{Name: "iss is no longer announced", Metadata: func(m map[string]any) {
		m["authorization_response_iss_parameter_supported"] = false
	}}) {
		s.Clock.Advance(24 * time.Hour)
		s.idp.Play(each)
		asked := s.idp.Hits("metadata")
		if after := b.begin("demo", ""); after[:strings.IndexByte(after, '?')] != before[:strings.IndexByte(before, '?')] || s.idp.Hits("metadata") == asked {
			t.Errorf("%s: sent to %s", each.Name, after)
		}
	}
}

// TestA15_OneProviderIsDown: it is unavailable, it alone. A failure is not asked for again at once.
func TestA15_OneProviderIsDown(t *testing.T) {
	eachSocial(t, func(c *auth.Config, idp *authtest.Provider) {
		down := offered(idp)
		down.Issuer = "http://127.0.0.1:1"
		c.OAuth.Providers["down"] = down
	}, func(t *testing.T, s *social) {
		a := s.refuses(t, http.StatusServiceUnavailable, "unavailable", func() answer {
			return s.browser(t).do(http.MethodGet, "/auth/oauth2/down/authorize", "")
		})
		if a.header.Get("Retry-After") == "" {
			t.Error("Retry-After is missing")
		}
		s.in(t, "demo", zoe)
		s.login(ada)
	})
	s := aloneSocial(t, nil)
	s.idp.Play(trick(t, "metadata: the issuer is missing"))
	for range 10 {
		s.browser(t).do(http.MethodGet, "/auth/oauth2/demo/authorize", "").want(t, http.StatusServiceUnavailable, "unavailable")
	}
	if n := s.idp.Hits("metadata"); n != 1 {
		t.Errorf("the metadata was asked for %d times", n)
	}
	s.idp.Play(authtest.Trick{})
	s.Clock.Advance(failureWait)
	s.browser(t).begin("demo", "")
}

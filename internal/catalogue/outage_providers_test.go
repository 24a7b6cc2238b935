package catalogue

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// providerSuccesses are [successes] of a service that offers a provider.
var providerSuccesses = map[string]func(t *testing.T, s *social) request{
	"GET /auth/oauth2/{provider}/authorize": func(t *testing.T, s *social) request {
		t.Helper()
		b := s.browser(t)
		return func() answer { return b.do(http.MethodGet, "/auth/oauth2/demo/authorize", "") }
	},
	"GET /auth/oauth2/{provider}/callback of somebody new": func(t *testing.T, s *social) request {
		t.Helper()
		b := s.browser(t)
		to := b.leave(authtest.Person{Email: ada})
		return func() answer { return b.back(to) }
	},
	"GET /auth/oauth2/{provider}/callback": func(t *testing.T, s *social) request {
		t.Helper()
		s.in(t, "demo", authtest.Person{Email: ada})
		b := s.browser(t)
		to := b.leave(authtest.Person{Email: ada})
		return func() answer { return b.back(to) }
	},
	"GET /auth/oauth2/{provider}/callback to a page": func(t *testing.T, s *social) request {
		t.Helper()
		s.in(t, "demo", authtest.Person{Email: ada})
		b := s.browser(t)
		to := s.idp.Approve(t, b.begin("demo", "?return_to=/"), authtest.Person{Email: ada})
		return func() answer { return b.back(to) }
	},
	"GET /auth/oauth2/{provider}/callback of a link": func(t *testing.T, s *social) request {
		t.Helper()
		b, _ := s.member(t, ada)
		to := b.beginLink(authtest.Person{Email: ada})
		return func() answer { return b.back(to) }
	},
	"POST /auth/oauth2/handoff": func(t *testing.T, s *social) request {
		t.Helper()
		b := s.browser(t)
		a := b.back(s.idp.Approve(t, b.begin("demo", "?return_to=/"), authtest.Person{Email: ada})).want(t, http.StatusSeeOther, "")
		_, code, _ := strings.Cut(a.header.Get("Location"), "code=")
		return func() answer {
			return b.do(http.MethodPost, "/auth/oauth2/handoff", `{"code":`+quoted(code)+`}`, ownPage)
		}
	},
	"POST /auth/oauth2/{provider}/link": func(t *testing.T, s *social) request {
		t.Helper()
		b, _ := s.member(t, ada)
		return func() answer { return b.do(http.MethodPost, "/auth/oauth2/demo/link", "{}") }
	},
	"POST /auth/oauth2/link/confirm": func(t *testing.T, s *social) request {
		t.Helper()
		b, _ := s.member(t, ada)
		link := b.back(b.beginLink(authtest.Person{Email: ada})).text("link")
		return func() answer { return b.confirm(link) }
	},
	"GET /auth/oauth2/links": func(t *testing.T, s *social) request {
		t.Helper()
		b, _ := s.withLink(t)
		return func() answer { return b.do(http.MethodGet, "/auth/oauth2/links", "") }
	},
	"DELETE /auth/oauth2/links/{id}": func(t *testing.T, s *social) request {
		t.Helper()
		b, id := s.withLink(t)
		return func() answer { return b.do(http.MethodDelete, "/auth/oauth2/links/"+id, "") }
	},
}

// withLink is the browser of somebody who has linked an identity, with its id.
func (s *social) withLink(t *testing.T) (b *browser, id string) {
	t.Helper()
	b, userID := s.member(t, ada)
	b.confirm(b.back(b.beginLink(authtest.Person{Email: ada})).text("link")).want(t, http.StatusNoContent, "")
	return b, s.links(t, userID)[0].ID
}

// signedAssertion is a machine that signs for itself.
func signedAssertion(t *testing.T, e *env) request {
	t.Helper()
	_, assertion := e.signer(t, e.login(ada))
	return func() answer { return e.post("/auth/api-key/signed", `{"assertion":`+quoted(assertion)+`}`) }
}

// clientCredentials is a machine that speaks OAuth 2.0.
func clientCredentials(_ *testing.T, e *env) request {
	m := e.machineOf(e.login(ada), `"scopes":["reports"]`)
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {m.code}, "client_secret": {m.key}, "scope": {"reports"}}
	return func() answer {
		return e.do(http.MethodPost, "/auth/token", form.Encode(), header("Content-Type", "application/x-www-form-urlencoded"))
	}
}

// requestNames are those of all requests that succeed.
func requestNames() []string {
	return slices.Concat(slices.Collect(maps.Keys(successes)), slices.Collect(maps.Keys(providerSuccesses)))
}

// prepared is a service of one instance in memory, with one of its requests made ready.
func prepared(t *testing.T, name string) (*env, request) {
	t.Helper()
	return preparedOn(t, backends[0], name)
}

func preparedOn(t *testing.T, b backend, name string) (*env, request) {
	t.Helper()
	if prepare := providerSuccesses[name]; prepare != nil {
		s := openSocial(t, b, 1, nil)
		return s.env, prepare(t, s)
	}
	e := open(t, b, 1, auth.Config{SignUp: true, M2M: true})
	return e, successes[name](t, e)
}

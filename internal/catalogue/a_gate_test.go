package catalogue

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/abuse/disposable"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/user"
)

// linked is somebody with an account by mail who has linked an identity of the same address.
func (s *social) linked(t *testing.T, email string) (token, userID string) {
	t.Helper()
	b, id := s.member(t, email)
	b.confirm(b.back(b.beginLink(authtest.Person{Email: email})).want(t, http.StatusOK, "").text("link")).want(t, http.StatusNoContent, "")
	return b.token, id
}

// TestA_SecondFactor: a sign-in at a provider is one factor. Who has a second one owes it, whatever it is, whether the answer is JSON
// or a handoff code, and a new identity that is linked makes no way around it.
func TestA_SecondFactor(t *testing.T) {
	eachSocial(t, nil, func(t *testing.T, s *social) {
		owes := func(t *testing.T, a answer) string {
			t.Helper()
			a.want(t, http.StatusOK, "")
			token := a.text("token")
			if a.text("token_type") != "pre_auth" || a.field("requires_2fa") != true {
				t.Fatalf("the sign-in answers %s", a.body)
			}
			for _, path := range []string{"/app", "/open", "/user"} {
				if got := s.get(path, token); got.status != http.StatusForbidden || got.text("code") != "second_factor_required" {
					t.Errorf("%s answers %d %s", path, got.status, got.body)
				}
			}
			return token
		}
		methods := func(t *testing.T, token, want string) {
			t.Helper()
			if got := fmt.Sprint(s.get("/auth/me", token).want(t, http.StatusOK, "").field("methods")); got != want {
				t.Errorf("methods %s, want %s", got, want)
			}
		}
		t.Run("an authenticator app", func(t *testing.T) {
			ann := authtest.Person{Email: "ann@example.com"}
			_, id := s.linked(t, ann.Email)
			_, app := s.enrol(ann.Email)
			pre := owes(t, s.browser(t).signIn("demo", ann))
			done := s.present("/auth/2fa/verify", pre, app.code(t, s.env, 0)).want(t, http.StatusOK, "")
			if who := s.get("/app", done.text("token")); who.body != id {
				t.Errorf("signed in %s, want %s", who.body, id)
			}
			methods(t, done.text("token"), "[oauth:demo totp]")
			s.Clock.Advance(step)

			b := s.browser(t)
			a := b.back(s.idp.Approve(t, b.begin("demo", "?return_to=/done"), ann)).want(t, http.StatusSeeOther, "")
			at, err := url.Parse(a.header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			pre = owes(t, b.do(http.MethodPost, "/auth/oauth2/handoff", `{"code":`+quoted(at.Query().Get("code"))+`}`))
			// What is owed cannot be paid by linking another identity.
			b.token = pre
			b.do(http.MethodPost, "/auth/oauth2/demo/link", "{}").want(t, http.StatusForbidden, "second_factor_required")
			b.confirm(strings.Repeat("A", 43)).want(t, http.StatusForbidden, "second_factor_required")
			if n := len(s.links(t, id)); n != 1 {
				t.Errorf("%d links", n)
			}
			s.present("/auth/2fa/verify", pre, app.recovery[0]).want(t, http.StatusOK, "")
		})
		t.Run("a passkey", func(t *testing.T) {
			bea := authtest.Person{Email: "bea@example.com"}
			token, id := s.linked(t, bea.Email)
			a := &authtest.Authenticator{}
			k := s.passkey(token, a)
			pre := owes(t, s.browser(t).signIn("demo", bea))
			done := s.second(pre, a.Assert(s.ceremony("/auth/2fa/webauthn/options", key(pre)), k))
			methods(t, s.signsIn(t, done, id), "[oauth:demo webauthn]")
		})
		t.Run("none", func(t *testing.T) {
			a := s.browser(t).signIn("demo", authtest.Person{Email: "cam@example.com"}).want(t, http.StatusOK, "")
			if a.text("token_type") != "user" {
				t.Errorf("answers %s", a.body)
			}
			methods(t, a.text("token"), "[oauth:demo]")
		})
	})
}

// TestA_LastFactor: whoever signs in by providers alone keeps one, even when the last two are removed at once.
func TestA_LastFactor(t *testing.T) {
	eachSocial(t, func(c *auth.Config, _ *authtest.Provider) { c.Profile = auth.ProfileStrict }, func(t *testing.T, s *social) {
		b := s.browser(t)
		b.token = b.signIn("demo", zoe).want(t, http.StatusOK, "").text("token")
		id := s.in(t, "demo", zoe)
		only := s.links(t, id)[0].ID
		s.refuses(t, http.StatusConflict, "last_factor", func() answer { return b.do(http.MethodDelete, "/auth/oauth2/links/"+only, "") })
		b.confirm(b.back(b.beginLink(authtest.Person{Subject: "2", Email: "x@example.com"})).want(t, http.StatusOK, "").text("link")).want(t, http.StatusNoContent, "")
		two := s.links(t, id)
		results := s.race(len(two), func(i int) answer { return b.copied().do(http.MethodDelete, "/auth/oauth2/links/"+two[i].ID, "") })
		if results[http.StatusNoContent] > 1 || len(s.links(t, id)) == 0 {
			t.Errorf("the answers are %v, and %d links stay", results, len(s.links(t, id)))
		}
		stranger := s.browser(t)
		stranger.token = stranger.signIn("demo", authtest.Person{Email: "other@example.com"}).want(t, http.StatusOK, "").text("token")
		s.refuses(t, http.StatusNotFound, "not_found", func() answer { return stranger.do(http.MethodDelete, "/auth/oauth2/links/"+s.links(t, id)[0].ID, "") })
	})
}

// TestR09_DisposableAtAProvider: an account does not begin with the address of a throw-away mailbox, whoever vouches for it, and nobody moves
// to one. Who has an account gets in, whatever the list says by now.
func TestR09_DisposableAtAProvider(t *testing.T) {
	throwAway := authtest.Person{Email: "zed@mailinator.com"}
	eachSocial(t, nil, func(t *testing.T, s *social) {
		for _, spelling := range []string{"zed@mailinator.com", "ZED@Mailinator.com", "zed+x@sub.mailinator.com"} {
			b := s.browser(t)
			s.refusesBack(t, b, b.leave(authtest.Person{Subject: "zed", Email: spelling}), http.StatusBadRequest, "disposable_email")
		}
		s.unknown(t, throwAway.Email)
		// The identity links to an account of another address, and signs in to it.
		b, id := s.member(t, "real@example.com")
		b.confirm(b.back(b.beginLink(throwAway)).want(t, http.StatusOK, "").text("link")).want(t, http.StatusNoContent, "")
		if got := s.in(t, "demo", throwAway); got != id {
			t.Errorf("signed in as %s, want %s", got, id)
		}
		s.unknown(t, throwAway.Email)
		s.refuses(t, http.StatusBadRequest, "disposable_email", func() answer {
			return b.do(http.MethodPost, "/auth/me/identifiers", `{"email":"zed@mailinator.com"}`)
		})
		// An account that has the address already is asked to confirm, like any other.
		old, err := s.Config.Store.Users().Create(t.Context(), user.NewUser{Identifier: user.Identifier{Kind: user.Email, Value: "old@mailinator.com"}})
		if err != nil {
			t.Fatal(err)
		}
		s.browser(t).signIn("demo", authtest.Person{Email: "old@mailinator.com"}).want(t, http.StatusConflict, "link_required")
		if n := len(s.links(t, old.ID)); n != 0 {
			t.Errorf("%d links", n)
		}
	})
	t.Run("a list that names the domain later locks nobody out", func(t *testing.T) {
		list := disposable.New()
		s := aloneSocial(t, func(c *auth.Config, _ *authtest.Provider) { c.Disposable.List = list })
		id := s.in(t, "demo", authtest.Person{Email: "yes@new.example"})
		var text strings.Builder
		if _, err := list.WriteTo(&text); err != nil {
			t.Fatal(err)
		}
		if err := list.Reload(strings.NewReader(text.String() + "new.example\n")); err != nil {
			t.Fatal(err)
		}
		if got := s.in(t, "demo", authtest.Person{Email: "yes@new.example"}); got != id {
			t.Errorf("signed in as %s, want %s", got, id)
		}
		s.browser(t).signIn("demo", authtest.Person{Email: "no@new.example"}).want(t, http.StatusBadRequest, "disposable_email")
	})
	t.Run("where such addresses are accepted", func(t *testing.T) {
		s := aloneSocial(t, func(c *auth.Config, _ *authtest.Provider) { c.Disposable.Accept = true })
		s.in(t, "demo", throwAway)
	})
	t.Run("a dry run logs it", func(t *testing.T) {
		s := aloneSocial(t, func(c *auth.Config, _ *authtest.Provider) { c.Limits.DryRun, c.Limits.IPPerMinute = true, 1000 })
		s.in(t, "demo", throwAway)
		if !strings.Contains(s.Logs(), "limit=disposable") || strings.Contains(s.Logs(), "mailinator") {
			t.Errorf("the log says %s", s.Logs())
		}
	})
}

package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

var ada = authtest.Person{Email: "ada@example.com", Name: "Ada"}

func TestSignIn(t *testing.T) {
	s := serve(t, nil)
	b := s.browser(t)
	first := b.signIn(s.idp, "demo", ada).want(http.StatusOK, "")
	if first.str("token_type") != "user" {
		t.Fatalf("got %s", first.Body)
	}
	id := b.me(first.str("token"))
	again := s.browser(t).signIn(s.idp, "demo", ada).want(http.StatusOK, "")
	if got := b.me(again.str("token")); got != id {
		t.Errorf("the second sign-in is user %q, want %q", got, id)
	}
	if n := len(s.links(t, id)); n != 1 {
		t.Errorf("%d links, want 1", n)
	}
	b.token = first.str("token")
	me := b.do(http.MethodGet, "/auth/me", "").want(http.StatusOK, "")
	if !strings.Contains(me.Body.String(), `"methods":["oauth:demo"]`) || me.str("user_name") != "Ada" {
		t.Errorf("got %s", me.Body)
	}
}

func TestHandoff(t *testing.T) {
	s := serve(t, nil)
	for _, to := range []string{"/welcome?a=b", "https://app.example/done"} {
		b := s.browser(t)
		w := b.back(s.idp.Approve(t, b.begin("demo", "?application=shop&return_to="+url.QueryEscape(to)), ada)).want(http.StatusSeeOther, "")
		loc, err := url.Parse(w.Header().Get("Location"))
		if err != nil || !strings.HasPrefix(loc.String(), to) || w.Body.Len() != 0 {
			t.Fatalf("sent to %q with %q", w.Header().Get("Location"), w.Body)
		}
		body := `{"code":"` + loc.Query().Get("code") + `"}`
		got := s.browser(t).do(http.MethodPost, "/auth/oauth2/handoff", body).want(http.StatusOK, "")
		s.browser(t).do(http.MethodPost, "/auth/oauth2/handoff", body).want(http.StatusUnauthorized, "invalid_code")
		app := &browser{t: t, h: s.Handler(), token: got.str("token")}
		if me := app.do(http.MethodGet, "/auth/me", ""); me.str("origin_app") != "shop" {
			t.Errorf("got %s", me.Body)
		}
	}
}

// TestHandlesOfAnotherPurpose: the state of a flow is no handoff code, and is not spent by being taken for one.
func TestHandlesOfAnotherPurpose(t *testing.T) {
	s := serve(t, nil)
	b := s.browser(t)
	at := b.begin("demo", "")
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	s.browser(t).do(http.MethodPost, "/auth/oauth2/handoff", `{"code":"`+u.Query().Get("state")+`"}`).want(http.StatusUnauthorized, "invalid_code")
	b.back(s.idp.Approve(t, at, ada)).want(http.StatusOK, "")
}

// TestStateOfAnotherProvider: a state is good at the callback of the provider that it was made for.
func TestStateOfAnotherProvider(t *testing.T) {
	s := serve(t, func(c *auth.Config, idp *authtest.Provider) { c.OAuth.Providers["other"] = described(idp) })
	b := s.browser(t)
	to := *s.idp.Approve(t, b.begin("demo", ""), ada)
	to.Path = strings.Replace(to.Path, "/demo/", "/other/", 1)
	b.back(&to).want(http.StatusBadRequest, "invalid_state")
}

package oauth_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/audit"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/sender"
	"github.com/crafteasy/auth/user"
)

// member answers a browser that is signed in by mail.
func (s at) member(t *testing.T, email string) (*browser, user.User) {
	t.Helper()
	u := s.Put(user.User{Email: email})
	b := s.browser(t)
	b.token = s.SignIn(u)
	return b, u
}

// beginLink goes to the provider to link.
func (b *browser) beginLink(body string) string {
	b.t.Helper()
	return b.do(http.MethodPost, "/auth/oauth2/demo/link", body).want(http.StatusOK, "").str("authorize_url")
}

func (b *browser) confirm(link string) answer {
	b.t.Helper()
	return b.do(http.MethodPost, "/auth/oauth2/link/confirm", `{"link":"`+link+`"}`)
}

func TestLink(t *testing.T) {
	s := serve(t, nil)
	b, u := s.member(t, "grace@example.com")
	handle := b.back(s.idp.Approve(t, b.beginLink(""), ada)).want(http.StatusOK, "").str("link")
	if len(s.links(t, u.ID)) != 0 {
		t.Fatal("it is linked before it is confirmed")
	}
	b.confirm(handle).want(http.StatusNoContent, "")
	b.confirm(handle).want(http.StatusBadRequest, "invalid_state")
	s.Inbox.Next(t, u.Email)
	if got := b.me(s.browser(t).signIn(s.idp, "demo", ada).want(http.StatusOK, "").str("token")); got != u.ID {
		t.Errorf("the identity signs in as %q, want %q", got, u.ID)
	}
	s.unknown(t, ada.Email)

	w := b.do(http.MethodGet, "/auth/oauth2/links", "").want(http.StatusOK, "")
	var list struct {
		Links []struct {
			ID       string    `json:"id"`
			Provider string    `json:"provider"`
			LinkedAt time.Time `json:"linked_at"`
		} `json:"links"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list.Links) != 1 || list.Links[0].Provider != "demo" || list.Links[0].LinkedAt.IsZero() {
		t.Fatalf("got %s, %v", w.Body, err)
	}
	other, _ := s.member(t, "eve@example.com")
	other.do(http.MethodDelete, "/auth/oauth2/links/"+list.Links[0].ID, "").want(http.StatusNotFound, "not_found")
	b.do(http.MethodDelete, "/auth/oauth2/links/"+list.Links[0].ID, "").want(http.StatusNoContent, "")
	b.do(http.MethodDelete, "/auth/oauth2/links/"+list.Links[0].ID, "").want(http.StatusNotFound, "not_found")
	s.Inbox.Next(t, u.Email)
	if n := len(s.Events.Named("oauth.linked")); n != 2 { // one success, one refusal
		t.Errorf("%d events", n)
	}
}

func TestLinkRequired(t *testing.T) {
	s := serve(t, nil)
	handle := func() string {
		return s.browser(t).signIn(s.idp, "demo", ada).want(http.StatusConflict, "link_required").str("link")
	}
	b, u := s.member(t, ada.Email)
	other, v := s.member(t, "eve@example.com")
	first := handle()
	other.confirm(first).want(http.StatusBadRequest, "invalid_state")
	other.confirm(strings.Repeat("A", 43)).want(http.StatusBadRequest, "invalid_state")
	other.confirm("").want(http.StatusBadRequest, "invalid_request")
	b.confirm(first).want(http.StatusNoContent, "")
	if len(s.links(t, u.ID)) != 1 || len(s.links(t, v.ID)) != 0 {
		t.Error("the link is not the owner's")
	}
	if got := b.me(s.browser(t).signIn(s.idp, "demo", ada).want(http.StatusOK, "").str("token")); got != u.ID {
		t.Errorf("signed in as %q, want %q", got, u.ID)
	}
	late := s.browser(t).signIn(s.idp, "demo", authtest.Person{Subject: "2", Email: ada.Email}).want(http.StatusConflict, "link_required").str("link")
	s.Clock.Advance(10 * time.Minute)
	b.token = s.SignIn(u)
	b.confirm(late).want(http.StatusBadRequest, "invalid_state")
}

// TestLinkWithoutTheHostsWord: a provider that runs the mailbox does not enter the account that has it, unless the host says so.
func TestLinkWithoutTheHostsWord(t *testing.T) {
	for linked, want := range map[bool]int{false: http.StatusConflict, true: http.StatusOK} {
		s := serve(t, func(c *auth.Config, idp *authtest.Provider) {
			p := described(idp)
			p.EmailDomains, p.LinkVerified = []string{"example.com"}, linked
			c.OAuth.Providers["demo"] = p
		})
		s.Put(user.User{Email: ada.Email})
		if a := s.browser(t).signIn(s.idp, "demo", ada); a.Code != want {
			t.Errorf("LinkVerified %t: answers %d %s", linked, a.Code, a.Body)
		}
	}
}

// TestLinkOfAnother: an identity that another account has is neither moved nor shared.
func TestLinkOfAnother(t *testing.T) {
	s := serve(t, nil)
	s.browser(t).signIn(s.idp, "demo", ada).want(http.StatusOK, "")
	b, u := s.member(t, "eve@example.com")
	handle := b.back(s.idp.Approve(t, b.beginLink("{}"), ada)).want(http.StatusOK, "").str("link")
	b.confirm(handle).want(http.StatusConflict, "already_registered")
	if len(s.links(t, u.ID)) != 0 {
		t.Error("it is linked")
	}
}

func TestUnlinkKeepsTheLastWayIn(t *testing.T) {
	// Without mail and SMS a provider is the only way in.
	s := serve(t, func(c *auth.Config, _ *authtest.Provider) { c.Profile = auth.ProfileStrict })
	b := s.browser(t)
	b.token = b.signIn(s.idp, "demo", ada).want(http.StatusOK, "").str("token")
	id := b.me(b.token)
	only := s.links(t, id)[0].ID
	b.do(http.MethodDelete, "/auth/oauth2/links/"+only, "").want(http.StatusConflict, "last_factor")
	two := b.back(s.idp.Approve(t, b.beginLink(""), authtest.Person{Subject: "2", Email: "x@example.com"})).want(http.StatusOK, "").str("link")
	b.confirm(two).want(http.StatusNoContent, "")
	// Of two who remove the last two at once, each having seen the other, one is refused and one link stays.
	links := s.links(t, id)
	var second answer
	s.Faults.Inject(authtest.Fault{On: "links.Delete", Times: 1, Do: authtest.Pause, Before: func() {
		other := &browser{t: t, h: b.h, token: b.token}
		second = other.do(http.MethodDelete, "/auth/oauth2/links/"+links[1].ID, "")
	}})
	b.do(http.MethodDelete, "/auth/oauth2/links/"+links[0].ID, "").want(http.StatusConflict, "last_factor")
	second.want(http.StatusNoContent, "")
	if len(s.links(t, id)) != 1 {
		t.Error("no way in is left")
	}
}

// TestUnlinkThatCannotBeTakenBack: a link that is removed and does not come back is one that its owner is told of, and an event.
func TestUnlinkThatCannotBeTakenBack(t *testing.T) {
	s := serve(t, nil)
	b := s.browser(t)
	b.token = b.signIn(s.idp, "demo", ada).want(http.StatusOK, "").str("token")
	id := b.me(b.token)
	s.Faults.Inject(authtest.Fault{On: "links.Delete", Times: 1, Do: authtest.Pause, After: func() {
		s.Faults.Inject(authtest.Fault{On: "links.List", Times: 1})
		s.Faults.Inject(authtest.Fault{On: "links.Add", Times: 1})
	}})
	s.Events.Take()
	b.do(http.MethodDelete, "/auth/oauth2/links/"+s.links(t, id)[0].ID, "").want(http.StatusServiceUnavailable, "unavailable")
	if n := len(s.links(t, id)); n != 0 {
		t.Fatalf("%d links are left", n)
	}
	unlinked := func(e audit.Event) bool {
		return e.Name == "oauth.unlinked" && e.Outcome == audit.Success && e.UserID == id
	}
	if events := s.Events.Take(); !slices.ContainsFunc(events, unlinked) {
		t.Errorf("recorded are %v", events)
	}
	s.Drain()
	if !slices.ContainsFunc(s.Inbox.Messages(), func(m sender.Message) bool { return strings.Contains(m.Subject, "no longer") }) {
		t.Errorf("the owner is told of %v", s.Inbox.Messages())
	}
}

func TestLinkDemands(t *testing.T) {
	s := serve(t, nil)
	b, _ := s.member(t, "grace@example.com")
	stranger := s.browser(t)
	for _, rt := range [][2]string{
		{http.MethodGet, "/auth/oauth2/links"},
		{http.MethodPost, "/auth/oauth2/demo/link"},
		{http.MethodPost, "/auth/oauth2/link/confirm"},
		{http.MethodDelete, "/auth/oauth2/links/x"},
	} {
		stranger.do(rt[0], rt[1], "").want(http.StatusUnauthorized, "authentication_required")
	}
	s.Clock.Advance(11 * time.Minute)
	for _, rt := range [][2]string{
		{http.MethodPost, "/auth/oauth2/demo/link"},
		{http.MethodPost, "/auth/oauth2/link/confirm"},
		{http.MethodDelete, "/auth/oauth2/links/x"},
	} {
		b.do(rt[0], rt[1], "").want(http.StatusForbidden, "reauthentication_required")
	}
	b.do(http.MethodGet, "/auth/oauth2/links", "").want(http.StatusOK, "")
}

func TestForget(t *testing.T) {
	s := serve(t, nil)
	b := s.browser(t)
	id := b.me(b.signIn(s.idp, "demo", ada).want(http.StatusOK, "").str("token"))
	if err := s.Forget(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if n := len(s.links(t, id)); n != 0 {
		t.Errorf("%d links stay", n)
	}
}

// TestRedirectURI: a redirect URI is secure, whole, and a provider's own.
func TestRedirectURI(t *testing.T) {
	for _, c := range []struct {
		rule string
		uri  string
	}{
		{"http outside this machine", "http://proxy.example/back"},
		{"a fragment", "https://proxy.example/back#a"},
		{"no URL", "back"},
		{"that of another provider", callbackOf("demo")},
	} {
		_, err := auth.New(auth.Config{
			Issuer: "https://auth.example", Keys: authtest.Keys(), Secret: auth.NewSecret(),
			OAuth: auth.OAuth{Providers: map[string]oauth.ProviderConfig{
				"demo": {ClientID: "c", Issuer: "https://demo.example"}, "two": {ClientID: "c", Issuer: "https://two.example", RedirectURI: c.uri},
			}},
		})
		if err == nil {
			t.Errorf("%s is accepted", c.rule)
		}
	}
}

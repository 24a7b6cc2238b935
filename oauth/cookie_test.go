package oauth_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/crafteasy/auth/authtest"
)

// TestFlowsOfABrowser: a page that sends a window to begin after begin leaves a browser few cookies. Many would push the cookies
// of the host out of it, or make every request too long for a proxy.
func TestFlowsOfABrowser(t *testing.T) {
	s := serve(t, nil)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	at := &url.URL{Scheme: "https", Host: "auth.example", Path: "/"}
	jar.SetCookies(at, []*http.Cookie{{Name: "hosts", Value: "own"}, {Name: "__Host-oauth-own", Value: "own"}})
	visit := func(path string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		for _, c := range jar.Cookies(at) {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		jar.SetCookies(at, w.Result().Cookies())
		return w
	}
	begin := func() string {
		w := visit("/auth/oauth2/demo/authorize")
		if w.Code != http.StatusFound {
			t.Fatalf("got %d %s", w.Code, w.Body)
		}
		return w.Header().Get("Location")
	}
	finish := func(to string) int {
		return visit(s.idp.Approve(t, to, authtest.Person{Email: "ada@example.com"}).RequestURI()).Code
	}
	var begun []string
	for range 20 {
		begun = append(begun, begin())
	}
	if n := len(jar.Cookies(at)); n != 8+2 {
		t.Errorf("after 20 begins there are %d cookies, two of them the host's", n)
	}
	if got := finish(begun[11]); got != http.StatusBadRequest {
		t.Errorf("the ninth from the end: %d", got)
	}
	for _, i := range []int{12, 19} {
		if got := finish(begun[i]); got != http.StatusOK {
			t.Errorf("number %d of 20 begins: %d", i+1, got)
		}
	}
	if n := len(jar.Cookies(at)); n != 8+2-2 {
		t.Errorf("after two sign-ins there are %d cookies", n)
	}
}

package authtest

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"

	"github.com/crafteasy/auth/user"
)

// Browser answers a client that does what a browser does on a page of the issuer, signed in as u (as by [Server.SignIn]): it keeps
// cookies, and says where its requests come from. It is for programs in cookie mode, with an https issuer. Requests to the issuer's
// origin are served by h in this process.
func (s *Server) Browser(h http.Handler, u user.User) *http.Client {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatalf("authtest: %v", err)
	}
	home, err := url.Parse(s.Config.Issuer)
	if err != nil {
		s.t.Fatalf("authtest: %v", err)
		return nil
	}
	_, cookies := s.signIn(u)
	jar.SetCookies(home, cookies)
	return &http.Client{Jar: jar, Transport: &tab{origin: home.Scheme + "://" + home.Host, peer: s.peer(), serve: h}}
}

// tab sends what a page of the origin asks for.
type tab struct {
	origin, peer string
	serve        http.Handler
}

// RoundTrip implements http.RoundTripper. What the test itself says of where the request comes from stays.
func (t *tab) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI, in.RemoteAddr, in.Host = r.URL.RequestURI(), t.peer, r.URL.Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if in.Header.Get("Sec-Fetch-Site") == "" {
		in.Header.Set("Sec-Fetch-Site", "same-origin")
		in.Header.Set("Origin", t.origin)
	}
	w := httptest.NewRecorder()
	t.serve.ServeHTTP(w, in)
	return w.Result(), nil
}

package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/problem"
)

const origin = "https://auth.example"

func cookied(tb testing.TB, namespace string) *Host {
	tb.Helper()
	c, err := NewCookie(namespace, origin)
	if err != nil {
		tb.Fatal(err)
	}
	return &Host{Cookie: c}
}

// TestCookieCredential: the cookie is one more place for the one credential, and two are never a silent choice.
func TestCookieCredential(t *testing.T) {
	for name, tt := range map[string]struct {
		cookies    []string
		key, auth  string
		token      string
		err        error
		headerMode error
	}{
		"nothing":                            {nil, "", "", "", problem.ErrAuthenticationRequired, problem.ErrAuthenticationRequired},
		"the cookie":                         {[]string{"__Host-auth=t"}, "", "", "t", nil, problem.ErrAuthenticationRequired},
		"the cookie among others":            {[]string{"a=b; __Host-auth=t; c=d"}, "", "", "t", nil, problem.ErrAuthenticationRequired},
		"without a blank":                    {[]string{"a=b;__Host-auth=t;c=d"}, "", "", "t", nil, problem.ErrAuthenticationRequired},
		"in the second line":                 {[]string{"a=b", "__Host-auth=t"}, "", "", "t", nil, problem.ErrAuthenticationRequired},
		"others alone":                       {[]string{"auth=t; __Host-auth2=t; x__Host-auth=t"}, "", "", "", problem.ErrAuthenticationRequired, problem.ErrAuthenticationRequired},
		"its name in another case":           {[]string{"__host-auth=t"}, "", "", "", problem.ErrAuthenticationRequired, problem.ErrAuthenticationRequired},
		"its name as a value":                {[]string{"a=__Host-auth=t"}, "", "", "", problem.ErrAuthenticationRequired, problem.ErrAuthenticationRequired},
		"of a namespace":                     {[]string{"__Host-auth-shop=t"}, "", "", "", problem.ErrAuthenticationRequired, problem.ErrAuthenticationRequired},
		"empty":                              {[]string{"__Host-auth="}, "", "", "", problem.ErrInvalidToken, problem.ErrAuthenticationRequired},
		"without a value":                    {[]string{"__Host-auth"}, "", "", "", problem.ErrInvalidToken, problem.ErrAuthenticationRequired},
		"in quotes":                          {[]string{`__Host-auth="t"`}, "", "", `"t"`, nil, problem.ErrAuthenticationRequired},
		"twice in a line":                    {[]string{"__Host-auth=t; __Host-auth=u"}, "", "", "", problem.ErrAmbiguousCredentials, problem.ErrAuthenticationRequired},
		"twice the same":                     {[]string{"__Host-auth=t; __Host-auth=t"}, "", "", "", problem.ErrAmbiguousCredentials, problem.ErrAuthenticationRequired},
		"twice, in two lines":                {[]string{"__Host-auth=t", "__Host-auth=u"}, "", "", "", problem.ErrAmbiguousCredentials, problem.ErrAuthenticationRequired},
		"twice, once with a blank":           {[]string{"__Host-auth =u; __Host-auth=t"}, "", "", "", problem.ErrAmbiguousCredentials, problem.ErrAuthenticationRequired},
		"twice, once without a value":        {[]string{"__Host-auth; __Host-auth=t"}, "", "", "", problem.ErrAmbiguousCredentials, problem.ErrAuthenticationRequired},
		"twice, within quotes":               {[]string{`a="x; __Host-auth=u"; __Host-auth=t`}, "", "", "", problem.ErrAmbiguousCredentials, problem.ErrAuthenticationRequired},
		"a key beside other cookies":         {[]string{"a=b"}, "t", "", "t", nil, nil},
		"and a key, the same":                {[]string{"__Host-auth=t"}, "t", "", "t", nil, nil},
		"and a bearer, the same":             {[]string{"__Host-auth=t"}, "", "Bearer t", "t", nil, nil},
		"and a key, another":                 {[]string{"__Host-auth=t"}, "u", "", "", problem.ErrAmbiguousCredentials, nil},
		"and a bearer, another":              {[]string{"__Host-auth=t"}, "", "Bearer u", "", problem.ErrAmbiguousCredentials, nil},
		"and another scheme":                 {[]string{"__Host-auth=t"}, "", "Basic t", "", problem.ErrAmbiguousCredentials, problem.ErrInvalidToken},
		"and both, of which one is another":  {[]string{"__Host-auth=t"}, "t", "Bearer u", "", problem.ErrAmbiguousCredentials, problem.ErrAmbiguousCredentials},
		"empty, and a key":                   {[]string{"__Host-auth="}, "t", "", "", problem.ErrAmbiguousCredentials, nil},
		"twice, and a key that is one of it": {[]string{"__Host-auth=t; __Host-auth=u"}, "t", "", "", problem.ErrAmbiguousCredentials, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header["Cookie"] = tt.cookies
			if tt.key != "" {
				r.Header.Set("X-Api-Key", tt.key)
			}
			if tt.auth != "" {
				r.Header.Set("Authorization", tt.auth)
			}
			token, err := cookied(t, "").Credential(r)
			if token != tt.token || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %v; want %q, %v", token, err, tt.token, tt.err)
			}
			if _, err := (&Host{}).Credential(r); !errors.Is(err, tt.headerMode) {
				t.Errorf("in header mode got %v, want %v", err, tt.headerMode)
			}
		})
	}
}

// TestCookieOrigin: the cookie alone must come from a page of this origin where the method may change something.
func TestCookieOrigin(t *testing.T) {
	for name, tt := range map[string]struct {
		site, origin, host string
		foreign            bool
	}{
		"of this origin":                              {"same-origin", origin, "auth.example", false},
		"typed into the address bar":                  {"none", "", "auth.example", false},
		"of no browser":                               {"", "", "auth.example", false},
		"of another site":                             {"cross-site", "https://evil.example", "auth.example", true},
		"of another site, without Origin":             {"cross-site", "", "auth.example", true},
		"of a sibling":                                {"same-site", "https://blog.auth.example", "auth.example", true},
		"of a sandbox":                                {"cross-site", "null", "auth.example", true},
		"of an old browser":                           {"", origin, "auth.example", false},
		"of an old browser, another site":             {"", "https://evil.example", "auth.example", true},
		"of an old browser, a sandbox":                {"", "null", "auth.example", true},
		"of an old browser, another port":             {"", "https://auth.example:8443", "auth.example", true},
		"of this origin, Host rewritten":              {"same-origin", origin, "10.0.0.7:8080", false},
		"of an old browser, Host rewritten":           {"", origin, "10.0.0.7:8080", false},
		"of an old browser, over http":                {"", "http://auth.example", "10.0.0.7:8080", true},
		"of another site, Host rewritten":             {"cross-site", "https://evil.example", "10.0.0.7:8080", true},
		"of a value that no browser sends":            {"same-origin, cross-site", "", "auth.example", true},
		"of an old browser, an origin that is no URL": {"", "://", "auth.example", true},
	} {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "post", "GET", "HEAD", "OPTIONS"} {
			t.Run(method+" "+name, func(t *testing.T) {
				r := httptest.NewRequest(http.MethodGet, "/", nil)
				r.Method, r.Host = method, tt.host
				r.Header.Set("Cookie", "__Host-auth=t")
				if tt.site != "" {
					r.Header.Set("Sec-Fetch-Site", tt.site)
				}
				if tt.origin != "" {
					r.Header.Set("Origin", tt.origin)
				}
				safe := method == "GET" || method == "HEAD" || method == "OPTIONS"
				_, err := cookied(t, "").Credential(r)
				if refused := errors.Is(err, problem.ErrCrossOrigin); refused != (tt.foreign && !safe) || err != nil && !refused {
					t.Errorf("got %v", err)
				}
				r.Header.Set("X-Api-Key", "t")
				if _, err := cookied(t, "").Credential(r); err != nil {
					t.Errorf("with the token in a header, which no foreign page can set: %v", err)
				}
			})
		}
	}
}

// TestCookieAttributes holds what is set and what is taken away, byte by byte.
func TestCookieAttributes(t *testing.T) {
	w := httptest.NewRecorder()
	h := cookied(t, "shop")
	h.Cookie.Set(w, "a.b-_.c", 90*time.Second)
	h.Cookie.Set(w, "late", -time.Second)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r = r.WithContext(NewVisit(r, h))
	DropCookie(w, r) // presents none
	r.Header.Set("Cookie", "__Host-auth-shop=x")
	DropCookie(w, r)
	DropCookie(w, r.WithContext(NewVisit(r, &Host{}))) // in header mode
	got := strings.Join(w.Header()["Set-Cookie"], "\n")
	const want = "__Host-auth-shop=a.b-_.c; Path=/; Max-Age=90; HttpOnly; Secure; SameSite=Lax\n" +
		"__Host-auth-shop=late; Path=/; Max-Age=1; HttpOnly; Secure; SameSite=Lax\n" +
		"__Host-auth-shop=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"
	if got != want {
		t.Errorf("set\n%s\nwant\n%s", got, want)
	}
}

// TestCookieFits: the longest token that fits makes a cookie that every browser keeps, and one byte more does not fit.
func TestCookieFits(t *testing.T) {
	c := cookied(t, "").Cookie
	longest := ""
	for c.Fits(longest + "a") {
		longest += "a"
	}
	w := httptest.NewRecorder()
	c.Set(w, longest, time.Hour)
	if n := len(w.Header().Get("Set-Cookie")); n > 4096 || n < 4080 {
		t.Errorf("the longest token makes %d bytes", n)
	}
}

// FuzzCookie: whatever a browser or an attacker sends is read or refused, and never read in two ways.
func FuzzCookie(f *testing.F) {
	f.Add("a=b; __Host-auth=t", "__Host-auth=u")
	f.Add(`__Host-auth="t;`, "")
	h := cookied(f, "")
	f.Fuzz(func(t *testing.T, one, two string) {
		if !printable(one + two) {
			t.Skip() // no server lets it through
		}
		r := &http.Request{Method: http.MethodGet, Header: http.Header{"Cookie": {one, two}}}
		token, err := h.Credential(r)
		if err != nil {
			if _, known := problem.As(err); !known || token != "" {
				t.Errorf("%q with %v", token, err)
			}
			return
		}
		if n := strings.Count(one+";"+two, "__Host-auth"); n == 0 {
			t.Errorf("%q comes from nowhere", token)
		}
		if found := r.CookiesNamed("__Host-auth"); len(found) > 1 {
			t.Errorf("the standard library finds %d", len(found))
		} else if len(found) == 1 && !strings.Contains(token, strings.Trim(found[0].Value, " \t")) {
			t.Errorf("%q, and the standard library finds %q", token, found[0].Value)
		}
	})
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}

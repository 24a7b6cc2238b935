package catalogue

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/user"
)

// TestH05_ForeignPages has pages of other origins send the cookie along to everything that may change something: endpoints, whatever
// they demand, and handlers of the program. Nothing changes.
func TestH05_ForeignPages(t *testing.T) {
	each(t, cookieMode(), func(t *testing.T, e *env) {
		token := e.login(ada)
		id := e.sessions(token)[0]
		var targets [][2]string
		for _, rt := range e.Routes() {
			if rt.Method != http.MethodGet && rt.Demand != "Public" {
				targets = append(targets, [2]string{rt.Method, concrete(rt.Path)})
			}
		}
		targets = append(targets, [2]string{"DELETE", "/auth/sessions?all=true"}, [2]string{"DELETE", "/auth/sessions/" + id}, [2]string{"DELETE", "/me/sessions"})
		for _, path := range guarded {
			targets = append(targets, [2]string{"POST", path}, [2]string{"DELETE", path})
		}
		for page, o := range foreign {
			for _, at := range targets {
				t.Run(at[0]+" "+at[1]+" by "+page, func(t *testing.T) {
					a := e.refuses(t, http.StatusForbidden, "cross_origin", func() answer {
						return e.do(at[0], at[1], `{"code":"123456","name":"x","all":"true"}`, cookie(token), o, header("Content-Type", "application/json"))
					})
					if len(a.header["Set-Cookie"]) != 0 {
						t.Errorf("the refusal does something to cookies: %v", a.header)
					}
				})
			}
		}
		if a := e.do(http.MethodGet, "/app", "", cookie(token)); a.status != http.StatusOK || !slices.Equal(e.sessions(token), []string{id}) {
			t.Errorf("afterwards the session answers %d %s", a.status, a.body)
		}
	})
}

// TestH05_ContentTypes sends what forms can send across sites: the page decides before the type is looked at, and from an own page the
// type does.
func TestH05_ContentTypes(t *testing.T) {
	e := alone(t, cookieMode())
	token := e.login(ada)
	for _, ct := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""} {
		send := func(o option) func() answer {
			return func() answer {
				return e.do(http.MethodPost, "/auth/reauthenticate", `{"code":"123456"}`, cookie(token), header("Content-Type", ct), o)
			}
		}
		e.refuses(t, http.StatusForbidden, "cross_origin", send(from("cross-site", "https://evil.example")))
		e.refuses(t, http.StatusUnsupportedMediaType, "unsupported_media_type", send(ownPage))
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		if a := e.do(method, "/auth/logout", "", cookie(token), from("cross-site", "")); a.status != http.StatusMethodNotAllowed || len(a.header["Set-Cookie"]) != 0 {
			t.Errorf("%s /auth/logout answers %d %v", method, a.status, a.header)
		}
	}
	if !e.live(token) {
		t.Error("the session was ended")
	}
}

// TestH05_SafeMethodsDoNothing follows links of another site to every path, with the cookie, as browsers do: nothing is sent, stored or ended.
func TestH05_SafeMethodsDoNothing(t *testing.T) {
	e := alone(t, cookieMode())
	token := e.login(ada)
	e.Faults.Forget()
	for _, rt := range e.Routes() {
		for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
			a := e.do(m, concrete(rt.Path)+"?all=true", "", cookie(token), from("cross-site", ""), header("Sec-Fetch-Mode", "navigate"))
			if len(a.header["Set-Cookie"]) != 0 {
				t.Errorf("%s %s sets %v", m, rt.Path, a.header["Set-Cookie"])
			}
		}
	}
	for _, verb := range []string{"kv.Set", "kv.Add", "kv.Take", "kv.Delete", "kv.Count", "sessions.Create", "sessions.Rotate", "sessions.Revoke", "sessions.Delete", "sessions.MoveEpoch"} {
		if n := e.Faults.Count(verb); n != 0 {
			t.Errorf("%s was called %d times", verb, n)
		}
	}
	if !e.live(token) {
		t.Error("the session was ended")
	}
}

// TestH05_LoginCSRF has a foreign page sign its victim in to the attacker's account, without any cookie: refused on every route whose
// answer could set one, before the proof is looked at, and on no other.
func TestH05_LoginCSRF(t *testing.T) {
	each(t, cookieMode(), func(t *testing.T, e *env) {
		e.account(bob)
		routes := e.signingIn(t)
		for page, o := range foreign {
			t.Run("a right code, by "+page, func(t *testing.T) {
				handle, code := e.code(bob)
				e.refuses(t, http.StatusForbidden, "cross_origin", func() answer {
					return e.post("/auth/login/verify", `{"target":"bob@example.com","code":"`+code+`","challenge":"`+handle+`"}`, o)
				})
				if a := e.verify(bob, handle, code); a.status != http.StatusOK {
					t.Errorf("the code was spent: %d %s", a.status, a.body)
				}
			})
			for _, rt := range e.Routes() {
				if rt.Method != http.MethodPost || rt.Demand != "Public" && !slices.Contains(routes, rt.Path) {
					continue
				}
				t.Run(rt.Path+" by "+page, func(t *testing.T) {
					act := func() answer {
						return e.do(http.MethodPost, concrete(rt.Path), "x", o, header("Content-Type", "text/plain"))
					}
					if slices.Contains(routes, rt.Path) {
						e.refuses(t, http.StatusForbidden, "cross_origin", act)
					} else if a := act(); a.text("code") == "cross_origin" {
						t.Error("no cookie plays a part, and it is refused")
					}
				})
			}
		}
	})
}

// TestH05_OwnPages are let through: pages of the service, what the user typed, programs that are no browsers, an old browser, and all of
// them behind a proxy that rewrites Host.
func TestH05_OwnPages(t *testing.T) {
	e := alone(t, cookieMode())
	id := e.account(ada)
	for name, o := range map[string][]option{
		"an own page":                          {ownPage},
		"an own page, Host rewritten":          {ownPage, func(r *http.Request) { r.Host = "10.0.0.7:8080" }},
		"the user":                             {from("none", "")},
		"no browser":                           {},
		"an old browser":                       {from("", issuer), func(r *http.Request) { r.Host = "auth.example" }},
		"an old browser, Host rewritten":       {from("", issuer), func(r *http.Request) { r.Host = "10.0.0.7:8080" }},
		"a page of the issuer on another host": {from("same-site", issuer), func(r *http.Request) { r.Host = "api.auth.example" }},
	} {
		t.Run(name, func(t *testing.T) {
			handle, code := e.code(ada)
			in := e.post("/auth/login/verify", `{"target":"ada@example.com","code":"`+code+`","challenge":"`+handle+`"}`, o...)
			mine := append([]option{cookie(in.token())}, o...)
			if a := e.do(http.MethodPost, "/app", "", mine...); a.status != http.StatusOK || a.body != id {
				t.Errorf("the program answers %d %s", a.status, a.body)
			}
			if a := e.do(http.MethodPost, "/auth/logout", "", mine...); a.status != http.StatusNoContent || !a.takesAway() {
				t.Errorf("logout answers %d %v %s", a.status, a.header, a.body)
			}
			if e.live(in.token()) {
				t.Error("the session lives")
			}
		})
	}
	t.Run("a header, which no foreign page can set", func(t *testing.T) {
		token := e.login(ada)
		if a := e.do(http.MethodPost, "/app", "", key(token), from("cross-site", "https://evil.example")); a.body != id {
			t.Errorf("answers %d %s", a.status, a.body)
		}
	})
}

// TestH05_Tossing presents the cookie twice, as when a subdomain has planted one beside the true one: never a silent choice.
func TestH05_Tossing(t *testing.T) {
	each(t, cookieMode(), func(t *testing.T, e *env) {
		mine, planted := e.login(ada), e.login(bob)
		pair := func(token string) string { return cookieName + "=" + token }
		for name, o := range map[string][]option{
			"the true one first":       {header("Cookie", pair(mine)+"; "+pair(planted))},
			"the planted one first":    {header("Cookie", pair(planted)+"; "+pair(mine))},
			"in two lines":             {header("Cookie", pair(mine)), header("Cookie", pair(planted))},
			"the same twice":           {header("Cookie", pair(mine)+"; "+pair(mine))},
			"garbage first":            {header("Cookie", cookieName+"=x; "+pair(mine))},
			"an empty one":             {header("Cookie", pair(mine)+"; "+cookieName+"=")},
			"one without a name's end": {header("Cookie", cookieName+"; "+pair(mine))},
			"among others":             {header("Cookie", "a=b; "+pair(mine)+"; c=d; "+pair(planted)+"; e=f")},
			"beside a header":          {header("Cookie", pair(mine)+"; "+pair(planted)), key(mine)},
		} {
			for _, at := range [][2]string{
				{"GET", "/app"},
				{"GET", "/open"},
				{"POST", "/app"},
				{"GET", "/auth/me"},
				{"POST", "/auth/refresh"},
				{"POST", "/auth/logout"},
				{"DELETE", "/auth/sessions?all=true"},
			} {
				t.Run(name+" at "+at[1], func(t *testing.T) {
					e.refuses(t, http.StatusBadRequest, "ambiguous_credentials", func() answer { return e.do(at[0], at[1], "", append(o, ownPage)...) })
				})
			}
		}
		if !e.live(mine) || !e.live(planted) {
			t.Error("a session was ended")
		}
	})
}

// TestH05_TooLong has the host's claims grow beyond what browsers keep: nothing is begun and the log says why. A token that fits
// just so arrives.
func TestH05_TooLong(t *testing.T) {
	each(t, cookieMode(), func(t *testing.T, e *env) {
		length := 3 << 10
		e.reopen(func(c *auth.Config) {
			c.Claims = func(context.Context, user.User) (map[string]any, error) {
				return map[string]any{"groups": strings.Repeat("g", length)}, nil
			}
		})
		e.account(ada)
		length = 2200
		fits := e.login(ada)
		length = 3 << 10
		handle, code := e.code(ada)
		a := e.refuses(t, http.StatusInternalServerError, "internal_error", func() answer { return e.verify(ada, handle, code) })
		if !strings.Contains(e.Logs(), "too long for a cookie") || strings.Contains(a.body, "cookie") {
			t.Errorf("the client sees %s, the log says %s", a.body, e.Logs())
		}
		if n := len(e.sessions(fits)); n != 1 {
			t.Errorf("%d sessions, want the one that fits", n)
		}
		if n := len(fits); n < 3000 || n > 4096 {
			t.Errorf("the token that fits has %d bytes", n)
		}
		if a := e.do(http.MethodPost, "/auth/refresh", "", cookie(fits), ownPage); a.status != http.StatusOK || len(a.setCookies()) != 1 {
			t.Errorf("refresh answers %d %v %s", a.status, a.header, a.body)
		}
	})
}

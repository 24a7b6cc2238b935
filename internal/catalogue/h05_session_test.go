package catalogue

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/session"
	"github.com/crafteasy/auth/user"
)

// delivered demands that the answer brings a token of the kind in a cookie, with every attribute and nothing in the body, and answers it.
func delivered(t *testing.T, a answer, kind string, life time.Duration) string {
	t.Helper()
	if a.status != http.StatusOK || a.text("token_type") != kind || a.field("token") != nil || a.text("expires") == "" {
		t.Fatalf("answers %d %s", a.status, a.body)
	}
	want := fmt.Sprintf("; Path=/; Max-Age=%d; HttpOnly; Secure; SameSite=Lax", int(life.Seconds()))
	if set := a.header["Set-Cookie"]; len(set) != 1 || !strings.HasPrefix(set[0], cookieName+"=ey") || !strings.HasSuffix(set[0], want) {
		t.Fatalf("sets %v, want one that ends in %q", set, want)
	}
	if strings.Contains(a.body, a.token()) {
		t.Fatalf("the body holds the token: %s", a.body)
	}
	return a.token()
}

// TestH05_Cookie lives a session by cookie: what is set at each step, byte by byte, and that the machine of its user has none.
func TestH05_Cookie(t *testing.T) {
	each(t, cookieMode(), func(t *testing.T, e *env) {
		// Whole seconds: the answer names the end of a token in these.
		e.Clock.Set(e.Clock.Now().Truncate(time.Second))
		e.account(ada)
		handle, code := e.code(ada)
		token := delivered(t, e.verify(ada, handle, code), "user", 30*time.Minute)
		e.Clock.Advance(time.Minute)
		next := delivered(t, e.do(http.MethodPost, "/auth/refresh", "", cookie(token), ownPage), "user", 30*time.Minute)
		e.Clock.Advance(5 * time.Second)
		if again := delivered(t, e.do(http.MethodPost, "/auth/refresh", "", cookie(token), ownPage), "user", 30*time.Minute-5*time.Second); again != next {
			t.Error("the second tab gets another successor")
		}
		token = next
		_, a := e.setup(token)
		app := phoneApp{secret: a.text("secret")}
		if a = e.post("/auth/2fa/enable", `{"code":"`+app.code(t, e, 0)+`"}`, cookie(token), ownPage); a.status != http.StatusNoContent || len(a.header["Set-Cookie"]) != 0 {
			t.Fatalf("enable answers %d %v %s", a.status, a.header, a.body)
		}
		e.Clock.Advance(step)
		a = e.post("/auth/reauthenticate", `{"code":"`+app.code(t, e, 0)+`"}`, cookie(token), ownPage)
		token = delivered(t, a, "user", 30*time.Minute)
		e.Clock.Advance(step)

		handle, code = e.code(ada)
		a = e.verify(ada, handle, code)
		owed := delivered(t, a, "pre_auth", 5*time.Minute)
		if a.field("requires_2fa") != true || a.field("second_factors") == nil {
			t.Errorf("answers %s", a.body)
		}
		e.refuses(t, http.StatusForbidden, "second_factor_required", func() answer { return e.do(http.MethodGet, "/open", "", cookie(owed)) })
		a = e.post("/auth/2fa/verify", `{"code":"`+app.code(t, e, 0)+`"}`, cookie(owed), ownPage)
		second := delivered(t, a, "user", 30*time.Minute)
		if e.do(http.MethodGet, "/app", "", cookie(second)).body != e.account(ada) {
			t.Error("the program does not know the session")
		}

		m := e.machineOf(token, "")
		swapped := e.swap(m, cookie(token), from("cross-site", "https://evil.example"))
		if swapped.status != http.StatusOK || swapped.text("token") == "" || len(swapped.header["Set-Cookie"]) != 0 {
			t.Errorf("a machine gets %d %v %s", swapped.status, swapped.header, swapped.body)
		}
		if !e.live(swapped.text("token")) {
			t.Error("the machine's token does not work in a header")
		}
		if apps := e.beside(func(c *auth.Config) { c.CookieMode, c.Path = false, "/api/auth" }); !apps.live(second) || apps.do(http.MethodGet, "/open", "", cookie(second)).body != "nobody" {
			t.Error("a service in header mode on the same store does not take the token, or takes the cookie")
		}
	})
}

// TestH05_Ends has sessions end in every way: whoever ends the own one by cookie gets it taken away, and so does whoever presents a
// dead one, once, whoever has ended it.
func TestH05_Ends(t *testing.T) {
	each(t, cookieMode(), func(t *testing.T, e *env) {
		ended := func(t *testing.T, a answer, token string) {
			t.Helper()
			if a.status != http.StatusNoContent || !a.takesAway() {
				t.Errorf("answers %d %v %s", a.status, a.header, a.body)
			}
			for _, at := range [][2]string{{"GET", "/app"}, {"GET", "/open"}, {"GET", "/auth/me"}, {"DELETE", "/auth/sessions"}, {"POST", "/app"}} {
				dead := e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.do(at[0], at[1], "", cookie(token), ownPage) })
				if !dead.takesAway() {
					t.Errorf("%s refuses the dead cookie and leaves it: %v", at[1], dead.header)
				}
			}
		}
		t.Run("logout", func(t *testing.T) {
			token := e.login(ada)
			ended(t, e.do(http.MethodPost, "/auth/logout", "", cookie(token), ownPage), token)
			ended(t, e.do(http.MethodPost, "/auth/logout", "", cookie(token), ownPage), token)
			a := e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.do(http.MethodPost, "/auth/refresh", "", cookie(token), ownPage) })
			if !a.takesAway() {
				t.Errorf("refresh refuses the dead cookie and leaves it: %v", a.header)
			}
		})
		t.Run("the own session by its id", func(t *testing.T) {
			token := e.login(ada)
			id := e.do(http.MethodGet, "/auth/me", "", cookie(token)).text("session_id")
			ended(t, e.do(http.MethodDelete, "/me/sessions/"+id, "", cookie(token), ownPage), token)
		})
		t.Run("all sessions", func(t *testing.T) {
			token := e.login(ada)
			ended(t, e.do(http.MethodDelete, "/auth/sessions?all=true", "", cookie(token), ownPage), token)
		})
		t.Run("a half-done sign-in", func(t *testing.T) {
			_, app := e.enrol(bob)
			token := e.login(bob)
			ended(t, e.do(http.MethodPost, "/auth/logout", "", cookie(token), ownPage), token)
			token = e.login(bob)
			for range session.Guesses {
				e.refuses(t, http.StatusUnauthorized, "invalid_code", func() answer {
					return e.post("/auth/2fa/verify", `{"code":"`+wrong(app.code(t, e, 0))+`"}`, cookie(token), ownPage)
				})
			}
			a := e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.do(http.MethodGet, "/open", "", cookie(token)) })
			if !a.takesAway() {
				t.Errorf("the dead cookie stays: %v", a.header)
			}
		})
		t.Run("others", func(t *testing.T) {
			token, other := e.login(ada), e.login(ada)
			id := e.do(http.MethodGet, "/auth/me", "", cookie(other)).text("session_id")
			for _, path := range []string{"/auth/sessions/" + id, "/auth/sessions"} {
				if a := e.do(http.MethodDelete, path, "", cookie(token), ownPage); a.status != http.StatusNoContent || len(a.header["Set-Cookie"]) != 0 {
					t.Errorf("DELETE %s answers %d %v", path, a.status, a.header)
				}
			}
			if !e.live(token) || e.live(other) {
				t.Error("the wrong session ended")
			}
		})
		t.Run("by a header", func(t *testing.T) {
			token := e.login(ada)
			if a := e.do(http.MethodPost, "/auth/logout", "", key(token)); a.status != http.StatusNoContent || len(a.header["Set-Cookie"]) != 0 {
				t.Errorf("answers %d %v", a.status, a.header)
			}
		})
		t.Run("garbage", func(t *testing.T) {
			for _, value := range []string{"x", "", "a.b.c", `"` + e.login(ada) + `"`, strings.Repeat("x", 5000), "%00", "../../etc"} {
				a := e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.do(http.MethodGet, "/open", "", cookie(value)) })
				if !a.takesAway() {
					t.Errorf("%q stays: %v", value, a.header)
				}
			}
		})
	})
}

// TestH05_Fixation signs in with a cookie that somebody else has set: the new session has nothing of it, and the presented one is worth
// what it was.
func TestH05_Fixation(t *testing.T) {
	each(t, cookieMode(), func(t *testing.T, e *env) {
		own, theirs := e.login(ada), e.login(bob)
		_, app := e.enrol("eve@example.com")
		owed := e.login("eve@example.com")
		before := e.get("/auth/me", theirs).body
		for name, o := range map[string]option{
			"an own one": cookie(own), "another user's": cookie(theirs), "another user's half": cookie(owed), "garbage": cookie("x"),
			"two": header("Cookie", cookieName+"="+own+"; "+cookieName+"="+theirs),
		} {
			t.Run(name, func(t *testing.T) {
				handle, code := e.code(ada)
				token := delivered(t, e.post("/auth/login/verify", `{"target":"ada@example.com","code":"`+code+`","challenge":"`+handle+`"}`, o, ownPage), "user", 30*time.Minute)
				me := e.get("/auth/me", token)
				if me.text("user_id") != e.account(ada) || strings.Contains(before+e.get("/auth/me", own).body, me.text("session_id")) {
					t.Errorf("the new session is %s", me.body)
				}
			})
		}
		if e.get("/auth/me", theirs).body != before || !e.live(own) {
			t.Error("a session that was presented has changed")
		}
		if a := e.present("/auth/2fa/verify", owed, app.code(t, e, 0)); a.status != http.StatusOK {
			t.Errorf("the half-done sign-in was spent: %d %s", a.status, a.body)
		}
	})
}

// TestH05_HeaderMode: without cookie mode no cookie is looked at or set, and where a request comes from changes nothing.
func TestH05_HeaderMode(t *testing.T) {
	e := alone(t, auth.Config{})
	token := e.login(ada)
	for page, o := range foreign {
		for _, rt := range e.Routes() {
			if rt.Demand == "Genuine" || rt.Method == http.MethodDelete {
				continue // it would end the session
			}
			send := func(more ...option) answer {
				return e.do(rt.Method, concrete(rt.Path), "x", append(more, key(token), header("Content-Type", "text/plain"))...)
			}
			plain, a := send(), send(o, cookie("garbage"))
			if a.status != plain.status || a.text("code") != plain.text("code") || len(a.header["Set-Cookie"]) != 0 {
				t.Errorf("%s %s by %s answers %d %s, and %d %s otherwise", rt.Method, rt.Path, page, a.status, a.body, plain.status, plain.body)
			}
		}
		handle, code := e.code(ada)
		a := e.post("/auth/login/verify", `{"target":"ada@example.com","code":"`+code+`","challenge":"`+handle+`"}`, o, cookie(token))
		if a.status != http.StatusOK || a.text("token") == "" || len(a.header["Set-Cookie"]) != 0 {
			t.Errorf("sign-in by %s answers %d %v %s", page, a.status, a.header, a.body)
		}
		a = e.do(http.MethodPost, "/auth/logout", "", key(a.text("token")), o, cookie(token))
		if a.status != http.StatusNoContent || len(a.header["Set-Cookie"]) != 0 {
			t.Errorf("logout by %s answers %d %v", page, a.status, a.header)
		}
		e.refuses(t, http.StatusUnauthorized, "authentication_required", func() answer { return e.do(http.MethodPost, "/app", "", cookie(token), o) })
	}
}

// TestH05_TooLongForARefresh: names that have grown since the sign-in make no token that the browser would drop, and the session stays.
func TestH05_TooLongForARefresh(t *testing.T) {
	e := alone(t, cookieMode())
	token := e.login(ada)
	e.Put(user.User{ID: e.account(ada), Email: ada, Name: strings.Repeat("a", 3<<10)})
	e.refuses(t, http.StatusInternalServerError, "internal_error", func() answer { return e.do(http.MethodPost, "/auth/refresh", "", cookie(token), ownPage) })
	if !e.live(token) || len(e.sessions(token)) != 1 {
		t.Error("the session ended")
	}
}

// TestH04_CookieBesideHeaders: a cookie and a header that differ are never a silent choice.
func TestH04_CookieBesideHeaders(t *testing.T) {
	e := alone(t, cookieMode())
	mine, theirs := e.login(ada), e.login(bob)
	bearer := func(token string) option { return header("Authorization", "Bearer "+token) }
	for name, tt := range map[string]struct {
		options []option
		code    string
	}{
		"the cookie alone":                        {[]option{cookie(mine)}, ""},
		"the same in X-API-Key":                   {[]option{cookie(mine), key(mine)}, ""},
		"the same in Authorization":               {[]option{cookie(mine), bearer(mine)}, ""},
		"the same in all three":                   {[]option{cookie(mine), key(mine), bearer(mine)}, ""},
		"another user in X-API-Key":               {[]option{cookie(mine), key(theirs)}, "ambiguous_credentials"},
		"another user in the cookie":              {[]option{cookie(theirs), key(mine)}, "ambiguous_credentials"},
		"another user in Authorization":           {[]option{cookie(mine), bearer(theirs)}, "ambiguous_credentials"},
		"garbage in the cookie":                   {[]option{cookie("garbage"), key(mine)}, "ambiguous_credentials"},
		"garbage in the header":                   {[]option{cookie(mine), key("garbage")}, "ambiguous_credentials"},
		"an empty cookie":                         {[]option{cookie(""), key(mine)}, "ambiguous_credentials"},
		"an empty header":                         {[]option{cookie(mine), key("")}, "ambiguous_credentials"},
		"another scheme":                          {[]option{cookie(mine), header("Authorization", "Basic YTpi")}, "ambiguous_credentials"},
		"headers that differ, and one of them":    {[]option{cookie(mine), key(mine), bearer(theirs)}, "ambiguous_credentials"},
		"a cookie that only looks like it":        {[]option{header("Cookie", "auth="+theirs+"; __host-auth="+theirs), key(mine)}, ""},
		"the token of the cookie's user, by name": {[]option{cookie(mine), header("Cookie", "token="+theirs)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/app", "/open", "/auth/me"} {
				act := func() answer { return e.do(http.MethodGet, path, "", tt.options...) }
				if tt.code != "" {
					e.refuses(t, http.StatusBadRequest, tt.code, act)
				} else if a := act(); a.status != http.StatusOK || !slices.Contains([]string{a.body, a.text("user_id")}, e.account(ada)) {
					t.Errorf("%s answers %d %s", path, a.status, a.body)
				}
			}
		})
	}
}

package catalogue

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
)

// TestS09_SessionsOfOthers lists and ends sessions that are not the caller's: they do not exist, as far as the caller can tell.
func TestS09_SessionsOfOthers(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		mine, theirs := e.login(ada), e.login(bob)
		foreign := e.get("/auth/me", theirs).text("session_id")
		own := e.get("/auth/me", mine).text("session_id")
		answers := map[string]answer{}
		for name, id := range map[string]string{
			"another user's":             foreign,
			"one that never was":         "AAAAAAAAAAAAAAAAAAAAAA",
			"the user's id":              e.account(bob),
			"a prefix":                   foreign[:10],
			"one character more":         foreign + "A",
			"in another case":            swapCase(foreign),
			"with a NUL behind":          foreign + "%00",
			"own with a NUL behind":      own + "%00",
			"a NUL":                      "%00",
			"what is not UTF-8":          "%ff%fe",
			"an object of a database":    url.PathEscape(`{"$gt":""}`),
			"an object id of a database": "507f1f77bcf86cd799439011",
			"a pattern":                  "%2A",
			"own behind a slash":         "x%2F" + own,
			"own and another's":          own + "," + foreign,
			"a line break":               own + "%0d%0a",
			"4 kB":                       strings.Repeat("A", 4096),
			"60 kB":                      strings.Repeat("A", 60<<10),
		} {
			for _, base := range []string{"/auth/sessions/", "/me/sessions/"} {
				t.Run(name+" at "+base, func(t *testing.T) {
					answers[name+base] = e.refuses(t, http.StatusNotFound, "not_found", func() answer {
						return e.do(http.MethodDelete, base+id, "", key(mine))
					})
				})
			}
		}
		same(t, answers)
		for name, query := range map[string]string{
			"except":       "?except=" + foreign,
			"user":         "?user=" + e.account(bob) + "&user_id=" + e.account(bob),
			"a bad all":    "?all=1",
			"all twice":    "?all=true&all=true",
			"all, escaped": "?all=tru%65%00",
		} {
			t.Run(name, func(t *testing.T) {
				a := e.do(http.MethodDelete, "/auth/sessions"+query, "", key(mine))
				if strings.Contains(query, "all") && a.text("code") != "invalid_request" {
					t.Errorf("answers %d %s", a.status, a.body)
				}
			})
		}
		if !e.live(theirs) || !e.live(mine) {
			t.Fatal("a session was ended by a stranger, or by what names no session")
		}
		if ids := e.sessions(theirs); !slices.Equal(ids, []string{foreign}) {
			t.Errorf("the list shows %q", ids)
		}
	})
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		if r >= 'A' && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, s)
}

// TestS09_ListShowsNoCredential reads the list of sessions: what is in it lets nobody in.
func TestS09_ListShowsNoCredential(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token := e.successor(e.login(ada))
		other := e.login(ada)
		me := e.get("/auth/me", token)
		for _, path := range []string{"/auth/sessions", "/me/sessions"} {
			a := e.get(path, token)
			var list struct{ Sessions []map[string]any }
			if err := json.Unmarshal([]byte(a.body), &list); err != nil || len(list.Sessions) != 2 {
				t.Fatalf("%s answers %d %s", path, a.status, a.body)
			}
			for _, s := range list.Sessions {
				for name := range s {
					if !slices.Contains([]string{"id", "current", "created_at", "last_seen_at", "expires_at", "origin_app", "methods", "ip", "user_agent"}, name) {
						t.Errorf("the list shows %q", name)
					}
				}
				if s["current"] != (s["id"] == me.text("session_id")) {
					t.Errorf("current: %v", s)
				}
			}
			if strings.Contains(a.body, me.text("token_id")) || strings.Contains(a.body, token) || strings.Contains(a.body, token[len(token)-40:]) {
				t.Errorf("the list holds a token or its id: %s", a.body)
			}
			if a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("the list may be stored")
			}
		}
		for _, id := range e.sessions(token) {
			e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", id) })
		}
		if a := e.do(http.MethodDelete, "/auth/sessions/"+e.get("/auth/me", other).text("session_id"), "", key(token)); a.status != http.StatusNoContent {
			t.Errorf("ending an own session answers %d %s", a.status, a.body)
		}
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", other) })
		if ids := e.sessions(token); len(ids) != 1 {
			t.Errorf("the list shows %q", ids)
		}
	})
}

// TestS10_Fixation signs in while presenting a token: nothing that was known before is worth more afterwards.
func TestS10_Fixation(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		own, theirs := e.login(ada), e.login(bob)
		_, p := e.enrol("eve@example.com")
		handle, code := e.code("eve@example.com")
		preAuth := e.verify("eve@example.com", handle, code).text("token")
		before := map[string]string{}
		for name, token := range map[string]string{"own": own, "another user's": theirs} {
			before[name] = e.get("/auth/me", token).body
		}
		for name, present := range map[string][]option{
			"an own session":             {key(own)},
			"another user's session":     {key(theirs)},
			"another user's pre_auth":    {key(preAuth)},
			"a cookie":                   {header("Cookie", "__Host-auth="+theirs+"; sid=fixed")},
			"two sessions at once":       {key(own), header("Authorization", "Bearer "+theirs)},
			"a session id of the client": {header("X-Session-Id", "fixed")},
		} {
			t.Run(name, func(t *testing.T) {
				jsonType := header("Content-Type", "application/json")
				a := e.do(http.MethodPost, "/auth/login/email", `{"email":"ada@example.com","sid":"fixed","session_id":"fixed"}`, append(present, jsonType)...)
				body := `{"target":"ada@example.com","code":"` + e.Inbox.Code(t, ada) + `","challenge":"` + a.text("challenge") + `","sid":"fixed","session_id":"fixed"}`
				a = e.do(http.MethodPost, "/auth/login/verify", body, append(present, jsonType)...)
				token := a.text("token")
				if a.status != http.StatusOK || a.header.Get("Set-Cookie") != "" {
					t.Fatalf("sign-in answers %d %v %s", a.status, a.header, a.body)
				}
				me := e.get("/auth/me", token)
				if me.text("user_id") != e.account(ada) || me.text("session_id") == "fixed" {
					t.Errorf("the token is %s", me.body)
				}
				for _, b := range before {
					if strings.Contains(b, me.text("session_id")) || strings.Contains(b, me.text("token_id")) {
						t.Errorf("the new session has an id of one that was presented: %s", me.body)
					}
				}
			})
		}
		if e.get("/auth/me", own).body != before["own"] || e.get("/auth/me", theirs).body != before["another user's"] {
			t.Error("a token that was presented has changed")
		}
		e.refuses(t, http.StatusForbidden, "second_factor_required", func() answer { return e.get("/app", preAuth) })
		if a := e.present("/auth/2fa/verify", preAuth, p.code(t, e, 0)); a.status != http.StatusOK {
			t.Errorf("the pre_auth token was spent: %d %s", a.status, a.body)
		}
	})
}

// TestS10_StepUpReplacesTheToken proves itself again: a new token in the same session, and the presented one dies as in refresh.
func TestS10_StepUpReplacesTheToken(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		old := e.login(ada)
		before := e.get("/auth/me", old)
		e.Clock.Advance(11 * time.Minute)
		if a := e.do(http.MethodPost, "/auth/reauthenticate/options", "", key(old)); a.status != http.StatusOK {
			t.Fatalf("the options answer %d %s", a.status, a.body)
		}
		a := e.post("/auth/reauthenticate", `{"code":"`+e.Inbox.Code(t, ada)+`"}`, key(old))
		me := e.get("/auth/me", a.text("token"))
		if a.status != http.StatusOK || me.text("token_id") == before.text("token_id") || me.text("session_id") != before.text("session_id") ||
			me.text("auth_time") == before.text("auth_time") {
			t.Fatalf("step-up answers %d; before %s, after %s", a.status, before.body, me.body)
		}
		e.Clock.Advance(time.Minute)
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", old) })
		if !e.live(a.text("token")) {
			t.Error("the new token is dead")
		}
	})
}

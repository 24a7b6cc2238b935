package regress

import (
	"encoding/base64"
	"fmt"
	"math"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/user"
)

// TestCVE_2026_109373_UnsignedCookie: ids that an attacker can know or compute are no credentials, wherever they stand.
func TestCVE_2026_109373_UnsignedCookie(t *testing.T) {
	w := open(t, auth.Config{})
	token := w.signIn(ada)
	me := w.get("/auth/me", key(token))
	claims, _, _ := strings.Cut(strings.SplitN(token, ".", 2)[1], ".")
	for _, value := range []string{
		me.text("user_id"), me.text("session_id"), me.text("token_id"), ada, base64.StdEncoding.EncodeToString([]byte(me.text("user_id"))), claims,
	} {
		for _, o := range []option{
			key(value), with("Authorization", "Bearer "+value), with("Cookie", "session="+value+"; token="+value+"; __Host-auth="+value+"; __Host-session="+value),
		} {
			if a := w.get("/app", o); a.status != http.StatusUnauthorized {
				t.Errorf("%q answers %d %s", value, a.status, a.body)
			}
		}
	}
}

// TestCVE_2026_119128_ComputedToken: a token that says another user, with what an attacker has to sign it.
func TestCVE_2026_119128_ComputedToken(t *testing.T) {
	w := open(t, auth.Config{})
	parts := strings.Split(w.signIn(eve), ".")
	claims := claimsOf(t, strings.Join(parts, "."))
	claims["sub"] = w.account(ada)
	payload := encodeJSON(claims)
	for name, token := range map[string]string{
		"the attacker's signature": parts[0] + "." + payload + "." + parts[2],
		"no signature":             parts[0] + "." + payload + ".",
		"alg none":                 encodeJSON(map[string]any{"alg": "none", "typ": "user+jwt"}) + "." + payload + ".",
		"no key id":                encodeJSON(map[string]any{"alg": "ES512", "typ": "user+jwt"}) + "." + payload + "." + parts[2],
	} {
		if a := w.get("/app", key(token)); a.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

// TestBetterAuth_MultiSession_SignOut: nobody ends, or learns of, a session that is not theirs.
func TestBetterAuth_MultiSession_SignOut(t *testing.T) {
	shared(t, auth.Config{}, func(t *testing.T, w *world) {
		hers, mine := w.signIn(ada), w.signIn(eve)
		id := w.get("/auth/me", key(hers)).text("session_id")
		w.do(http.MethodDelete, "/auth/sessions/"+id, "", key(mine)).want(http.StatusNotFound, "not_found")
		w.do(http.MethodDelete, "/auth/sessions/"+id, "", with("Cookie", "session="+id)).want(http.StatusUnauthorized, "authentication_required")
		w.post("/auth/logout", "{}", with("Cookie", "session="+id)).want(http.StatusUnauthorized, "authentication_required")
		w.do(http.MethodDelete, "/auth/sessions?user_id="+w.account(ada), "", key(mine)).want(http.StatusNoContent, "")
		if !w.live(hers) {
			t.Error("her session ended")
		}
	})
}

// mangled are credentials that break careless readers.
var mangled = []string{
	"", " ", ".", "..", "...", "a.b.c", "null", "undefined", "{}", "[]", "%00", "%", "\xff\xfe", "a\x00b", strings.Repeat(".", 4000), strings.Repeat("A", 9000),
	"eyJhbGciOiJub25lIn0..", "Bearer", "Bearer x", "=", "é", "🔑", `"`, "'", "a;b", "a,b", "a b",
}

// mangledRefused presents each in the way of dress: never a success, never a failure of the server.
func mangledRefused(t *testing.T, dress func(v string) option) {
	t.Helper()
	w := open(t, auth.Config{})
	for _, path := range []string{"/app", "/auth/me", "/auth/sessions"} {
		for _, v := range mangled {
			if a := w.get(path, dress(v)); a.status != http.StatusUnauthorized && a.status != http.StatusBadRequest {
				t.Errorf("%s with %.40q answers %d %s", path, v, a.status, a.body)
			}
		}
	}
}

// TestCVE_2026_25748_MalformedCookie: a cookie that cannot be read opens nothing.
func TestCVE_2026_25748_MalformedCookie(t *testing.T) {
	mangledRefused(t, func(v string) option { return with("Cookie", "__Host-auth="+v+"; session="+v+"; "+v) })
}

// TestGHSA_xmf8_cvqr_rfgj_MalformedHeader: a header that cannot be read is refused, and breaks nothing.
func TestGHSA_xmf8_cvqr_rfgj_MalformedHeader(t *testing.T) {
	mangledRefused(t, func(v string) option { return with("Authorization", v) })
	mangledRefused(t, func(v string) option { return with("Authorization", "Bearer "+v) })
	mangledRefused(t, func(v string) option { return with("X-Api-Key", v) })
}

// TestGHSA_4hv6_xc92_j86g_OtherTransport: what comes by another way than HTTP learns of an end too.
func TestGHSA_4hv6_xc92_j86g_OtherTransport(t *testing.T) {
	shared(t, auth.Config{}, func(t *testing.T, w *world) {
		token := w.signIn(ada)
		twin := w.Twin()
		for _, instance := range []*authtest.Server{w.Server, twin} {
			if _, err := instance.Authenticate(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
		w.post("/auth/logout", "", key(token)).want(http.StatusNoContent, "")
		for _, instance := range []*authtest.Server{w.Server, twin} {
			if who, err := instance.Authenticate(t.Context(), token); err == nil {
				t.Errorf("the token is %s's after its end", who.UserID)
			}
		}
	})
}

// TestCVE_2026_9097_ExchangeAfterTheEnd: a token that was ended is swapped for none.
func TestCVE_2026_9097_ExchangeAfterTheEnd(t *testing.T) {
	shared(t, auth.Config{}, func(t *testing.T, w *world) {
		for _, end := range []func(token string){
			func(token string) { w.post("/auth/logout", "", key(token)).want(http.StatusNoContent, "") },
			func(string) { _ = w.EndSessions(t.Context(), w.account(ada)) },
			func(string) { _ = w.EndEverything(t.Context()) },
		} {
			token := w.signIn(ada)
			end(token)
			w.post("/auth/refresh", "", key(token)).want(http.StatusUnauthorized, "invalid_token")
			w.post("/auth/reauthenticate/options", "", key(token)).want(http.StatusUnauthorized, "invalid_token")
			w.post("/auth/api-keys", `{"name":"x"}`, key(token)).want(http.StatusUnauthorized, "invalid_token")
		}
	})
}

// TestCVE_2026_9094_OtherNamespace: a token of one set of people is none in another on the same store.
func TestCVE_2026_9094_OtherNamespace(t *testing.T) {
	w := open(t, auth.Config{})
	other := w.namespace("other")
	token := w.signIn(ada)
	other.signIn(ada)
	for _, path := range []string{"/app", "/auth/me"} {
		other.get(path, key(token)).want(http.StatusUnauthorized, "invalid_token")
	}
	other.post("/auth/refresh", "", key(token)).want(http.StatusUnauthorized, "invalid_token")
	if !w.live(token) {
		t.Error("the token is dead at home")
	}
}

// TestCVE_2025_65430_Inactive: whoever was switched off gets no further by anything they still hold.
func TestCVE_2025_65430_Inactive(t *testing.T) {
	w := open(t, auth.Config{})
	token := w.signIn(ada)
	a, id := &authtest.Authenticator{}, w.account(ada)
	k := w.passkey(token, a)
	made := w.post("/auth/api-keys", `{"name":"ci"}`, key(token)).want(http.StatusCreated, "")
	w.Put(user.User{ID: id, Email: ada, Disabled: true})
	w.post("/auth/refresh", "", key(token)).want(http.StatusUnauthorized, "invalid_token")
	w.asserted(a, k).want(http.StatusUnauthorized, "invalid_credentials")
	w.post("/auth/api-key", fmt.Sprintf(`{"api_code":%q,"api_key":%q}`, made.text("api_code"), made.text("api_key"))).
		want(http.StatusUnauthorized, "invalid_api_key")
}

// TestGHSA_2vg6_77g8_24mp_Deleted: nothing of a deleted user lives.
func TestGHSA_2vg6_77g8_24mp_Deleted(t *testing.T) {
	shared(t, auth.Config{}, func(t *testing.T, w *world) {
		token := w.signIn(ada)
		made := w.post("/auth/api-keys", `{"name":"ci"}`, key(token)).want(http.StatusCreated, "")
		swap := fmt.Sprintf(`{"api_code":%q,"api_key":%q}`, made.text("api_code"), made.text("api_key"))
		service := w.post("/auth/api-key", swap).want(http.StatusOK, "").text("token")
		if err := w.Forget(t.Context(), w.account(ada)); err != nil {
			t.Fatal(err)
		}
		for _, token := range []string{token, service} {
			if w.live(token) {
				t.Error("a token lives")
			}
		}
		w.post("/auth/refresh", "", key(token)).want(http.StatusUnauthorized, "invalid_token")
		w.post("/auth/api-key", swap).want(http.StatusUnauthorized, "invalid_api_key")
	})
}

// TestCVE_2026_82468_ContentType: a media type that contains the right one is another.
func TestCVE_2026_82468_ContentType(t *testing.T) {
	w := open(t, auth.Config{SignUp: true})
	for _, kind := range []string{
		"text/plain; application/json", "application/jsonx", "text/plain;charset=application/json", "multipart/form-data; boundary=application/json",
		"application/x-www-form-urlencoded, application/json", "", "text/json",
	} {
		a := w.do(http.MethodPost, "/auth/login/email", ` {"email":"ada@example.com"}`, with("Content-Type", kind), with("Origin", "https://evil.example"))
		a.want(http.StatusUnsupportedMediaType, "unsupported_media_type")
	}
	w.Drain()
	if n := len(w.Inbox.Messages()); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
}

// TestBetterAuth_10368_CrossOriginSend: what another origin's page can send without asking makes no message, and it is told nothing.
func TestBetterAuth_10368_CrossOriginSend(t *testing.T) {
	w := open(t, auth.Config{SignUp: true})
	evil := []option{with("Origin", "https://evil.example"), with("Sec-Fetch-Site", "cross-site"), with("Sec-Fetch-Mode", "no-cors")}
	for kind, body := range map[string]string{
		"text/plain": ` {"email":"ada@example.com"}`, "application/x-www-form-urlencoded": "email=ada@example.com", "multipart/form-data; boundary=x": "--x--",
	} {
		w.do(http.MethodPost, "/auth/login/email", body, append(evil, with("Content-Type", kind))...).refused()
	}
	asked := w.do(http.MethodOptions, "/auth/login/email", "", append(evil, with("Access-Control-Request-Method", "POST"))...)
	for name := range asked.header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("a page of another origin is told %s", name)
		}
	}
	w.Drain()
	if n := len(w.Inbox.Messages()); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
}

// TestCVE_2025_71404_ErrorPage: what a request says comes back in no page.
func TestCVE_2025_71404_ErrorPage(t *testing.T) {
	w := social(t, nil)
	const script = "<script>alert(1)</script>"
	for _, path := range []string{"/auth/oauth2/demo/callback?error=%s&error_description=%s&error_uri=%s", "/auth/%s", "/auth/oauth2/%s/authorize", "/auth/oauth2/demo/authorize?return_to=%s"} {
		a := w.get(strings.ReplaceAll(path, "%s", "%3Cscript%3Ealert(1)%3C%2Fscript%3E"))
		if strings.Contains(a.body, script) || strings.Contains(a.header.Get("Content-Type"), "html") {
			t.Errorf("%s answers %s %s", path, a.header.Get("Content-Type"), a.body)
		}
	}
}

// secretRefused demands that none of these is taken for a secret of the configuration.
func secretRefused(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		s, err := auth.ParseSecret(text)
		if err == nil {
			_, err = auth.New(auth.Config{Issuer: issuer, Keys: authtest.Keys(), Secret: s, Email: authtest.NewInbox()})
		}
		if err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

// TestGO_2026_4801_DefaultSecret: there is no default secret, and none that is short or repeats itself is accepted.
func TestGO_2026_4801_DefaultSecret(t *testing.T) {
	if _, err := auth.New(auth.Config{Issuer: issuer, Keys: authtest.Keys(), Email: authtest.NewInbox()}); err == nil {
		t.Error("a missing secret is accepted")
	}
	secretRefused(t, "", "secret", "PLEASE-CHANGE-ME-I-AM-VERY-INSECURE", base64.StdEncoding.EncodeToString([]byte("PLEASE-CHANGE-ME")))
}

// TestGHSA_r9w3_57w2_gch2_WeakSecret: 32 bytes of one kind are no secret.
func TestGHSA_r9w3_57w2_gch2_WeakSecret(t *testing.T) {
	secretRefused(t, base64.StdEncoding.EncodeToString(make([]byte, 32)), base64.StdEncoding.EncodeToString([]byte(strings.Repeat("a", 64))),
		base64.StdEncoding.EncodeToString(make([]byte, 31)))
}

// TestCVE_2026_33505_SignedParameters: nothing that a client sends back, signed or not, becomes part of a query.
func TestCVE_2026_33505_SignedParameters(t *testing.T) {
	w := open(t, auth.Config{})
	token := w.signIn(ada)
	for _, evil := range []string{"' OR 1=1--", "{\"$gt\":\"\"}", "*", "x\x00y", "..%2f..%2fusers"} {
		for _, path := range []string{"/auth/sessions/", "/auth/api-keys/", "/auth/webauthn/credentials/", "/auth/oauth2/links/"} {
			a := w.do(http.MethodDelete, path+escape(evil), "", key(token))
			if a.status < 400 || a.status >= 500 {
				t.Errorf("%s%q answers %d %s", path, evil, a.status, a.body)
			}
		}
		w.get("/auth/sessions?page_token="+escape(evil)+"&sort="+escape(evil), key(token)).want(http.StatusOK, "")
	}
	if !w.live(token) {
		t.Error("the session ended")
	}
}

// TestPgwatch_5_3_FixedKey: no key comes with the library: two services that made their own refuse each other's tokens.
func TestPgwatch_5_3_FixedKey(t *testing.T) {
	if _, err := auth.New(auth.Config{Issuer: issuer, Secret: auth.NewSecret(), Email: authtest.NewInbox()}); err == nil {
		t.Error("missing keys are accepted")
	}
	one := open(t, auth.Config{})
	other := open(t, auth.Config{Secret: one.Config.Secret, Keys: newKeys(t)})
	other.get("/app", key(one.signIn(ada))).want(http.StatusUnauthorized, "invalid_token")
}

// TestCVE_2026_41248_Middleware: no header and no spelling of a path goes around the guard.
func TestCVE_2026_41248_Middleware(t *testing.T) {
	w := open(t, auth.Config{})
	for _, o := range []option{
		with("X-Middleware-Subrequest", "middleware:middleware:middleware:middleware:middleware"), with("X-Clerk-Auth-Status", "signed-in"),
		with("X-Original-Url", "/public"), with("X-Rewrite-Url", "/public"), with("X-Forwarded-User", "ada"), with("X-User-Id", "ada"),
		with("X-Http-Method-Override", "OPTIONS"),
	} {
		w.get("/app", o).want(http.StatusUnauthorized, "authentication_required")
	}
	for _, path := range []string{"/app?x", "/%61pp"} {
		w.get(path).want(http.StatusUnauthorized, "authentication_required")
	}
	for _, path := range []string{"//app", "/./app", "/x/../app", "/app/", "/APP"} {
		if a := w.get(path); a.status == http.StatusOK {
			t.Errorf("%s answers %d %s", path, a.status, a.body)
		}
	}
}

// TestCVE_2026_84923_OtherPath: who owes the second factor gets past it by no route there is.
func TestCVE_2026_84923_OtherPath(t *testing.T) {
	w := open(t, auth.Config{M2M: true})
	w.enrol(ada)
	token := w.signIn(ada)
	for _, rt := range w.Routes() {
		path := strings.NewReplacer("{id}", "x", "{provider}", "demo").Replace(rt.Path)
		for _, query := range []string{"", "?otp=skip", "?step=done&2fa=true"} {
			a := w.do(rt.Method, path+query, "{}", key(token), with("X-2fa", "true"), with("Cookie", "2fa=true"))
			if a.text("token_type") == "user" || a.status < 300 && rt.Demand != "Public" && rt.Demand != "PreAuth" && rt.Demand != "Enrol" && rt.Demand != "Genuine" {
				t.Errorf("%s %s answers %d %s", rt.Method, path, a.status, a.body)
			}
		}
		if w.live(token) {
			t.Fatalf("after %s the token is a user's", rt.Path)
		}
		token = w.signIn(ada) // logout is among the routes
	}
}

// costs is how many bytes a request takes from memory. It is the least of some: others of the process allocate too.
func costs(w *world, o option) uint64 {
	least := uint64(math.MaxUint64)
	for range 20 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		w.get("/app", o)
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// hugeHeaders sends tokens of which careless readers keep something for each of their parts, and demands that one takes no more memory
// than a small one.
func hugeHeaders(t *testing.T, tokens ...string) {
	t.Helper()
	const slack = 1024
	w := open(t, auth.Config{})
	bearer := func(token string) option { return with("Authorization", "Bearer "+token) }
	for name, in := range map[string]func(token string) option{"X-API-Key": key, "Authorization": bearer} {
		small := costs(w, in("a.b"))
		for _, token := range tokens {
			w.get("/app", in(token)).want(http.StatusUnauthorized, "invalid_token")
			if n := costs(w, in(token)); n > small+slack {
				t.Errorf("%s: a token of %d bytes takes %d bytes of memory, a small one %d", name, len(token), n, small)
			}
		}
	}
}

// TestCVE_2025_30204_ManyDots: the third dot ends the reading of a token, and no memory is taken for any.
func TestCVE_2025_30204_ManyDots(t *testing.T) {
	dots := strings.Repeat(".", 8000)
	hugeHeaders(t, dots, "a.b"+dots+"c", strings.Repeat("a.", 4000))
}

// TestGHSA_mh63_6h87_95cp_LongHeader: a token of a megabyte is refused by its length, before anything of it is copied.
func TestGHSA_mh63_6h87_95cp_LongHeader(t *testing.T) {
	long := strings.Repeat("A", 1<<20)
	hugeHeaders(t, long+".b.c", "a."+long+".c", "a.b."+long, strings.Repeat(".", 1<<20))
}

package regress

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/store/memstore"
)

// issued is one of everything that the library gives away, each fresh, and what else its place needs.
type issued struct {
	w                      *world
	things                 map[string]string
	signIn, change, evesAt string
	preAuth                string
	browser                *browser
	apiCode, authorize     string
}

func issueAll(t *testing.T) *issued {
	t.Helper()
	w := social(t, nil)
	_, app := w.enrol(ada)
	i := &issued{w: w, things: map[string]string{}, browser: w.browser()}
	i.evesAt = w.signIn(eve)
	i.preAuth = w.signIn(ada)
	i.things["pre_auth token"] = i.preAuth
	i.things["app code"], i.things["recovery code"] = w.now(app, 0), app.codes[0]
	i.things["session token"] = i.evesAt
	i.things["session id"] = w.get("/auth/me", key(i.evesAt)).text("session_id")
	b := w.browser()
	to := b.back(w.idp.Approve(t, b.begin("demo", "?return_to=/x"), authtest.Person{Email: "new@example.com"})).want(http.StatusSeeOther, "")
	u, err := url.Parse(to.header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	i.things["handoff code"] = u.Query().Get("code")
	i.things["link handle"] = w.browser().at("demo", eveThere).want(http.StatusConflict, "link_required").text("link")
	i.authorize = i.browser.begin("demo", "")
	at, err := url.Parse(i.authorize)
	if err != nil {
		t.Fatal(err)
	}
	i.things["state"] = at.Query().Get("state")
	made := w.post("/auth/api-keys", `{"name":"ci"}`, key(i.evesAt)).want(http.StatusCreated, "")
	i.things["API key"], i.apiCode = made.text("api_key"), made.text("api_code")
	var options struct {
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal([]byte(w.post("/auth/webauthn/login/options", "{}").body), &options); err != nil {
		t.Fatal(err)
	}
	i.things["passkey challenge"] = options.Challenge
	w.post("/auth/reauthenticate/options", "{}", key(i.evesAt)).want(http.StatusOK, "")
	i.things["step-up code"] = w.Inbox.Code(t, eve)
	i.change = w.post("/auth/me/identifiers", `{"email":"next@example.com"}`, key(i.evesAt)).want(http.StatusOK, "").text("challenge")
	i.things["change handle"], i.things["change code"] = i.change, w.Inbox.Code(t, "next@example.com")
	i.signIn, i.things["sign-in code"] = w.code(eve)
	i.things["sign-in handle"] = i.signIn
	return i
}

// places are where a thing is taken, and the things that belong there.
var places = map[string]struct {
	home []string
	put  func(i *issued, v string) answer
}{
	"sign-in":        {[]string{"sign-in code"}, func(i *issued, v string) answer { return i.w.verify(eve, i.signIn, v) }},
	"sign-in handle": {[]string{"sign-in handle"}, func(i *issued, v string) answer { return i.w.verify(eve, v, i.things["sign-in code"]) }},
	"step-up":        {[]string{"step-up code"}, func(i *issued, v string) answer { return i.w.present("/auth/reauthenticate", i.evesAt, v) }},
	"change": {[]string{"change code"}, func(i *issued, v string) answer {
		return i.w.post("/auth/me/identifiers/verify", fmt.Sprintf(`{"code":%q,"challenge":%q}`, v, i.change), key(i.evesAt))
	}},
	"change handle": {[]string{"change handle"}, func(i *issued, v string) answer {
		return i.w.post("/auth/me/identifiers/verify", fmt.Sprintf(`{"code":%q,"challenge":%q}`, i.things["change code"], v), key(i.evesAt))
	}},
	"second factor": {[]string{"app code", "recovery code"}, func(i *issued, v string) answer { return i.w.present("/auth/2fa/verify", i.preAuth, v) }},
	"handoff": {[]string{"handoff code"}, func(i *issued, v string) answer {
		return i.w.post("/auth/oauth2/handoff", fmt.Sprintf(`{"code":%q}`, v))
	}},
	"link": {[]string{"link handle"}, func(i *issued, v string) answer {
		return i.w.post("/auth/oauth2/link/confirm", fmt.Sprintf(`{"link":%q}`, v), key(i.evesAt))
	}},
	"callback": {[]string{"state"}, func(i *issued, v string) answer {
		to := i.w.idp.Approve(i.w.t, i.authorize, authtest.Person{Email: "third@example.com"})
		q := to.Query()
		q.Set("state", v)
		to.RawQuery = q.Encode()
		return i.browser.back(to)
	}},
	"credential": {[]string{"session token"}, func(i *issued, v string) answer { return i.w.get("/app", key(v)) }},
	"refresh":    {[]string{"session token"}, func(i *issued, v string) answer { return i.w.post("/auth/refresh", "", key(v)) }},
	"API key": {[]string{"API key"}, func(i *issued, v string) answer {
		return i.w.post("/auth/api-key", fmt.Sprintf(`{"api_code":%q,"api_key":%q}`, i.apiCode, v))
	}},
}

// guessed are places where guesses are counted, so that each thing needs a place of its own.
var guessed = []string{"sign-in", "step-up", "change", "second factor"}

// TestCVE_2026_110862_PurposeMatrix puts one of everything into every place that takes something: it is good at home alone.
func TestCVE_2026_110862_PurposeMatrix(t *testing.T) {
	for place, p := range places {
		i := issueAll(t)
		for _, thing := range slices.Sorted(maps.Keys(i.things)) {
			if i.things[thing] == "" {
				t.Fatalf("there is no %s", thing)
			}
			home := slices.Contains(p.home, thing)
			if home || slices.Contains(guessed, place) {
				i = issueAll(t)
			}
			a := p.put(i, i.things[thing])
			switch {
			case home && a.status >= 400:
				t.Errorf("%s at home in %s: %d %s", thing, place, a.status, a.body)
			case !home && a.status < 400:
				t.Errorf("%s is good in %s: %d %s", thing, place, a.status, a.body)
			}
			if home {
				i = issueAll(t)
			}
		}
	}
}

// TestCVE_2026_110864_OneKeyForEachPurpose moves what is sealed for one purpose to where another looks: it does not open.
func TestCVE_2026_110864_OneKeyForEachPurpose(t *testing.T) {
	w := social(t, nil)
	w.Faults.Forget()
	w.browser().begin("demo", "")
	handle := handleOf(43)
	sum := sha256.Sum256([]byte(handle))
	moved := 0
	for _, c := range w.Faults.Calls() {
		if before, _, ok := strings.Cut(c.Key, "flow:"); c.Verb == "kv.Set" && ok {
			sealed, err := w.Config.Store.KV().Get(t.Context(), c.Key)
			if err != nil {
				t.Fatal(err)
			}
			for _, kind := range []string{"handoff:", "link:"} {
				to := before + kind + base64.RawURLEncoding.EncodeToString(sum[:])
				if err := w.Config.Store.KV().Set(t.Context(), to, sealed, 1e12); err != nil {
					t.Fatal(err)
				}
				moved++
			}
		}
	}
	if moved != 2 {
		t.Fatalf("%d records were moved", moved)
	}
	if a := w.post("/auth/oauth2/handoff", `{"code":"`+handle+`"}`); a.status < 400 {
		t.Errorf("a flow is a handoff: %d %s", a.status, a.body)
	}
	b := w.browser()
	b.token = w.signIn(eve)
	if a := b.confirm(handle); a.status < 400 {
		t.Errorf("a flow is a link: %d %s", a.status, a.body)
	}
}

// TestCVE_2026_121802_SignsNothingOfTheCaller: the state is the server's own, whatever the caller brings.
func TestCVE_2026_121802_SignsNothingOfTheCaller(t *testing.T) {
	w := social(t, nil)
	b := w.browser()
	at, err := url.Parse(b.begin("demo", "?state="+handleOf(43)+"&nonce=chosen&code_challenge=chosen"))
	if err != nil || strings.Contains(at.RawQuery, handleOf(43)) || strings.Contains(at.RawQuery, "chosen") {
		t.Errorf("sent to %s, %v", at, err)
	}
	to := w.idp.Approve(t, at.String(), adaThere)
	q := to.Query()
	q.Set("state", handleOf(43))
	to.RawQuery = q.Encode()
	b.back(to).want(http.StatusBadRequest, "invalid_state")
	w.nobody()
}

// TestBetterAuth_1_7_16_ChangeOfAnotherAccount: who confirms a change is who asked for it, and what changes is what was asked for.
func TestBetterAuth_1_7_16_ChangeOfAnotherAccount(t *testing.T) {
	w := open(t, auth.Config{})
	mine, hers := w.signIn(eve), w.signIn(ada)
	handle := w.post("/auth/me/identifiers", `{"email":"new@example.com"}`, key(mine)).want(http.StatusOK, "").text("challenge")
	body := fmt.Sprintf(`{"code":%q,"challenge":%q,"email":"other@example.com"}`, w.Inbox.Code(t, "new@example.com"), handle)
	w.post("/auth/me/identifiers/verify", body, key(hers)).want(http.StatusUnauthorized, "invalid_code")
	if a := w.post("/auth/me/identifiers/verify", body, key(mine)); a.status == http.StatusNoContent && w.holds("other@example.com") {
		t.Error("the address of the confirmation counted")
	}
	if !w.holds(ada) {
		t.Error("another account changed")
	}
}

// TestBetterAuth_1_7_16_ProfileOfAnother: a profile about another subject than the ID token's is not read.
func TestBetterAuth_1_7_16_ProfileOfAnother(t *testing.T) {
	w := social(t, nil)
	w.idp.Play(authtest.Trick{
		Claims:   func(c map[string]any) { delete(c, "email") },
		UserInfo: func(c map[string]any) { c["sub"], c["email"] = "ada", ada },
	})
	w.browser().at("demo", eveThere).want(http.StatusUnauthorized, "provider_refused")
	w.nobody()
}

// TestCVE_2026_82469_RefreshByOtherMethods: a token is swapped by POST and by nothing else.
func TestCVE_2026_82469_RefreshByOtherMethods(t *testing.T) {
	w := open(t, auth.Config{})
	token := w.signIn(ada)
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post"} {
		for _, credential := range []option{key(token), with("Authorization", "Bearer "+token), with("Cookie", "token="+token)} {
			w.do(method, "/auth/refresh", "", credential).refused()
		}
	}
	if n := w.Faults.Count("sessions.Rotate"); n != 0 || !w.live(token) {
		t.Errorf("the token was swapped %d times", n)
	}
}

// TestSupabase_cf74a14f_CodesDieWithTheAddress: a code that is under way to an address dies when the account leaves the address.
func TestSupabase_cf74a14f_CodesDieWithTheAddress(t *testing.T) {
	shared(t, auth.Config{}, func(t *testing.T, w *world) {
		token := w.signIn(ada)
		handle, code := w.code(ada)
		_, newest := w.code(ada)
		change := w.post("/auth/me/identifiers", `{"email":"new@example.com"}`, key(token)).want(http.StatusOK, "").text("challenge")
		body := fmt.Sprintf(`{"code":%q,"challenge":%q}`, w.Inbox.Code(t, "new@example.com"), change)
		w.post("/auth/me/identifiers/verify", body, key(token)).want(http.StatusNoContent, "")
		w.verify(ada, handle, code).want(http.StatusUnauthorized, "invalid_code")
		w.verify(ada, "", newest).want(http.StatusUnauthorized, "invalid_code")
	})
}

// TestGoPkgz_281_OneCompletion: the token that one completion was made with makes no other.
func TestGoPkgz_281_OneCompletion(t *testing.T) {
	shared(t, auth.Config{}, func(_ *testing.T, w *world) {
		_, app := w.enrol(ada)
		preAuth := w.signIn(ada)
		w.present("/auth/2fa/verify", preAuth, w.now(app, 0)).want(http.StatusOK, "")
		w.Clock.Advance(step)
		w.present("/auth/2fa/verify", preAuth, w.now(app, 0)).refused()
		w.present("/auth/2fa/verify", preAuth, app.codes[0]).refused()
	})
}

// TestGoPkgz_69ae5cd8_TypedNil: a store that is a nil pointer in an interface is refused, and no protection is off without a word.
func TestGoPkgz_69ae5cd8_TypedNil(t *testing.T) {
	var none *memstore.Store
	for name, change := range map[string]func(c *auth.Config){
		"Store": func(c *auth.Config) { c.Store = none },
		"Audit": func(c *auth.Config) { c.Audit = (*authtest.Events)(nil) },
		"Email": func(c *auth.Config) { c.Email = (*authtest.Inbox)(nil) },
	} {
		c := auth.Config{Issuer: issuer, Keys: authtest.Keys(), Secret: auth.NewSecret(), Email: authtest.NewInbox()}
		change(&c)
		if _, err := auth.New(c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCVE_2026_73431_LinkReused: what signs in once signs in no second time.
func TestCVE_2026_73431_LinkReused(t *testing.T) {
	w := social(t, nil)
	b := w.browser()
	to := b.back(w.idp.Approve(t, b.begin("demo", "?return_to=/x"), adaThere)).want(http.StatusSeeOther, "").header.Get("Location")
	body := `{"code":"` + strings.TrimPrefix(to, "/x?code=") + `"}`
	w.post("/auth/oauth2/handoff", body).want(http.StatusOK, "")
	w.post("/auth/oauth2/handoff", body).want(http.StatusUnauthorized, "invalid_code")
	handle, code := w.code(eve)
	w.verify(eve, handle, code).want(http.StatusOK, "")
	w.verify(eve, handle, code).want(http.StatusUnauthorized, "invalid_code")
}

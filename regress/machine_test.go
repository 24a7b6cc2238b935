package regress

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/user"
)

// machine is an API key as its owner got it.
type machine struct{ id, code, key string }

func (w *world) machine(token, extra string) machine {
	w.t.Helper()
	a := w.post("/auth/api-keys", `{"name":"ci"`+extra+`}`, key(token)).want(http.StatusCreated, "")
	return machine{a.text("id"), a.text("api_code"), a.text("api_key")}
}

func (w *world) swap(m machine) answer {
	w.t.Helper()
	return w.post("/auth/api-key", fmt.Sprintf(`{"api_code":%q,"api_key":%q}`, m.code, m.key))
}

// TestCVE_2025_61928_KeyForSomebodyElse: a key is its maker's, whatever the request says, and a stranger makes none.
func TestCVE_2025_61928_KeyForSomebodyElse(t *testing.T) {
	w := open(t, auth.Config{})
	victim := w.account(ada)
	body := fmt.Sprintf(`{"name":"x","user_id":%q,"userId":%q,"owner_id":%q,"owner":%q}`, victim, victim, victim, victim)
	w.post("/auth/api-keys", body).want(http.StatusUnauthorized, "authentication_required")
	a := w.post("/auth/api-keys", body, key(w.signIn(eve)))
	if a.status == http.StatusCreated {
		service := w.swap(machine{a.text("id"), a.text("api_code"), a.text("api_key")}).want(http.StatusOK, "").text("token")
		if who := w.get("/app", key(service)).body; who == victim {
			t.Error("the key is the victim's")
		}
	}
	if keys := w.list("/auth/api-keys", "api_keys", "id", w.signIn(ada)); len(keys) != 0 {
		t.Errorf("the victim has the keys %v", keys)
	}
}

// TestBetterAuth_9974_StaleOverwrite: a change that read a key before it was switched off does not switch it on again.
func TestBetterAuth_9974_StaleOverwrite(t *testing.T) {
	shared(t, auth.Config{}, func(t *testing.T, w *world) {
		token := w.signIn(ada)
		m := w.machine(token, "")
		off := false
		remove := w.Faults.Inject(authtest.Fault{On: "apikeys", Do: authtest.Pause, Before: func() {
			if !off && w.Faults.Count("apikeys.Update")+w.Faults.Count("apikeys.Swap")+w.Faults.Count("apikeys.Replace") > 0 {
				off = true
				if err := w.APIKeys().Disable(t.Context(), w.account(ada), m.id); err != nil {
					t.Error(err)
				}
			}
		}})
		w.Faults.Forget()
		a := w.post("/auth/api-keys/"+m.id+"/rotate", `{"overlap_seconds":3600}`, key(token))
		remove()
		if !off {
			t.Fatalf("no change was overtaken: %v", w.Faults.Calls())
		}
		w.swap(m).want(http.StatusUnauthorized, "invalid_api_key")
		if a.status == http.StatusOK {
			w.swap(machine{m.id, m.code, a.text("api_key")}).want(http.StatusUnauthorized, "invalid_api_key")
		}
	})
}

// scopes are what a machine's token says it may.
func (w *world) scopes(m machine) string {
	w.t.Helper()
	extra, _ := claimsOf(w.t, w.swap(m).want(http.StatusOK, "").text("token"))["extra"].(map[string]any)
	return fmt.Sprint(extra["scopes"])
}

// TestCVE_2026_62231_ScopesEnforced: the scopes of a key are those of its token, and a boundary it was not given is closed.
func TestCVE_2026_62231_ScopesEnforced(t *testing.T) {
	w := open(t, auth.Config{})
	m := w.machine(w.signIn(ada), `,"scopes":["reports:read"]`)
	if got := w.scopes(m); !strings.Contains(got, "reports:read") || strings.Contains(got, "write") {
		t.Errorf("the scopes are %s", got)
	}
	claims := claimsOf(t, w.swap(m).text("token"))
	if claims["scope"] != nil && claims["scope"] != "" {
		t.Errorf("the boundary is %v", claims["scope"])
	}
}

// TestCVE_2026_72826_EmptyScopes: no scopes are none, however they are written.
func TestCVE_2026_72826_EmptyScopes(t *testing.T) {
	w := open(t, auth.Config{})
	w.Put(user.User{Email: ada, Scope: "system"})
	token := w.signIn(ada)
	for _, extra := range []string{`,"scopes":[]`, `,"scopes":null`, ``} {
		a := w.post("/auth/api-keys", `{"name":"ci"`+extra+`}`, key(token))
		if a.status == http.StatusBadRequest {
			continue
		}
		claims := claimsOf(t, w.swap(machine{a.text("id"), a.text("api_code"), a.text("api_key")}).want(http.StatusOK, "").text("token"))
		if more, _ := claims["extra"].(map[string]any); claims["scope"] != nil && claims["scope"] != "" || fmt.Sprint(more["scopes"]) != "[]" && more["scopes"] != nil {
			t.Errorf("%q: %v %v", extra, claims["scope"], more)
		}
	}
}

// TestCVE_2026_72833_ChildOfItsParent: a key makes no key, and nothing that its owner could make.
func TestCVE_2026_72833_ChildOfItsParent(t *testing.T) {
	w := open(t, auth.Config{})
	service := w.swap(w.machine(w.signIn(ada), `,"scopes":["reports:read"]`)).want(http.StatusOK, "").text("token")
	for path, body := range map[string]string{
		"/auth/api-keys": `{"name":"child","scopes":["reports:write"]}`, "/auth/2fa/setup": "", "/auth/webauthn/register/options": "",
		"/auth/me/identifiers": `{"email":"new@example.com"}`, "/auth/refresh": "",
	} {
		w.post(path, body, key(service)).want(http.StatusForbidden, "wrong_token_type")
	}
}

// TestCVE_2026_80203_RightsOfTheOwner: that its owner may everything is not in the token of a key.
func TestCVE_2026_80203_RightsOfTheOwner(t *testing.T) {
	w := open(t, auth.Config{})
	w.Put(user.User{Email: ada, Scope: "system"})
	claims := claimsOf(t, w.swap(w.machine(w.signIn(ada), `,"scopes":["reports:read"]`)).want(http.StatusOK, "").text("token"))
	if claims["scope"] == "system" || claims["token_type"] != "service" {
		t.Errorf("the token says %v", claims)
	}
}

// TestCVE_2026_123800_OtherNamespace: a key of one set of people is none in another, and changes nothing there.
func TestCVE_2026_123800_OtherNamespace(t *testing.T) {
	w := open(t, auth.Config{})
	other := w.namespace("other")
	m := w.machine(w.signIn(ada), "")
	other.swap(m).want(http.StatusUnauthorized, "invalid_api_key")
	other.do(http.MethodDelete, "/auth/api-keys/"+m.id, "", key(other.signIn(ada))).want(http.StatusNotFound, "not_found")
	w.swap(m).want(http.StatusOK, "")
}

// TestCVE_2026_23996_EqualWork: a key that is unknown costs the calls that a known one with a wrong secret costs.
func TestCVE_2026_23996_EqualWork(t *testing.T) {
	w := open(t, auth.Config{})
	token := w.signIn(ada)
	m, other := w.machine(token, ""), w.machine(token, "")
	cost := func(m machine) string {
		w.Faults.Forget()
		w.swap(m).want(http.StatusUnauthorized, "invalid_api_key")
		return w.verbs()
	}
	unknown := cost(machine{"", "ac_aaaaaaaaaaaaaaaa", m.key})
	if known := cost(machine{"", m.code, other.key}); known != unknown {
		t.Errorf("a known key costs %s, an unknown one %s", known, unknown)
	}
}

// TestCVE_2026_41427_OwnershipOfKeys: nobody sees, rotates or removes another's key.
func TestCVE_2026_41427_OwnershipOfKeys(t *testing.T) {
	w := open(t, auth.Config{})
	m, mine := w.machine(w.signIn(ada), ""), w.signIn(eve)
	w.do(http.MethodDelete, "/auth/api-keys/"+m.id, "", key(mine)).want(http.StatusNotFound, "not_found")
	w.post("/auth/api-keys/"+m.id+"/rotate", `{"overlap_seconds":0}`, key(mine)).want(http.StatusNotFound, "not_found")
	if keys := w.list("/auth/api-keys", "api_keys", "id", mine); len(keys) != 0 {
		t.Errorf("eve sees %v", keys)
	}
	w.swap(m).want(http.StatusOK, "")
}

// TestGHSA_fmh4_wcc4_5jm3_OwnershipOfTheRest: nobody changes another's passkey, link or session, or takes up another's handle.
func TestGHSA_fmh4_wcc4_5jm3_OwnershipOfTheRest(t *testing.T) {
	w := social(t, nil)
	hers, mine := w.browser(), w.signIn(eve)
	hers.token = w.signIn(ada)
	w.passkey(hers.token, &authtest.Authenticator{})
	hers.confirm(hers.back(w.idp.Approve(t, hers.link(), adaThere)).want(http.StatusOK, "").text("link")).want(http.StatusNoContent, "")
	pending := hers.back(w.idp.Approve(t, hers.link(), authtest.Person{Subject: "ada2", Email: ada})).want(http.StatusOK, "").text("link")
	passkey := w.passkeyIDs(hers.token)[0]
	w.do(http.MethodDelete, "/auth/webauthn/credentials/"+passkey, "", key(mine)).refused()
	w.do(http.MethodPatch, "/auth/webauthn/credentials/"+passkey, `{"name":"mine"}`, key(mine)).want(http.StatusNotFound, "not_found")
	link := w.list("/auth/oauth2/links", "links", "id", hers.token)[0]
	w.do(http.MethodDelete, "/auth/oauth2/links/"+link, "", key(mine)).want(http.StatusNotFound, "not_found")
	w.post("/auth/oauth2/link/confirm", `{"link":"`+pending+`"}`, key(mine)).want(http.StatusBadRequest, "invalid_state")
	if len(w.passkeyIDs(hers.token)) != 1 || w.links(w.account(ada)) != 1 || w.links(w.account(eve)) != 0 {
		t.Error("something changed")
	}
}

// TestKratos_be5e98716_PrivilegedChange: an address changes only for who proved a factor just now, with the second one where there is one.
func TestKratos_be5e98716_PrivilegedChange(t *testing.T) {
	w := open(t, auth.Config{})
	_, app := w.enrol(ada)
	w.post("/auth/me/identifiers", `{"email":"new@example.com"}`, key(w.signIn(ada))).want(http.StatusForbidden, "second_factor_required")
	token := w.twice(ada, app)
	w.Clock.Advance(10 * time.Minute)
	w.post("/auth/me/identifiers", `{"email":"new@example.com"}`, key(token)).want(http.StatusForbidden, "reauthentication_required")
}

// masked is an answer without what is random in it.
func (a answer) masked() string {
	for _, name := range []string{"request_id", "challenge"} {
		if v := a.text(name); v != "" {
			a.body = strings.ReplaceAll(a.body, v, "*")
		}
	}
	return fmt.Sprint(a.status, a.body)
}

// TestSupabase_2702_Recover: asking for a code says the same for an account and for none.
func TestSupabase_2702_Recover(t *testing.T) {
	w := open(t, auth.Config{})
	w.account(ada)
	known := w.post("/auth/login/email", `{"email":"ada@example.com"}`)
	unknown := w.post("/auth/login/email", `{"email":"nobody@example.com"}`)
	if known.masked() != unknown.masked() || len(known.header) != len(unknown.header) {
		t.Errorf("known %d %s, unknown %d %s", known.status, known.body, unknown.status, unknown.body)
	}
	if a, b := w.verify(ada, "", "000000"), w.verify("nobody@example.com", "", "000000"); a.masked() != b.masked() {
		t.Errorf("known %s, unknown %s", a.body, b.body)
	}
}

// verbs are the calls to the back end since they were forgotten, not in their order, since some are made at once.
func (w *world) verbs() string {
	var verbs []string
	for _, c := range w.Faults.Calls() {
		verbs = append(verbs, c.Verb)
	}
	slices.Sort(verbs)
	return strings.Join(verbs, " ")
}

// TestAllauth_65_3_0_EqualWork: asking for a code, and guessing one, costs the same calls for an account and for none.
func TestAllauth_65_3_0_EqualWork(t *testing.T) {
	shared(t, auth.Config{}, func(t *testing.T, w *world) {
		w.account(ada)
		for _, ask := range []func(email string) answer{
			func(email string) answer { return w.post("/auth/login/email", fmt.Sprintf(`{"email":%q}`, email)) },
			func(email string) answer { return w.verify(email, "", "000000") },
		} {
			var cost []string
			for _, email := range []string{ada, "nobody@example.com"} {
				w.Faults.Forget()
				ask(email)
				cost = append(cost, w.verbs())
			}
			if cost[0] != cost[1] {
				t.Errorf("an account costs %s, none %s", cost[0], cost[1])
			}
		}
	})
}

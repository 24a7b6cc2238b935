package regress

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/oauth"
	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/user"
)

const (
	tenant = "11111111-2222-3333-4444-555555555555"
	object = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
)

// entra makes a service that signs in at a double of Entra, whose tokens say this.
func entra(t *testing.T, claims map[string]any) (*world, answer) {
	t.Helper()
	idp := authtest.StartProvider(t, callback("microsoft"))
	idp.Aliases = []string{"/common/v2.0"}
	idp.Play(authtest.Trick{
		Claims: func(c map[string]any) {
			delete(c, "email_verified")
			c["iss"], c["tid"], c["oid"], c["ver"] = idp.Issuer+"/"+tenant+"/v2.0", tenant, object, "2.0"
			for name, v := range claims {
				c[name] = v
			}
		},
		Metadata: func(m map[string]any) {
			m["issuer"] = idp.Issuer + "/{tenantid}/v2.0"
			delete(m, "authorization_response_iss_parameter_supported")
			delete(m, "userinfo_endpoint")
		},
		Answer: func(q url.Values) { q.Del("iss") },
	})
	w := open(t, auth.Config{SignUp: true, OAuth: auth.OAuth{InsecureLoopback: true, Providers: map[string]oauth.ProviderConfig{
		"microsoft": {ClientID: idp.ClientID, ClientSecret: oauth.ClientSecret(idp.ClientSecret), Issuer: idp.Issuer},
	}}})
	w.idp = idp
	w.Put(user.User{ID: "victim", Email: ada})
	return w, w.browser().at("microsoft", eveThere)
}

// TestNOAuth_EntraEmail: what a tenant writes into the email of its users is nobody's address, and takes over no account.
func TestNOAuth_EntraEmail(t *testing.T) {
	w, a := entra(t, map[string]any{"email": ada, "preferred_username": ada, "upn": ada, "email_verified": true})
	a.refused()
	_, vouched := entra(t, map[string]any{"email": ada, "xms_edov": true})
	vouched.want(http.StatusConflict, "link_required")
	if w.links("victim") != 0 {
		t.Error("it was linked")
	}
}

// TestCVE_2026_31813_IssuerOfTheAttacker: a token of another issuer, or of another tenant than it says, signs nobody in.
func TestCVE_2026_31813_IssuerOfTheAttacker(t *testing.T) {
	for _, claims := range []map[string]any{
		{"iss": "https://evil.example/" + tenant + "/v2.0", "xms_edov": true},
		{"tid": "99999999-2222-3333-4444-555555555555", "xms_edov": true},
	} {
		w, a := entra(t, claims)
		a.want(http.StatusUnauthorized, "provider_refused")
		w.nobody()
	}
	w := social(t, nil)
	w.claims(map[string]any{"iss": "https://appleid.apple.com"})
	w.browser().at("demo", adaThere).want(http.StatusUnauthorized, "provider_refused")
}

// TestCVE_2026_53516_UnprovenAddress: an address that was typed and never proven is on no account, so that nobody waits in it.
func TestCVE_2026_53516_UnprovenAddress(t *testing.T) {
	w := social(t, nil)
	w.code(ada) // the attacker signs up with the victim's address, and never has the code
	if w.holds(ada) {
		t.Fatal("the account exists before the address is proven")
	}
	w.browser().at("demo", adaThere).want(http.StatusOK, "")
	if n := len(w.Events.Named("user.created")); n != 1 {
		t.Errorf("%d accounts were made", n)
	}
}

// TestGHSA_g38m_r43w_p2q7_PreHijack: an attacker's own account takes the victim's address on, without proof: the victim's later sign-in
// is another account.
func TestGHSA_g38m_r43w_p2q7_PreHijack(t *testing.T) {
	w := social(t, nil)
	mine := w.signIn(eve)
	w.post("/auth/me/identifiers", `{"email":"ada@example.com"}`, key(mine)).want(http.StatusOK, "")
	hers := w.browser().at("demo", adaThere).want(http.StatusOK, "").text("token")
	if w.get("/app", key(hers)).body == w.account(eve) {
		t.Error("the victim is in the attacker's account")
	}
}

// TestBetterAuth_10239_WhatWasThereBefore: an identity that an attacker put on an account goes no further when the owner proves the
// address: nothing was put there.
func TestBetterAuth_10239_WhatWasThereBefore(t *testing.T) {
	w := social(t, nil)
	w.browser().at("demo", authtest.Person{Subject: "eve", Email: ada, Unverified: true}).want(http.StatusUnauthorized, "provider_refused")
	hers := w.signIn(ada)
	id := w.get("/app", key(hers)).body
	if w.links(id) != 0 {
		t.Error("the attacker's identity is on the account")
	}
	w.browser().at("demo", authtest.Person{Subject: "eve", Email: ada}).want(http.StatusConflict, "link_required")
}

// takeover signs the attacker in at a provider that says the victim's address, in some way, and demands that nothing comes of it.
func takeover(t *testing.T, claims map[string]any) {
	t.Helper()
	w := social(t, nil)
	victim := w.account(ada)
	w.claims(claims)
	w.browser().at("demo", eveThere).refused()
	w.nobody()
	if w.links(victim) != 0 {
		t.Error("it was linked")
	}
}

// TestCVE_2024_38351_ExistingAccount: an address that the provider does not vouch for finds no account.
func TestCVE_2024_38351_ExistingAccount(t *testing.T) {
	takeover(t, map[string]any{"email": ada, "email_verified": false})
}

// TestCVE_2026_44166_AddressOfTheClient: an address that the client brings along is not read.
func TestCVE_2026_44166_AddressOfTheClient(t *testing.T) {
	w := social(t, nil)
	b := w.browser()
	to := w.idp.Approve(t, b.begin("demo", "?return_to=/x&email=ada@example.com&createData[email]=ada@example.com"), eveThere)
	q := to.Query()
	q.Set("email", ada)
	to.RawQuery = q.Encode()
	in, err := url.Parse(b.back(to).want(http.StatusSeeOther, "").header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	w.post("/auth/oauth2/handoff", fmt.Sprintf(`{"code":%q,"email":"ada@example.com","createData":{"email":"ada@example.com"}}`, in.Query().Get("code")))
	if w.holds(ada) {
		t.Error("the account has the client's address")
	}
}

// TestCVE_2026_9092_NoFieldForIt: a provider that says nothing of verification vouches for nothing.
func TestCVE_2026_9092_NoFieldForIt(t *testing.T) {
	takeover(t, map[string]any{"email": ada, "email_verified": nil})
}

// TestCVE_2026_41574_SaysVerified: what is not the boolean true is not true.
func TestCVE_2026_41574_SaysVerified(t *testing.T) {
	for _, v := range []any{"true", 1, []any{true}, map[string]any{"verified": true}, "yes"} {
		takeover(t, map[string]any{"email": ada, "email_verified": v})
	}
}

// TestCVE_2026_33175_NewAccount: an address without a word of verification makes no account either.
func TestCVE_2026_33175_NewAccount(t *testing.T) {
	w := social(t, nil)
	w.claims(map[string]any{"email_verified": nil})
	w.browser().at("demo", adaThere).want(http.StatusUnauthorized, "provider_refused")
	if w.holds(ada) {
		t.Error("an account was made")
	}
}

// TestAllauth_64_2_1_OtherProvider: a second provider that says the same verified address is asked for the owner's consent.
func TestAllauth_64_2_1_OtherProvider(t *testing.T) {
	w := social(t, nil)
	w.browser().at("demo", adaThere).want(http.StatusOK, "")
	w.Events.Take()
	w.browser().at("other", authtest.Person{Subject: "eve", Email: ada}).want(http.StatusConflict, "link_required")
	w.nobody()
}

// TestCVE_2026_42560_OneSubjectForAll: a subject that is empty, and so everybody's, is an error.
func TestCVE_2026_42560_OneSubjectForAll(t *testing.T) {
	w := social(t, nil)
	w.claims(map[string]any{"sub": ""})
	w.browser().at("demo", adaThere).want(http.StatusUnauthorized, "provider_refused")
	w.browser().at("demo", eveThere).want(http.StatusUnauthorized, "provider_refused")
	w.nobody()
}

// TestBetterAuth_9974_EmptySubject: no subject, one of another type, and an id of a client for an address are errors.
func TestBetterAuth_9974_EmptySubject(t *testing.T) {
	for _, claims := range []map[string]any{{"sub": nil}, {"sub": 7}, {"sub": []any{"ada"}}, {"email": "client-id"}} {
		w := social(t, nil)
		w.claims(claims)
		w.browser().at("demo", adaThere).want(http.StatusUnauthorized, "provider_refused")
		w.nobody()
	}
}

// TestCVE_2025_65431_MutableName: whoever takes a name at the provider that somebody else had takes no account with it.
func TestCVE_2025_65431_MutableName(t *testing.T) {
	w := social(t, nil)
	w.claims(map[string]any{"preferred_username": "ada", "name": "Ada"})
	hers := w.browser().at("demo", adaThere).want(http.StatusOK, "").text("token")
	his := w.browser().at("demo", eveThere).want(http.StatusOK, "").text("token")
	if w.get("/app", key(hers)).body == w.get("/app", key(his)).body {
		t.Error("two people are one account")
	}
}

// TestCVE_2026_105207_LinkWithoutAFactor: nobody links an identity without a session that was proven just now.
func TestCVE_2026_105207_LinkWithoutAFactor(t *testing.T) {
	w := social(t, nil)
	b := w.browser()
	b.do(http.MethodPost, "/auth/oauth2/demo/link", `{"user_id":"`+w.account(ada)+`"}`).want(http.StatusUnauthorized, "authentication_required")
	b.token = w.signIn(ada)
	handle := w.browser().at("demo", adaThere).want(http.StatusConflict, "link_required").text("link")
	w.Clock.Advance(10*time.Minute + time.Second)
	b.do(http.MethodPost, "/auth/oauth2/demo/link", "{}").want(http.StatusForbidden, "reauthentication_required")
	w.post("/auth/oauth2/link/confirm", `{"link":"`+handle+`"}`).want(http.StatusUnauthorized, "authentication_required")
	b.confirm(handle).want(http.StatusForbidden, "reauthentication_required")
}

// TestCVE_2026_105209_EnrolSomebodyElse: a factor is enrolled for the caller, whatever the request says.
func TestCVE_2026_105209_EnrolSomebodyElse(t *testing.T) {
	w := open(t, auth.Config{})
	victim, mine := w.account(ada), w.signIn(eve)
	for _, path := range []string{"/auth/2fa/setup", "/auth/webauthn/register/options"} {
		w.post(path+"?user_id="+victim, fmt.Sprintf(`{"user_id":%q,"userId":%q,"sub":%q}`, victim, victim, victim), key(mine), with("X-User-Id", victim))
	}
	if text := w.signIn(ada); !w.live(text) {
		t.Error("the victim owes a factor")
	}
}

// TestCVE_2026_27946_VerifiedByRequest: nobody says of an address that it is verified.
func TestCVE_2026_27946_VerifiedByRequest(t *testing.T) {
	w := open(t, auth.Config{})
	mine := w.signIn(eve)
	w.post("/auth/me/identifiers", `{"email":"boss@example.com","verified":true,"email_verified":true,"isVerified":true}`, key(mine))
	w.do(http.MethodPut, "/auth/me/identifiers", `{"email":"boss@example.com","verified":true}`, key(mine)).refused()
	w.do(http.MethodPatch, "/auth/me", `{"email":"boss@example.com"}`, key(mine)).refused()
	if w.holds("boss@example.com") {
		t.Error("the address is on an account")
	}
}

// TestCVE_2025_46815_IntentReused: the handle of a link that was confirmed links nothing again.
func TestCVE_2025_46815_IntentReused(t *testing.T) {
	w := social(t, nil)
	b := w.browser()
	b.token = w.signIn(ada)
	handle := b.back(w.idp.Approve(t, b.link(), adaThere)).want(http.StatusOK, "").text("link")
	b.confirm(handle).want(http.StatusNoContent, "")
	id := w.list("/auth/oauth2/links", "links", "id", b.token)[0]
	b.do(http.MethodDelete, "/auth/oauth2/links/"+id, "").want(http.StatusNoContent, "")
	b.confirm(handle).want(http.StatusBadRequest, "invalid_state")
	if n := w.links(w.account(ada)); n != 0 {
		t.Errorf("%d links", n)
	}
}

// TestCVE_2026_32132_Expiry: codes, changes, handoffs and links are late at the end of their life, though the store still holds them: its
// clock stands still.
func TestCVE_2026_32132_Expiry(t *testing.T) {
	for name, tt := range map[string]struct {
		life time.Duration
		made func(w *world, b *browser) (use func() answer)
		late string
	}{
		"a code with its handle": {5 * time.Minute, func(w *world, _ *browser) func() answer {
			handle, code := w.code(ada)
			return func() answer { return w.verify(ada, handle, code) }
		}, "invalid_code"},
		"a code alone": {5 * time.Minute, func(w *world, _ *browser) func() answer {
			_, code := w.code(ada)
			return func() answer { return w.verify(ada, "", code) }
		}, "invalid_code"},
		"a change of address": {5 * time.Minute, func(w *world, b *browser) func() answer {
			handle := b.do(http.MethodPost, "/auth/me/identifiers", `{"email":"new@example.com"}`).want(http.StatusOK, "").text("challenge")
			code := w.Inbox.Code(w.t, "new@example.com")
			return func() answer {
				return b.do(http.MethodPost, "/auth/me/identifiers/verify", fmt.Sprintf(`{"code":%q,"challenge":%q}`, code, handle))
			}
		}, "invalid_code"},
		"a handoff": {oauth.HandoffLife, func(w *world, _ *browser) func() answer {
			other := w.browser()
			to := other.back(w.idp.Approve(w.t, other.begin("demo", "?return_to=/x"), eveThere)).want(http.StatusSeeOther, "").header.Get("Location")
			return func() answer { return w.post("/auth/oauth2/handoff", `{"code":"`+to[len("/x?code="):]+`"}`) }
		}, "invalid_code"},
		"a flow": {oauth.FlowLife, func(w *world, _ *browser) func() answer {
			other := w.browser()
			there := other.begin("demo", "")
			return func() answer { return other.back(w.idp.Approve(w.t, there, eveThere)) }
		}, "invalid_state"},
		"a link": {oauth.LinkLife, func(w *world, b *browser) func() answer {
			handle := b.back(w.idp.Approve(w.t, b.link(), adaThere)).want(http.StatusOK, "").text("link")
			return func() answer { return b.confirm(handle) }
		}, "invalid_state"},
	} {
		for when, left := range map[string]time.Duration{"a second before its end": time.Second, "at its end": 0} {
			t.Run(name+" "+when, func(t *testing.T) {
				still := authtest.NewClock(time.Now())
				w := social(t, func(c *auth.Config) { c.Store = memstore.New(&memstore.Options{Now: still.Now}) })
				w.idp.Now = w.Clock.Now
				b := w.browser()
				b.token = w.signIn(ada)
				use := tt.made(w, b)
				w.Clock.Advance(tt.life - left)
				a := use()
				if left > 0 && a.status >= http.StatusBadRequest || left == 0 && (a.status < http.StatusBadRequest || a.text("code") != tt.late) {
					t.Errorf("answers %d %s", a.status, a.body)
				}
			})
		}
	}
}

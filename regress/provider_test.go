package regress

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/oauth"
)

// elsewhere lets an attacker begin a flow, and opens its callback in the browser of a victim that was prepared in some way.
func elsewhere(t *testing.T, prepare func(victim, attacker *browser)) {
	t.Helper()
	w := social(t, nil)
	attacker, victim := w.browser(), w.browser()
	to := w.idp.Approve(t, attacker.begin("demo", ""), eveThere)
	prepare(victim, attacker)
	victim.back(to).want(http.StatusBadRequest, "invalid_state")
	w.nobody()
	if n := w.idp.Hits("token"); n != 0 {
		t.Errorf("%d codes were exchanged", n)
	}
}

// TestCVE_2025_68481_FreshBrowser: the callback of a flow that this browser did not begin.
func TestCVE_2025_68481_FreshBrowser(t *testing.T) {
	elsewhere(t, func(*browser, *browser) {})
}

// TestCVE_2025_14546_OwnFlow: the victim's browser has a flow of its own under way.
func TestCVE_2025_14546_OwnFlow(t *testing.T) {
	elsewhere(t, func(victim, _ *browser) { victim.begin("demo", "") })
}

// TestCVE_2025_68158_CacheAlone: that the server knows the state is not enough: an empty cookie is none.
func TestCVE_2025_68158_CacheAlone(t *testing.T) {
	elsewhere(t, func(victim, attacker *browser) {
		for name := range attacker.cookies {
			victim.cookies[name] = ""
		}
	})
}

// TestCVE_2026_41425_CookieOfAnotherFlow: the cookie of another flow under the name of this one.
func TestCVE_2026_41425_CookieOfAnotherFlow(t *testing.T) {
	elsewhere(t, func(victim, attacker *browser) {
		victim.begin("demo", "")
		for name := range attacker.cookies {
			for _, own := range victim.copy().cookies {
				victim.cookies[name] = own
			}
		}
	})
}

// TestTheauthGo_2_6_SignedIn: a victim who is signed in is no other browser for it.
func TestTheauthGo_2_6_SignedIn(t *testing.T) {
	elsewhere(t, func(victim, _ *browser) { victim.token = handleOf(200) })
}

// TestAllauth_65_16_1_StateAsCookie: a browser that was made to keep the state as a cookie, as an attacker can on a sibling host.
func TestAllauth_65_16_1_StateAsCookie(t *testing.T) {
	elsewhere(t, func(victim, attacker *browser) {
		for name := range attacker.cookies {
			victim.cookies[strings.TrimPrefix(name, "__Host-")] = attacker.cookies[name]
		}
	})
}

// callbackWith opens the callback of one's own flow with its query changed.
func callbackWith(t *testing.T, w *world, change func(to *url.URL, q url.Values)) answer {
	t.Helper()
	b := w.browser()
	to := w.idp.Approve(t, b.begin("demo", ""), adaThere)
	q := to.Query()
	change(to, q)
	to.RawQuery = q.Encode()
	return b.back(to)
}

// TestGHSA_wxw3_q3m9_c3jr_NoState: a callback without state.
func TestGHSA_wxw3_q3m9_c3jr_NoState(t *testing.T) {
	w := social(t, nil)
	callbackWith(t, w, func(_ *url.URL, q url.Values) { q.Del("state") }).want(http.StatusBadRequest, "invalid_state")
	callbackWith(t, w, func(_ *url.URL, q url.Values) { q["state"] = []string{q.Get("state"), q.Get("state")} }).want(http.StatusBadRequest, "invalid_state")
	w.nobody()
}

// TestGHSA_x445_f3h2_j279_OtherProvider: the state of one provider at the callback of another.
func TestGHSA_x445_f3h2_j279_OtherProvider(t *testing.T) {
	w := social(t, nil)
	callbackWith(t, w, func(to *url.URL, _ url.Values) { to.Path = "/auth/oauth2/other/callback" }).want(http.StatusBadRequest, "invalid_state")
	w.nobody()
}

// TestGoth_270_EmptyState: a state that is empty, or that nobody made, matches nothing.
func TestGoth_270_EmptyState(t *testing.T) {
	w := social(t, nil)
	for _, state := range []string{"", "state", handleOf(43), "null", "undefined"} {
		callbackWith(t, w, func(_ *url.URL, q url.Values) { q.Set("state", state) }).want(http.StatusBadRequest, "invalid_state")
	}
	w.nobody()
}

// lies signs in at a provider that lies in one of these points, and demands that it is seen through.
func lies(t *testing.T, names ...string) {
	t.Helper()
	played := 0
	for _, trick := range authtest.Tricks() {
		for _, name := range names {
			if trick.Name != name {
				continue
			}
			played++
			w := social(t, nil)
			b := w.browser()
			at := b.begin("demo", "")
			w.idp.Play(trick)
			if a := b.back(w.idp.Approve(t, at, adaThere)); a.status != http.StatusUnauthorized && a.status != http.StatusServiceUnavailable {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
			w.nobody()
		}
	}
	if played != len(names) {
		t.Errorf("%d of %d lies were told", played, len(names))
	}
}

// TestBetterAuth_9828_NotVerified: an ID token that nobody signed, or somebody else.
func TestBetterAuth_9828_NotVerified(t *testing.T) {
	lies(t, "alg is none", "the signature is spoilt", "another key under the published id")
}

// TestBetterAuth_10003_OtherAudience: an ID token for another client.
func TestBetterAuth_10003_OtherAudience(t *testing.T) {
	lies(t, "aud is another client", "aud is missing", "aud has two members and no azp", "azp is another client")
}

// TestGoPkgz_2ce5ad5e_ClaimsAlone: claims are read from what was verified and from nothing else.
func TestGoPkgz_2ce5ad5e_ClaimsAlone(t *testing.T) {
	lies(t, "the claims are changed after signing", "an unknown key id", "the key is in the header", "no ID token")
}

// TestGHSA_8fpg_xm3f_6cx3_ProviderDown: a provider that cannot be read signs nobody in.
func TestGHSA_8fpg_xm3f_6cx3_ProviderDown(t *testing.T) {
	for _, endpoint := range []string{"metadata", "keys", "token"} {
		for _, status := range []int{http.StatusInternalServerError, http.StatusNotFound, http.StatusOK} {
			w := social(t, nil)
			w.idp.Play(authtest.Trick{Serve: func(e string, rw http.ResponseWriter, _ *http.Request) bool {
				if e == endpoint {
					rw.WriteHeader(status)
				}
				return e == endpoint
			}})
			b := w.browser()
			if a := b.do(http.MethodGet, "/auth/oauth2/demo/authorize", ""); a.status == http.StatusFound {
				b.back(w.idp.Approve(t, a.header.Get("Location"), adaThere))
			}
			w.nobody()
		}
	}
}

// TestKratos_830f34345_ClientOfAHint: a hint of the caller changes neither client nor provider.
func TestKratos_830f34345_ClientOfAHint(t *testing.T) {
	w := social(t, nil)
	at, err := url.Parse(w.browser().begin("demo", "?client_id=evil.example&login_hint=eve@evil.example&provider=other&domain_hint=evil.example&idp=evil.example"))
	if err != nil || at.Query().Get("client_id") != w.idp.ClientID || !strings.HasPrefix(at.String(), w.idp.Issuer) || strings.Contains(at.String(), "evil.example") {
		t.Errorf("sent to %s, %v", at, err)
	}
}

// TestCVE_2026_67336_PlainPKCE: a provider that offers plain PKCE alone is not asked, and what is said of "none" counts for nothing.
func TestCVE_2026_67336_PlainPKCE(t *testing.T) {
	w := social(t, nil)
	w.idp.Play(authtest.Trick{Metadata: func(m map[string]any) { m["code_challenge_methods_supported"] = []string{"plain"} }})
	if a := w.browser().do(http.MethodGet, "/auth/oauth2/demo/authorize", ""); a.status == http.StatusFound {
		t.Errorf("sent to %s", a.header.Get("Location"))
	}
	w = social(t, nil)
	w.idp.Play(authtest.Trick{Metadata: func(m map[string]any) { m["id_token_signing_alg_values_supported"] = []string{"none"} }})
	if a := w.browser().do(http.MethodGet, "/auth/oauth2/demo/authorize", ""); a.status == http.StatusFound {
		t.Log("the flow begins; its ID token is refused all the same")
		lies(t, "alg is none")
	}
}

// TestCVE_2026_96760_JSONForm: a JWS in its JSON form, with no signature to be seen, is no ID token and no session token.
func TestCVE_2026_96760_JSONForm(t *testing.T) {
	lies(t, "a signature in JSON form")
	w := open(t, auth.Config{})
	parts := strings.Split(w.signIn(ada), ".")
	for _, form := range []string{
		`{"payload":"` + parts[1] + `","signatures":[]}`,
		`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
	} {
		w.get("/app", key(form)).want(http.StatusUnauthorized, "invalid_token")
	}
}

// TestCVE_2026_28513_BothOrEither: of two things that must fit together, one that does not is enough to refuse.
func TestCVE_2026_28513_BothOrEither(t *testing.T) {
	w := open(t, auth.Config{SignUp: true})
	handle, code := w.code(ada)
	foreign, other := w.code(eve)
	w.verify(eve, handle, code).want(http.StatusUnauthorized, "invalid_code")
	w.verify(ada, foreign, code).want(http.StatusUnauthorized, "invalid_code")
	w.verify(ada, handle, other+"0").want(http.StatusUnauthorized, "invalid_code")
	w.Clock.Advance(5 * 60e9)
	w.verify(ada, handle, code).want(http.StatusUnauthorized, "invalid_code")
}

// fetched begins a flow at a provider as described, and demands that nobody goes to the inner address.
func fetched(t *testing.T, c oauth.ProviderConfig, loopback bool, visits *atomic.Int32) {
	t.Helper()
	c.ClientID = "demo"
	w := open(t, auth.Config{OAuth: auth.OAuth{InsecureLoopback: loopback, Providers: map[string]oauth.ProviderConfig{"demo": c}}})
	w.get("/auth/oauth2/demo/authorize").want(http.StatusServiceUnavailable, "unavailable")
	if n := visits.Load(); n != 0 {
		t.Errorf("the inner server was visited %d times", n)
	}
}

// TestCVE_2026_53513_InnerIssuer: a provider on an inner address is not asked, by number or by name.
func TestCVE_2026_53513_InnerIssuer(t *testing.T) {
	inner, visits := listener(t)
	fetched(t, oauth.ProviderConfig{Issuer: "https://" + inner}, false, visits)
	fetched(t, oauth.ProviderConfig{Issuer: "https://" + strings.Replace(inner, "127.0.0.1", "localhost", 1)}, false, visits)
	fetched(t, oauth.ProviderConfig{Issuer: "https://" + strings.Replace(inner, "127.0.0.1", "[::ffff:127.0.0.1]", 1)}, false, visits)
}

// TestGHSA_5rr4_8452_hf4v_InnerEndpoints: endpoints of a provider that lead to another host are not asked.
func TestGHSA_5rr4_8452_hf4v_InnerEndpoints(t *testing.T) {
	for _, endpoint := range []string{"token_endpoint", "jwks_uri", "userinfo_endpoint"} {
		inner, visits := listener(t)
		idp := authtest.StartProvider(t, callback("demo"))
		idp.Play(authtest.Trick{Metadata: func(m map[string]any) {
			m[endpoint] = "http://" + strings.Replace(inner, "127.0.0.1", "localhost", 1) + "/x"
		}})
		fetched(t, oauth.ProviderConfig{Issuer: idp.Issuer}, true, visits)
	}
}

// TestTheauthGo_ClientMetadata: nothing that a client brings makes the server fetch: keys of a machine, keys in a header.
func TestTheauthGo_ClientMetadata(t *testing.T) {
	at, visits := listener(t)
	inner := "http://" + at
	w := open(t, auth.Config{})
	token := w.signIn(eve)
	w.post("/auth/api-keys", `{"name":"x","public_keys":["`+inner+`/jwks.json"]}`, key(token)).refused()
	w.post("/auth/api-keys", `{"name":"x","jwks_uri":"`+inner+`/jwks.json","client_id":"`+inner+`"}`, key(token))
	parts := strings.Split(token, ".")
	w.get("/app", key(encodeJSON(map[string]any{"alg": "ES512", "typ": "user+jwt", "kid": inner, "jku": inner})+"."+parts[1]+"."+parts[2])).refused()
	w.post("/auth/api-key/signed", `{"assertion":"`+encodeJSON(map[string]any{"alg": "ES256", "jku": inner, "x5u": inner})+"."+parts[1]+"."+parts[2]+`"}`).refused()
	if n := visits.Load(); n != 0 {
		t.Errorf("the server was visited %d times", n)
	}
}

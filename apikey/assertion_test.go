package apikey_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth/apikey"
)

// TestSigned takes an assertion under each algorithm, once.
func TestSigned(t *testing.T) {
	e := open(t)
	for alg, s := range signers() {
		t.Run(alg, func(t *testing.T) {
			c := e.create(`"scopes":["tenant"],` + s.registration(t))
			assertion := s.sign(t, alg, nil, e.claims(c.code))
			a := e.signed(assertion)
			if a.status != http.StatusOK || a.text("token_type") != "service" {
				t.Fatalf("got %d %s; %v", a.status, a.body, e.Events.Named("apikey.use"))
			}
			token := a.text("token")
			me := e.send(http.MethodGet, "/auth/me", "", as(token))
			if got := fmt.Sprint(me.json("extra"), " ", me.json("methods")) + me.text("session_id"); got != "map[api_code:"+c.code+" auth_method:signed_jwt scopes:[tenant]] [signed_jwt]"+c.id {
				t.Errorf("got %s", got)
			}
			e.refused("the same assertion again", e.signed(assertion))
			if a := e.send(http.MethodDelete, "/auth/api-keys/"+c.id, "", as(e.token)); a.status != http.StatusNoContent || e.live(token) {
				t.Error("a token outlives its key")
			}
		})
	}
}

// TestSignedOnce lets many present one assertion at once: one gets in.
func TestSignedOnce(t *testing.T) {
	e := open(t)
	s := signers()["EdDSA"]
	c := e.create(s.registration(t))
	assertion := s.sign(t, "EdDSA", nil, e.claims(c.code))
	var in atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if e.signed(assertion).status == http.StatusOK {
				in.Add(1)
			}
		})
	}
	wg.Wait()
	if in.Load() != 1 {
		t.Errorf("%d got in", in.Load())
	}
	// The mark outlives the assertion, leeway included.
	for range 11 {
		e.Clock.Advance(30 * time.Second)
		if a := e.signed(assertion); a.status == http.StatusOK {
			t.Fatal("it got in again")
		}
	}
}

// TestSignedRefuses changes one thing of a good assertion at a time.
func TestSignedRefuses(t *testing.T) {
	e := open(t)
	s := signers()["ES256"]
	now := e.Clock.Now()
	other := e.create("").code
	for rule, change := range map[string]func(header, claims map[string]any){
		"no jti": func(_, c map[string]any) { delete(c, "jti") }, "an empty jti": func(_, c map[string]any) { c["jti"] = "" }, "a number for jti": func(_, c map[string]any) { c["jti"] = 1 },
		"a long jti": func(_, c map[string]any) { c["jti"] = strings.Repeat("x", 300) },
		"no aud":     func(_, c map[string]any) { delete(c, "aud") }, "another aud": func(_, c map[string]any) { c["aud"] = "https://other.example" },
		"aud with a slash": func(_, c map[string]any) { c["aud"] = issuer + "/" }, "aud in upper case": func(_, c map[string]any) { c["aud"] = strings.ToUpper(issuer) },
		"a list for aud": func(_, c map[string]any) { c["aud"] = []string{issuer} }, "the endpoint for aud": func(_, c map[string]any) { c["aud"] = issuer + "/auth/token" },
		"no iss": func(_, c map[string]any) { delete(c, "iss") }, "no sub": func(_, c map[string]any) { delete(c, "sub") }, "another sub": func(_, c map[string]any) { c["sub"] = other },
		"another iss": func(_, c map[string]any) { c["iss"] = other }, "another code": func(_, c map[string]any) { c["iss"], c["sub"] = other, other },
		"no exp": func(_, c map[string]any) { delete(c, "exp") }, "a text for exp": func(_, c map[string]any) { c["exp"] = "9999999999" },
		"exp is past": func(_, c map[string]any) { c["exp"] = now.Add(-31 * time.Second).Unix() }, "exp is far": func(_, c map[string]any) { c["exp"] = now.Add(331 * time.Second).Unix() },
		"exp is past, without iat": func(_, c map[string]any) { c["exp"] = now.Add(-31 * time.Second).Unix(); delete(c, "iat") },
		"exp is far, without iat":  func(_, c map[string]any) { c["exp"] = now.Add(331 * time.Second).Unix(); delete(c, "iat") },
		"exp in the year 9999":     func(_, c map[string]any) { c["exp"] = 253402300799 }, "exp without end": func(_, c map[string]any) { c["exp"] = json.Number("1e300") },
		"iat is ahead": func(_, c map[string]any) { c["iat"] = now.Add(31 * time.Second).Unix() }, "iat is long ago": func(_, c map[string]any) { c["iat"] = now.Add(-10 * time.Minute).Unix() },
		"iat is after exp": func(_, c map[string]any) {
			c["iat"], c["exp"] = now.Add(20*time.Second).Unix(), now.Add(10*time.Second).Unix()
		},
		"nbf is ahead": func(_, c map[string]any) { c["nbf"] = now.Add(31 * time.Second).Unix() },
		"crit":         func(h, _ map[string]any) { h["crit"] = []string{"exp"} }, "empty crit": func(h, _ map[string]any) { h["crit"] = []string{} },
		"jwk": func(h, _ map[string]any) { h["jwk"] = map[string]any{"kty": "EC"} }, "jku": func(h, _ map[string]any) { h["jku"] = "https://other.example" },
		"x5u": func(h, _ map[string]any) { h["x5u"] = "https://other.example" }, "x5c": func(h, _ map[string]any) { h["x5c"] = []string{"MIIB"} },
		"x5t#S256": func(h, _ map[string]any) { h["x5t#S256"] = "x" }, "b64": func(h, _ map[string]any) { h["b64"] = false }, "zip": func(h, _ map[string]any) { h["zip"] = "DEF" },
		"cty": func(h, _ map[string]any) { h["cty"] = "JWT" }, "another kid": func(h, _ map[string]any) { h["kid"] = "other" }, "an empty kid": func(h, _ map[string]any) { h["kid"] = "" },
		"a number for kid": func(h, _ map[string]any) { h["kid"] = 1 }, "a token of ours": func(h, _ map[string]any) { h["typ"] = "service+jwt" }, "another kind": func(h, _ map[string]any) { h["typ"] = "at+jwt" },
	} {
		c := e.create(s.registration(t))
		header, claims := map[string]any{}, e.claims(c.code)
		change(header, claims)
		e.refused(rule, e.signed(s.sign(t, "ES256", header, claims)))
		if a := e.signed(s.sign(t, "ES256", nil, e.claims(c.code))); a.status != http.StatusOK {
			t.Errorf("%s: the right one: got %d %s", rule, a.status, a.body)
		}
	}
	for rule, change := range map[string]func(header, claims map[string]any){
		"exp on the edge": func(_, c map[string]any) { c["exp"] = now.Add(330 * time.Second).Unix() }, "exp within the leeway": func(_, c map[string]any) { c["exp"] = now.Add(-29 * time.Second).Unix(); delete(c, "iat") },
		"nbf": func(_, c map[string]any) { c["nbf"] = now.Unix() }, "no iat": func(_, c map[string]any) { delete(c, "iat") }, "no typ": func(h, _ map[string]any) { h["typ"] = nil },
		"the kind of RFC 7523": func(h, _ map[string]any) { h["typ"] = "client-authentication+jwt" }, "parts of a second": func(_, c map[string]any) { c["iat"] = float64(now.Unix()) + 0.25 },
	} {
		c := e.create(s.registration(t))
		header, claims := map[string]any{}, e.claims(c.code)
		change(header, claims)
		if a := e.signed(s.sign(t, "ES256", header, claims)); a.status != http.StatusOK {
			t.Errorf("%s: got %d %s", rule, a.status, a.body)
		}
	}
}

// TestSignedAlgorithm keeps the algorithm a property of the key: under each registered key every other algorithm is refused.
func TestSignedAlgorithm(t *testing.T) {
	e := open(t)
	all := signers()
	for _, registered := range slices.Sorted(maps.Keys(all)) {
		c := e.create(all[registered].registration(t))
		for _, alg := range []string{"none", "HS256", "HS512", "ES256", "ES384", "ES512", "EdDSA", "RS256", "PS256", "RS512", "PS512"} {
			by := all[registered]
			if _, has := all[alg]; has && alg != registered && !(alg[1:] == "S256" && registered[1:] == "S256" && alg[0] != 'E' && registered[0] != 'E') {
				by = all[alg] // a key that can
			}
			if alg == "RS512" || alg == "PS512" {
				by = all["RS256"]
				if registered == "PS256" {
					by = all["PS256"]
				}
			}
			a := e.signed(by.sign(t, alg, nil, e.claims(c.code)))
			if alg == registered {
				if a.status != http.StatusOK {
					t.Errorf("%s under its own key: got %d %s", alg, a.status, a.body)
				}
				continue
			}
			if a.status != http.StatusUnauthorized && a.status != http.StatusTooManyRequests {
				t.Errorf("%s under a key for %s: got %d %s", alg, registered, a.status, a.body)
			}
		}
	}
}

// TestSignedByAnother refuses the signature of another key of the same kind, and a right one over other bytes.
func TestSignedByAnother(t *testing.T) {
	e := open(t)
	kinds := map[string]func() crypto.Signer{
		"ES256": curve(elliptic.P256()), "ES384": curve(elliptic.P384()), "ES512": curve(elliptic.P521()), "RS256": rsaKey(2048), "PS256": rsaKey(2048),
		"EdDSA": func() crypto.Signer { _, k, _ := ed25519.GenerateKey(rand.Reader); return k },
	}
	for alg, s := range signers() {
		c := e.create(s.registration(t))
		e.refused(alg+" by another key", e.signed(signer{alg, kinds[alg]()}.sign(t, alg, nil, e.claims(c.code))))
		good, other := s.sign(t, alg, nil, e.claims(c.code)), s.sign(t, alg, nil, e.claims(c.code))
		e.refused(alg+" over other bytes", e.signed(good[:strings.LastIndexByte(good, '.')]+other[strings.LastIndexByte(other, '.'):]))
		if a := e.signed(good); a.status != http.StatusOK {
			t.Errorf("%s: the right one: got %d %s", alg, a.status, a.body)
		}
	}
}

// TestSignedForm accepts one spelling of an assertion.
func TestSignedForm(t *testing.T) {
	e := open(t)
	s := signers()["EdDSA"]
	c := e.create(s.registration(t))
	good := s.sign(t, "EdDSA", nil, e.claims(c.code))
	h, rest, _ := strings.Cut(good, ".")
	p, sig, _ := strings.Cut(rest, ".")
	b64 := base64.RawURLEncoding.EncodeToString
	twice := b64([]byte(`{"alg":"EdDSA","alg":"EdDSA"}`))
	for rule, text := range map[string]string{
		"empty signature": h + "." + p + ".", "two segments": h + "." + p, "four segments": good + ".x", "padding": good + "=", "a line break": h + "\n." + p + "." + sig,
		"a blank": " " + good, "stray bits": good[:len(good)-1] + string(next(good[len(good)-1])), "alg twice": twice + "." + p + "." + sig, "JSON form": `{"payload":"` + p + `"}`,
		"too long": h + "." + strings.Repeat("A", 9000) + "." + sig, "no JSON": b64([]byte("x")) + "." + p + "." + sig, "dots alone": "..", "none": b64([]byte(`{"alg":"none"}`)) + "." + p + ".",
		"alg in another case": b64([]byte(`{"ALG":"EdDSA"}`)) + "." + p + "." + sig, "another payload": h + "." + b64([]byte(`{}`)) + "." + sig,
	} {
		a := e.signed(text)
		if a.status != http.StatusUnauthorized && a.status != http.StatusTooManyRequests {
			t.Errorf("%s: got %d %s", rule, a.status, a.body)
		}
	}
	if a := e.signed(good); a.status != http.StatusOK {
		t.Errorf("the right one: got %d %s", a.status, a.body)
	}
}

// next is the next character of the alphabet: the same bytes for a decoder that ignores stray bits.
func next(c byte) byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[(strings.IndexByte(alphabet, c)+1)%64]
}

// TestSeveralPublicKeys takes assertions under each of them, for rotation.
func TestSeveralPublicKeys(t *testing.T) {
	e := open(t)
	old, fresh := signers()["ES256"], signers()["RS256"]
	texts, _ := json.Marshal([]string{old.pem(t), fresh.pem(t)})
	c := e.create(`"public_keys":` + string(texts))
	for _, s := range []signer{old, fresh} {
		key, err := apikey.ParsePublicKey(s.pem(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, header := range []map[string]any{nil, {"kid": key.ID}} {
			if a := e.signed(s.sign(t, s.alg, header, e.claims(c.code))); a.status != http.StatusOK {
				t.Errorf("%s: got %d %s", s.alg, a.status, a.body)
			}
		}
	}
	plain := e.create("")
	e.refused("a key without public keys", e.signed(old.sign(t, old.alg, nil, e.claims(plain.code))))
}

// TestPublicKeys keeps what must not verify anything out when it is saved.
func TestPublicKeys(t *testing.T) {
	small, _ := rsa.GenerateKey(rand.Reader, 1024)
	p224, _ := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	const x, y = `"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"`, `"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"`
	n := strings.Split(signers()["PS256"].rsaJWK(), `"n":"`)[1]
	n = `"n":"` + n[:len(n)-1]
	for rule, text := range map[string]string{
		"a small RSA key": pemOf(t, &small.PublicKey), "P-224": pemOf(t, &p224.PublicKey), "nothing": "", "two keys": signers()["ES256"].pem(t) + signers()["ES384"].pem(t),
		"a private key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "a certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"a secret":      `{"kty":"oct","k":"AAAA"}`,
		"a private JWK": `{"kty":"EC","crv":"P-256",` + x + `,` + y + `,"d":"AAAA"}`, "a point off the curve": `{"kty":"EC","crv":"P-256",` + x + `,"y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}`,
		"another curve": `{"kty":"EC","crv":"P-384",` + x + `,` + y + `}`, "alg of another curve": `{"kty":"EC","crv":"P-256","alg":"ES512",` + x + `,` + y + `}`,
		"HS256 for a curve": `{"kty":"EC","crv":"P-256","alg":"HS256",` + x + `,` + y + `}`, "a key to encrypt with": `{"kty":"EC","crv":"P-256","use":"enc",` + x + `,` + y + `}`,
		"a key to sign with": `{"kty":"EC","crv":"P-256","key_ops":["sign"],` + x + `,` + y + `}`, "kty twice": `{"kty":"EC","kty":"EC","crv":"P-256",` + x + `,` + y + `}`,
		"e of 1": `{"kty":"RSA","e":"AQ",` + n + `}`, "e of 3": `{"kty":"RSA","e":"Aw",` + n + `}`, "an even e": `{"kty":"RSA","e":"AQAC",` + n + `}`, "RS512": `{"kty":"RSA","alg":"RS512","e":"AQAB",` + n + `}`,
		"a short Ed25519 key": `{"kty":"OKP","crv":"Ed25519","x":"AAAA"}`, "X25519": `{"kty":"OKP","crv":"X25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`,
		"a list": `[]`, "a set": `{"keys":[]}`,
	} {
		if key, err := apikey.ParsePublicKey(text); err == nil {
			t.Errorf("%s: accepted for %s", rule, key.Algorithm)
		}
	}
	good := `{"kty":"EC","crv":"P-256",` + x + `,` + y + `}`
	key, err := apikey.ParsePublicKey(good)
	if err != nil || key.Algorithm != "ES256" || key.ID != "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U" { // RFC 7638 thumbprint of the key in RFC 7517 A.1's form
		t.Errorf("got %v %v", key, err)
	}
}

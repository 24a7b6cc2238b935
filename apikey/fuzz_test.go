package apikey

import (
	"crypto/ed25519"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
)

var pattern = regexp.MustCompile("^" + strings.Trim(Pattern, `\b`) + "$")

// FuzzSecretForm holds every accepted text against its checksum, and every secret that is made against the published pattern.
func FuzzSecretForm(f *testing.F) {
	good := newSecret()
	if !pattern.MatchString(good) || !wellFormed(good) {
		f.Fatalf("%q does not match the pattern", good)
	}
	for _, seed := range []string{good, "", "ak_", good[:len(good)-1], strings.ToUpper(good), good + " ", "x" + good, strings.Replace(good, "_", "-", 1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !wellFormed(text) {
			return
		}
		if len(text) != secretLen || seal(text[:checkedLen]) != text {
			t.Errorf("%q is accepted", text)
		}
	})
}

// FuzzParseKey demands of every accepted public key that it is the same key when it is read again, and holds nothing private.
func FuzzParseKey(f *testing.F) {
	for _, seed := range []string{
		`{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`,
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"k"}`, `{"kty":"oct","k":"AAAA"}`, `{"kty":"RSA","n":"AQ","e":"AQAB"}`,
		"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n", "", "{", "null",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParsePublicKey(text)
		if err != nil {
			return
		}
		again, err := ParsePublicKey(key.JWK())
		if err != nil || again.JWK() != key.JWK() || again.ID != key.ID || again.Algorithm != key.Algorithm {
			t.Fatalf("%s becomes %s: %v", key.JWK(), again.JWK(), err)
		}
		var members map[string]any
		if err := json.Unmarshal([]byte(key.JWK()), &members); err != nil || members["d"] != nil || members["k"] != nil {
			t.Errorf("%s: %v", key.JWK(), err)
		}
		if key.verify("signed", []byte("no signature")) {
			t.Error("anything verifies")
		}
	})
}

// FuzzAssertion demands that what is accepted has one spelling, says all that it must, and does not verify without its key.
func FuzzAssertion(f *testing.F) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		f.Fatal(err)
	}
	key, err := describe(private.Public(), "", "")
	if err != nil {
		f.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	encode := func(header, claims string) string {
		signed := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(claims))
		return signed + "." + b64.EncodeToString(ed25519.Sign(private, []byte(signed)))
	}
	const claims = `{"iss":"ac_a","sub":"ac_a","aud":"https://a.example","jti":"1","exp":1800000060}`
	good := encode(`{"alg":"EdDSA"}`, claims)
	for _, seed := range []string{
		good, good + "=", "..", "", encode(`{"alg":"none"}`, claims), encode(`{"alg":"EdDSA","crit":[]}`, claims), encode(`{"alg":"EdDSA","alg":"EdDSA"}`, claims),
		encode(`{"alg":"EdDSA"}`, `{"exp":1e999}`), encode(`{"alg":"EdDSA"}`, `[]`), encode(`null`, `null`),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := parseAssertion(text)
		if err != nil {
			return
		}
		if a.signed+"."+b64.EncodeToString(a.signature) != text {
			t.Errorf("%q has another spelling", text)
		}
		if a.claims.check("https://a.example", now, 0) != "" {
			return
		}
		if c := a.claims; c.Issuer == "" || c.Issuer != c.Subject || c.ID == "" || c.Expires == nil {
			t.Errorf("accepted: %+v", c)
		}
		if a.verifies([]string{key.JWK()}) && a.header.Algorithm != algEdDSA {
			t.Errorf("verified under %q", a.header.Algorithm)
		}
	})
}

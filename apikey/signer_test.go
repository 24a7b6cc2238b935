package apikey_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	gojwt "github.com/golang-jwt/jwt/v5"
)

// signer is a client with a key pair of its own.
type signer struct {
	alg     string
	private crypto.Signer
}

func curve(c elliptic.Curve) func() crypto.Signer {
	return func() crypto.Signer { k, _ := ecdsa.GenerateKey(c, rand.Reader); return k }
}

func rsaKey(bits int) func() crypto.Signer {
	return func() crypto.Signer { k, _ := rsa.GenerateKey(rand.Reader, bits); return k }
}

// signers are one of each kind, made once: RSA is slow.
var signers = sync.OnceValue(func() map[string]signer {
	all := map[string]signer{}
	for alg, generate := range map[string]func() crypto.Signer{
		"ES256": curve(elliptic.P256()), "ES384": curve(elliptic.P384()), "ES512": curve(elliptic.P521()), "RS256": rsaKey(2048), "PS256": rsaKey(2048),
		"EdDSA": func() crypto.Signer { _, k, _ := ed25519.GenerateKey(rand.Reader); return k },
	} {
		all[alg] = signer{alg, generate()}
	}
	return all
})

func pemOf(t testing.TB, key crypto.PublicKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func (s signer) pem(t testing.TB) string { t.Helper(); return pemOf(t, s.private.Public()) }

// rsaJWK is the only form in which a key can be for PS256.
func (s signer) rsaJWK() string {
	key, _ := s.private.Public().(*rsa.PublicKey)
	return `{"kty":"RSA","alg":"` + s.alg + `","e":"AQAB","n":"` + base64.RawURLEncoding.EncodeToString(key.N.Bytes()) + `"}`
}

// registration is the member public_keys for this key.
func (s signer) registration(t testing.TB) string {
	t.Helper()
	if s.alg == "PS256" {
		return `"public_keys":[` + s.rsaJWK() + `]`
	}
	text, _ := json.Marshal(s.pem(t))
	return `"public_keys":[` + string(text) + `]`
}

// sign makes an assertion of header and claims, under any algorithm.
func (s signer) sign(t testing.TB, alg string, header, claims map[string]any) string {
	t.Helper()
	token := gojwt.NewWithClaims(gojwt.GetSigningMethod(alg), gojwt.MapClaims(claims))
	maps.Copy(token.Header, header)
	for name, v := range header {
		if v == nil {
			delete(token.Header, name)
		}
	}
	var key any = s.private
	if alg == "none" {
		key = gojwt.UnsafeAllowNoneSignatureType
	}
	if alg[:2] == "HS" {
		key = []byte(s.pem(t))
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// claims are good ones for the code.
func (e *env) claims(code string) map[string]any {
	now := e.Clock.Now()
	return map[string]any{
		"iss": code, "sub": code, "aud": issuer, "jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
}

func (e *env) signed(assertion string) answer {
	e.t.Helper()
	body, _ := json.Marshal(map[string]string{"assertion": assertion})
	return e.send(http.MethodPost, "/auth/api-key/signed", string(body))
}

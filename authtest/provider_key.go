package authtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
)

// providerKey signs ID tokens with ES256.
type providerKey struct {
	id  string
	key *ecdsa.PrivateKey
}

func newProviderKey() *providerKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // only where crypto/rand fails, and that ends the program
	}
	return &providerKey{rand.Text(), key}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// public is the key as a JWK (RFC 7518 section 6.2).
func (k *providerKey) public() map[string]any {
	point, err := k.key.PublicKey.Bytes()
	if err != nil {
		panic(err) // the key was made here
	}
	return map[string]any{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": k.id, "x": b64(point[1:33]), "y": b64(point[33:])}
}

// unsigned is the first two parts of a token.
func unsigned(header, claims map[string]any) string {
	var parts [2][]byte
	for i, v := range []map[string]any{header, claims} {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err) // a trick that puts a function into claims
		}
		parts[i] = b
	}
	return b64(parts[0]) + "." + b64(parts[1])
}

func (k *providerKey) sign(header, claims map[string]any) string {
	text := unsigned(header, claims)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, k.key, sum[:])
	if err != nil {
		panic(err) // as above
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return text + "." + b64(sig)
}

// signHMAC signs with a secret that the client knows too.
func signHMAC(secret string, header, claims map[string]any) string {
	text := unsigned(header, claims)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return text + "." + b64(mac.Sum(nil))
}

package oauth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json/jsontext"
)

// TestKeysOfASet holds which keys of a set verify, and which algorithms each.
func TestKeysOfASet(t *testing.T) {
	rsaOf := func(bits int) any {
		k, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		return &k.PublicKey
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edwards, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"RS256", "PS512", "ES256", "ES384", "EdDSA", "HS256", "none"}
	for _, tt := range []struct {
		rule string
		key  any
		fits []string
	}{
		{"an RSA key of 2048 bits is for RS and PS", rsaOf(2048), []string{"RS256", "PS512"}},
		{"an RSA key of 1024 bits is for nothing", rsaOf(1024), nil},
		{"a key on P-256 is for ES256", &private.PublicKey, []string{"ES256"}},
		{"an Ed25519 key is for EdDSA", edwards, []string{"EdDSA"}},
		{"a private key is for nothing", private, nil},
		{"a shared key is for nothing", []byte("a secret that the client knows too"), nil},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			raw, err := jose.JSONWebKey{Key: tt.key, KeyID: "k"}.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			set, err := rawKeySet{Keys: []jsontext.Value{raw}}.signing()
			if err != nil {
				t.Fatal(err)
			}
			for _, alg := range all {
				want := false
				for _, fit := range tt.fits {
					want = want || fit == alg
				}
				if _, ok := set.find("k", alg); ok != want {
					t.Errorf("%s: found %t", alg, ok)
				}
			}
		})
	}
}

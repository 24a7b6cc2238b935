package oauth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"slices"
	"strings"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// maxKeys is how many keys a set may hold.
	maxKeys = 100
	// Bounds of an RSA modulus in bits: below is weak, above costs too much to verify with.
	leastRSA, mostRSA = 2048, 8192
)

// rawKeySet is a JWK set as it is served (RFC 7517 section 5).
type rawKeySet struct {
	Keys []jsontext.Value `json:"keys"`
}

type signingKey struct {
	id, alg string
	key     any
}

// signingKeys are the keys of a set that can verify an ID token.
type signingKeys struct{ all []signingKey }

// signing leaves out every key that is not for signatures, not public, not understood or too weak, and every id that two keys bear.
func (s rawKeySet) signing() (*signingKeys, error) {
	if len(s.Keys) > maxKeys {
		return nil, Refuse("the key set holds too many keys")
	}
	ids := map[string]int{}
	out := &signingKeys{}
	for _, raw := range s.Keys {
		if k, ok := parseKey(raw); ok {
			ids[k.id]++
			out.all = append(out.all, k)
		}
	}
	out.all = slices.DeleteFunc(out.all, func(k signingKey) bool { return k.id != "" && ids[k.id] > 1 })
	return out, nil
}

func parseKey(raw jsontext.Value) (signingKey, bool) {
	var about struct {
		ID  string `json:"kid"`
		Use string `json:"use"`
		Alg string `json:"alg"`
	}
	if json.Unmarshal(raw, &about) != nil || about.Use != "" && about.Use != "sig" || about.Alg != "" && !slices.Contains(algorithms, about.Alg) {
		return signingKey{}, false
	}
	var k jose.JSONWebKey
	if k.UnmarshalJSON(raw) != nil || !k.IsPublic() || !k.Valid() || !strong(k.Key) {
		return signingKey{}, false
	}
	return signingKey{about.ID, about.Alg, k.Key}, true
}

func strong(key any) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return k.N.BitLen() >= leastRSA && k.N.BitLen() <= mostRSA
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return true
	}
	return false
}

// find answers the key with this id that is for this algorithm. A token without an id needs a set of one key.
func (s *signingKeys) find(id, alg string) (any, bool) {
	for _, k := range s.all {
		if id == "" && len(s.all) != 1 || id != "" && k.id != id || k.alg != "" && k.alg != alg || !fits(k.key, alg) {
			continue
		}
		return k.key, true
	}
	return nil, false
}

// fits reports whether the algorithm is one of this type of key.
func fits(key any, alg string) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS")
	case *ecdsa.PublicKey:
		return alg == map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[k.Curve.Params().BitSize]
	case ed25519.PublicKey:
		return alg == "EdDSA"
	}
	return false
}

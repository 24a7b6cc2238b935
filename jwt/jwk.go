package jwt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// coordinateSize is the length of a P-521 coordinate, and of each half of an ES512 signature (RFC 7518 sections
// 3.4 and 6.2.1.2).
const coordinateSize = 66

// b64 is base64url without padding that refuses stray bits (RFC 7515 section 2).
var b64 = base64.RawURLEncoding.Strict()

// jwk is a public key as RFC 7517 writes it. The order of the fields is the order in the published set.
type jwk struct {
	KeyType   string   `json:"kty"`
	Curve     string   `json:"crv"`
	X         string   `json:"x"`
	Y         string   `json:"y"`
	Use       string   `json:"use,omitempty"`
	Algorithm string   `json:"alg,omitempty"`
	ID        string   `json:"kid,omitempty"`
	Ops       []string `json:"key_ops,omitempty"`
	// D is read only to refuse a key whose owner published the private half.
	D jsontext.Value `json:"d,omitempty"`
}

// coordinates answers x and y in base64url.
func coordinates(key *ecdsa.PublicKey) (x, y string, err error) {
	point, err := key.Bytes()
	if err != nil || len(point) != 1+2*coordinateSize {
		return "", "", errCurve
	}
	return b64.EncodeToString(point[1 : 1+coordinateSize]), b64.EncodeToString(point[1+coordinateSize:]), nil
}

// thumbprint is the RFC 7638 name of a key: its required members in lexical order, without blanks.
func thumbprint(key *ecdsa.PublicKey) (string, error) {
	x, y, err := coordinates(key)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(`{"crv":"P-521","kty":"EC","x":"` + x + `","y":"` + y + `"}`))
	return b64.EncodeToString(sum[:]), nil
}

// jwks is the key set that the issuer publishes (RFC 7517 section 5).
func (k *Keys) jwks() ([]byte, error) {
	set := struct {
		Keys []jwk `json:"keys"`
	}{}
	for _, p := range k.public {
		x, y, err := coordinates(p.key)
		if err != nil {
			return nil, err
		}
		set.Keys = append(set.Keys, jwk{KeyType: "EC", Curve: "P-521", X: x, Y: y, Use: "sig", Algorithm: algorithm, ID: p.id})
	}
	return json.Marshal(set)
}

// parseJWKS reads a key set of somebody else. Keys that are not for ES512 signatures, or not well-formed, are skipped,
// as RFC 7517 section 5 asks; two usable keys of one name, or no usable key, make the set worthless.
func parseJWKS(text []byte) ([]publicKey, error) {
	var set struct {
		Keys []jsontext.Value `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("the key set is not valid JSON: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("the key set has more than %d keys", maxKeys)
	}
	var keys []publicKey
	for _, raw := range set.Keys {
		key, err := parseJWK(raw)
		if err != nil {
			continue
		}
		if slices.ContainsFunc(keys, func(k publicKey) bool { return k.id == key.id }) {
			return nil, errors.New("the key set has two keys of one name")
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("the key set has no key for ES512")
	}
	return keys, nil
}

func parseJWK(raw []byte) (publicKey, error) {
	var k jwk
	if err := json.Unmarshal(raw, &k); err != nil {
		return publicKey{}, fmt.Errorf("not a key: %w", err)
	}
	switch {
	case k.KeyType != "EC" || k.Curve != "P-521":
		return publicKey{}, errCurve
	case k.Use != "" && k.Use != "sig", k.Algorithm != "" && k.Algorithm != algorithm,
		k.Ops != nil && !slices.Contains(k.Ops, "verify"), k.D != nil:
		return publicKey{}, errors.New("not a key for ES512 signatures")
	case k.ID == "" || len(k.ID) > maxID:
		return publicKey{}, errors.New("no key id")
	}
	point := []byte{4} // uncompressed (SEC 1 section 2.3.3)
	for _, c := range []string{k.X, k.Y} {
		b, err := b64.DecodeString(c)
		if err != nil || len(c) != b64.EncodedLen(coordinateSize) {
			return publicKey{}, errors.New("not a P-521 coordinate")
		}
		point = append(point, b...)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P521(), point) // refuses points off the curve
	if err != nil {
		return publicKey{}, errCurve
	}
	return publicKey{k.ID, key}, nil
}

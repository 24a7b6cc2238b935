package apikey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	gojwt "github.com/golang-jwt/jwt/v5"
)

// The algorithms of assertions. Which one a key is for is a property of the key, never of what it is said to have signed.
const (
	algES256 = "ES256"
	algES384 = "ES384"
	algES512 = "ES512"
	algEdDSA = "EdDSA"
	algRS256 = "RS256"
	algPS256 = "PS256"
)

// The bounds of RSA keys in bits: the lower one is for security, the upper one keeps a verification cheap.
const (
	leastRSA = 2048
	mostRSA  = 8192
)

// b64 is base64url without padding that refuses stray bits (RFC 7515 section 2).
var b64 = base64.RawURLEncoding.Strict()

// PublicKey is a key that assertions may be signed with.
type PublicKey struct {
	// ID is the kid: the JWK's own, or the RFC 7638 thumbprint.
	ID string
	// Algorithm is the only one that the key verifies.
	Algorithm string
	// Key is an *ecdsa.PublicKey, ed25519.PublicKey or *rsa.PublicKey.
	Key crypto.PublicKey

	text string
}

// JWK is the key as RFC 7517 writes it, with alg and kid.
func (k PublicKey) JWK() string { return k.text }

// jwk has the members that decide anything; others are dropped.
type jwk struct {
	Kty string `json:"kty"`
	Crv string `json:"crv,omitzero"`
	X   string `json:"x,omitzero"`
	Y   string `json:"y,omitzero"`
	N   string `json:"n,omitzero"`
	E   string `json:"e,omitzero"`
	Alg string `json:"alg,omitzero"`
	Kid string `json:"kid,omitzero"`
	Use string `json:"use,omitzero"`

	Ops []string `json:"key_ops,omitempty"`
}

// private is read only to refuse a key whose owner published it: it names what only the owner of a key may have (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
type private struct {
	D   any `json:"d"`
	P   any `json:"p"`
	Q   any `json:"q"`
	DP  any `json:"dp"`
	DQ  any `json:"dq"`
	QI  any `json:"qi"`
	Oth any `json:"oth"`
	K   any `json:"k"`
}

var (
	errPublicKey  = errors.New("is neither one SPKI public key in PEM nor a public JWK")
	errPrivateKey = errors.New("is or holds a private key, which must not leave its owner")
	errWeakKey    = errors.New("is of a kind or size that is not accepted")
)

// ParsePublicKey reads one public key: SPKI in PEM, or a JWK. EC keys on P-256, P-384 and P-521 are for ES256, ES384 and ES512,
// Ed25519 for EdDSA; RSA keys of 2048 to 8192 bits are for RS256, or for PS256 where a JWK's alg says so. Private keys, and JWKs
// whose alg, use or key_ops say something else, are errors.
func ParsePublicKey(text string) (PublicKey, error) {
	if strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		return parseJWK(text)
	}
	block, rest := pem.Decode([]byte(strings.ReplaceAll(text, `\n`, "\n")))
	switch {
	case block == nil:
		return PublicKey{}, errPublicKey
	case strings.Contains(block.Type, "PRIVATE"):
		return PublicKey{}, errPrivateKey
	case block.Type != "PUBLIC KEY" || len(block.Headers) != 0 || strings.TrimSpace(string(rest)) != "":
		return PublicKey{}, errPublicKey
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes) // refuses points off the curve
	if err != nil {
		return PublicKey{}, errPublicKey
	}
	return describe(key, "", "")
}

func parseJWK(text string) (PublicKey, error) {
	var secret private
	var j jwk
	if json.Unmarshal([]byte(text), &secret) != nil || json.Unmarshal([]byte(text), &j) != nil {
		return PublicKey{}, errPublicKey
	}
	if secret != (private{}) {
		return PublicKey{}, errPrivateKey
	}
	if (j.Use != "" && j.Use != "sig") || (j.Ops != nil && !slices.Contains(j.Ops, "verify")) {
		return PublicKey{}, errWeakKey
	}
	if len(j.Kid) > 128 || strings.ContainsFunc(j.Kid, func(c rune) bool { return c < ' ' || c > '~' }) {
		return PublicKey{}, errPublicKey
	}
	key, err := j.key()
	if err != nil {
		return PublicKey{}, err
	}
	return describe(key, j.Alg, j.Kid)
}

func (j *jwk) key() (crypto.PublicKey, error) {
	switch {
	case j.Kty == "EC":
		for _, c := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
			if j.Crv == c.Params().Name {
				size := (c.Params().BitSize + 7) / 8
				x, errX := b64.DecodeString(j.X)
				y, errY := b64.DecodeString(j.Y)
				if errX != nil || errY != nil || len(x) != size || len(y) != size {
					return nil, errPublicKey
				}
				key, err := ecdsa.ParseUncompressedPublicKey(c, slices.Concat([]byte{4}, x, y))
				if err != nil {
					return nil, errPublicKey
				}
				return key, nil
			}
		}
	case j.Kty == "OKP" && j.Crv == "Ed25519":
		x, err := b64.DecodeString(j.X)
		if err != nil || len(x) != ed25519.PublicKeySize {
			return nil, errPublicKey
		}
		return ed25519.PublicKey(x), nil
	case j.Kty == "RSA":
		n, errN := b64.DecodeString(j.N)
		e, errE := b64.DecodeString(j.E)
		if errN != nil || errE != nil || len(n) == 0 || n[0] == 0 || len(e) == 0 || len(e) > 4 || e[0] == 0 {
			return nil, errPublicKey
		}
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
	}
	return nil, errWeakKey
}

// describe decides what the key is for, and writes it in its one form.
func describe(key crypto.PublicKey, alg, kid string) (PublicKey, error) {
	var j jwk
	var allowed []string
	var required string // the members of the thumbprint in lexical order (RFC 7638 section 3.2)
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		point, err := key.Bytes()
		if err != nil {
			return PublicKey{}, errPublicKey
		}
		half := len(point) / 2
		j = jwk{Kty: "EC", Crv: key.Params().Name, X: b64.EncodeToString(point[1 : 1+half]), Y: b64.EncodeToString(point[1+half:])}
		switch key.Curve {
		case elliptic.P256():
			allowed = []string{algES256}
		case elliptic.P384():
			allowed = []string{algES384}
		case elliptic.P521():
			allowed = []string{algES512}
		}
		required = `{"crv":"` + j.Crv + `","kty":"EC","x":"` + j.X + `","y":"` + j.Y + `"}`
	case ed25519.PublicKey:
		j = jwk{Kty: "OKP", Crv: "Ed25519", X: b64.EncodeToString(key)}
		allowed = []string{algEdDSA}
		required = `{"crv":"Ed25519","kty":"OKP","x":"` + j.X + `"}`
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < leastRSA || bits > mostRSA || key.E < 1<<16 || key.E&1 == 0 || key.N.Bit(0) == 0 {
			return PublicKey{}, errWeakKey
		}
		j = jwk{Kty: "RSA", N: b64.EncodeToString(key.N.Bytes()), E: b64.EncodeToString(big.NewInt(int64(key.E)).Bytes())}
		allowed = []string{algRS256, algPS256}
		required = `{"e":"` + j.E + `","kty":"RSA","n":"` + j.N + `"}`
	}
	if len(allowed) == 0 || (alg != "" && !slices.Contains(allowed, alg)) {
		return PublicKey{}, errWeakKey
	}
	j.Alg, j.Kid = alg, kid
	if alg == "" {
		j.Alg = allowed[0]
	}
	if kid == "" {
		sum := sha256.Sum256([]byte(required))
		j.Kid = b64.EncodeToString(sum[:])
	}
	text, err := json.Marshal(j)
	if err != nil {
		return PublicKey{}, errPublicKey
	}
	return PublicKey{ID: j.Kid, Algorithm: j.Alg, Key: key, text: string(text)}, nil
}

// verify checks a signature under the key's own algorithm.
func (k PublicKey) verify(signed string, signature []byte) bool {
	method, ok := map[string]gojwt.SigningMethod{
		algES256: gojwt.SigningMethodES256, algES384: gojwt.SigningMethodES384, algES512: gojwt.SigningMethodES512,
		algEdDSA: gojwt.SigningMethodEdDSA, algRS256: gojwt.SigningMethodRS256, algPS256: gojwt.SigningMethodPS256,
	}[k.Algorithm]
	return ok && method.Verify(signed, signature, k.Key) == nil
}

// parsePublicKeys answers the keys of a spec in their one form, each kid once.
func parsePublicKeys(in []string) ([]string, error) {
	if len(in) > MostPublicKeys {
		return nil, invalid("public_keys", "has too many entries")
	}
	var out, ids []string
	for _, text := range in {
		key, err := ParsePublicKey(text)
		if err != nil {
			return nil, invalid("public_keys", "holds an entry that "+err.Error())
		}
		if slices.Contains(ids, key.ID) {
			return nil, invalid("public_keys", "holds two keys of one kid")
		}
		out, ids = append(out, key.JWK()), append(ids, key.ID)
	}
	return out, nil
}

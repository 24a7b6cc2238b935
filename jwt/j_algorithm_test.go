package jwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"hash"
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/jwt"
)

// J-01: 13 spellings of the algorithm, each with an empty signature, the signature of the genuine token, and a fresh one
// over the altered header.
func TestJ01_AlgNoneAndItsVariants(t *testing.T) {
	f := newFixture(t)
	header, claims := f.forge.Header("user"), f.forge.Claims("user", f.now)
	genuine := f.forge.Token(header, claims)
	f.accepts(t, genuine)
	original := genuine[strings.LastIndexByte(genuine, '.')+1:]
	for name, alg := range map[string]string{
		"none": `"none"`, "None": `"None"`, "nOnE": `"nOnE"`, "NONE": `"NONE"`, "noNE": `"noNE"`,
		"empty": `""`, "null": `null`, "array": `["ES512"]`, "lower case": `"es512"`, "trailing blank": `"ES512 "`,
		"trailing NUL": `"ES512\u0000"`, "full width": `"ＥＳ５１２"`, "omitted": "",
	} {
		t.Run(name, func(t *testing.T) {
			altered := header.With("alg", alg)
			if alg == "" {
				altered = header.Without("alg")
			}
			signed := forge.Signed(altered.String(), f.forge.WithMAC(altered.String(), claims.String()))
			f.refuses(t, signed+".")
			f.refuses(t, signed+"."+original)
			f.refuses(t, signed+"."+forge.Encode(f.forge.Sign(signed)))

			// Were the key looked up before the algorithm is judged, an unknown key would be the reason.
			lost := f.forge.Token(altered.With("kid", `"nobody"`), claims)
			if _, err := f.service.Verify(lost); err == nil || strings.Contains(errors.Unwrap(err).Error(), "nobody") {
				t.Errorf("refused because of %v", errors.Unwrap(err))
			}
		})
	}
}

// J-02: the public key, in every spelling it has, as the secret of an HMAC.
func TestJ02_KeyConfusion(t *testing.T) {
	f := newFixture(t)
	claims := f.forge.Claims("user", f.now).String()
	public := publicPEM(t, f.keys)
	block, _ := pem.Decode(public)
	point, err := f.forge.Key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string][]byte{
		"PEM":                      public,
		"PEM without the final LF": public[:len(public)-1],
		"SPKI DER":                 block.Bytes,
		"uncompressed point":       point,
		"x and y":                  point[1:],
		"JWK":                      jwkOf(t, f.service),
		"empty key":                nil,
	}
	for alg, newHash := range map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New} {
		for name, key := range secrets {
			t.Run(alg+" with "+name, func(t *testing.T) {
				header := f.forge.Header("user").With("alg", forge.Quote(alg)).String()
				signed := forge.Signed(header, f.forge.WithMAC(header, claims))
				h := hmac.New(newHash, key)
				h.Write([]byte(signed))
				token := signed + "." + forge.Encode(h.Sum(nil))
				f.refuses(t, token)
				if _, err := f.service.Verify(token); strings.Contains(errors.Unwrap(err).Error(), forge.Encode(point[1:67])[:20]) {
					t.Errorf("the reason shows the key: %v", errors.Unwrap(err))
				}
			})
		}
	}
}

// J-03: another algorithm or another key under a key id that is known.
func TestJ03_WrongCurveOrAlgorithm(t *testing.T) {
	f := newFixture(t)
	header, claims := f.forge.Header("user"), f.forge.Claims("user", f.now)
	for name, c := range map[string]struct {
		alg  string
		sign func(t *testing.T, signed string) []byte
	}{
		"ES256 with a P-256 key": {"ES256", func(t *testing.T, s string) []byte { return ecSign(t, elliptic.P256(), crypto.SHA256, s) }},
		"ES384 with a P-384 key": {"ES384", func(t *testing.T, s string) []byte { return ecSign(t, elliptic.P384(), crypto.SHA384, s) }},
		"ES512 with a P-256 key": {"ES512", func(t *testing.T, s string) []byte { return ecSign(t, elliptic.P256(), crypto.SHA512, s) }},
		"ES512 with an attacker's P-521 key": {"ES512", func(t *testing.T, s string) []byte {
			return ecSign(t, elliptic.P521(), crypto.SHA512, s)
		}},
		"EdDSA": {"EdDSA", func(t *testing.T, s string) []byte {
			_, key, err := ed25519.GenerateKey(rand.Reader)
			must(t, err)
			return ed25519.Sign(key, []byte(s))
		}},
		"RS512": {"RS512", func(t *testing.T, s string) []byte { return rsaSign(t, s, crypto.SHA512) }},
		"PS512": {"PS512", func(t *testing.T, s string) []byte {
			return rsaSign(t, s, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA512})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h := header.With("alg", forge.Quote(c.alg)).String()
			signed := forge.Signed(h, f.forge.WithMAC(h, claims.String()))
			f.refuses(t, signed+"."+forge.Encode(c.sign(t, signed)))
		})
	}
}

// J-03, at construction: no key but a sound P-521 key starts a service.
func TestJ03_WrongKeysAreRefusedAtConstruction(t *testing.T) {
	f := newFixture(t)
	own := privatePEM(t, f.keys)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	for name, key := range map[string]crypto.Signer{
		"P-224": ecKey(t, elliptic.P224()), "P-256": ecKey(t, elliptic.P256()), "P-384": ecKey(t, elliptic.P384()), "RSA": rsaKey, "Ed25519": edKey,
	} {
		t.Run(name, func(t *testing.T) {
			der, err := x509.MarshalPKCS8PrivateKey(key)
			must(t, err)
			refusesKey(t, der, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
			if ec, ok := key.(*ecdsa.PrivateKey); ok {
				der, err := x509.MarshalECPrivateKey(ec)
				must(t, err)
				refusesKey(t, der, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
			}
			if der, err = x509.MarshalPKIXPublicKey(key.Public()); err != nil {
				t.Fatal(err)
			}
			refusesKey(t, der, own, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		})
	}
	t.Run("a public key that does not match", func(t *testing.T) {
		must(t, f.keys.Match(publicPEM(t, f.keys)))
		if f.keys.Match(publicPEM(t, generate(t))) == nil {
			t.Error("matches")
		}
	})
	t.Run("a point off the curve", func(t *testing.T) {
		block, _ := pem.Decode(publicPEM(t, f.keys))
		block.Bytes[len(block.Bytes)-1] ^= 1
		refusesKey(t, block.Bytes, own, pem.EncodeToMemory(block))
		if f.keys.Match(pem.EncodeToMemory(block)) == nil {
			t.Error("matches")
		}
	})
}

// refusesKey fails the test if ParseKeys accepts the key, or shows any of it.
func refusesKey(t *testing.T, der, private []byte, public ...[]byte) {
	t.Helper()
	keys, err := jwt.ParseKeys(private, public...)
	if keys != nil || err == nil {
		t.Fatal("accepted")
	}
	if n := len(der); strings.Contains(err.Error(), string(der[n-8:])) || strings.Contains(err.Error(), forge.Encode(der[n-8:])[:8]) {
		t.Errorf("the error shows the key: %v", err)
	}
}

func ecKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	must(t, err)
	return key
}

// ecSign signs with a key of its own and writes R and S in the size of the curve.
func ecSign(t *testing.T, curve elliptic.Curve, h crypto.Hash, signed string) []byte {
	t.Helper()
	digest := h.New()
	digest.Write([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, ecKey(t, curve), digest.Sum(nil))
	must(t, err)
	size := (curve.Params().BitSize + 7) / 8
	return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
}

func rsaSign(t *testing.T, signed string, opts crypto.SignerOpts) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	digest := sha512.Sum512([]byte(signed))
	signature, err := key.Sign(rand.Reader, digest[:], opts)
	must(t, err)
	return signature
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

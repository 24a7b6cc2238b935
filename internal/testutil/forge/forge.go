// Package forge mints tokens for tests, genuine ones and all kinds of others. It shares no code with package jwt, so
// that a mistake there does not repeat itself here.
//
// A refused token proves a control only when nothing else is wrong with it: start from [Forge.Header] and
// [Forge.Claims], change one thing, and let [Forge.Token] add a valid mac and signature.
//
//	f := forge.New(t, privatePEM, secret, "https://issuer.example")
//	bad := f.Token(f.Header("user"), f.Claims("user", now).With("iss", `"https://other.example"`))
package forge

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/secret"
)

// Size is the length of one half of an ES512 signature, and of a P-521 coordinate.
const Size = 66

// Forge holds what an issuer holds: the signing key and the secret.
type Forge struct {
	Key    *ecdsa.PrivateKey
	KeyID  string
	Issuer string
	mac    []byte
}

// New makes a forge from the PKCS #8 key that jwt.Keys.PrivatePEM writes and the secret of the configuration.
func New(tb testing.TB, privatePEM []byte, s secret.Secret, issuer string) *Forge {
	tb.Helper()
	block, _ := pem.Decode(privatePEM)
	if block == nil {
		tb.Fatal("forge: no PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		tb.Fatal(err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P521() {
		tb.Fatal("forge: not a P-521 key")
	}
	mac, err := hkdf.Key(sha256.New, s.Reveal(), nil, "auth/v1/jwt-mac", 32)
	if err != nil {
		tb.Fatal(err)
	}
	return &Forge{Key: key, KeyID: Thumbprint(&key.PublicKey), Issuer: issuer, mac: mac}
}

// WithKey is the same issuer, key id and secret included, but for the key that signs: the strongest attacker who lacks
// the private key.
func (f *Forge) WithKey(key *ecdsa.PrivateKey) *Forge {
	c := *f
	c.Key = key
	return &c
}

// Token is the token with this header and these claims, with a mac at the end and a signature, both valid.
func (f *Forge) Token(header, claims Object) string {
	return f.TokenText(header.String(), claims.String())
}

// TokenText is [Forge.Token] for texts: a header in JSON and a JSON object, or what passes for one, without mac.
func (f *Forge) TokenText(header, claims string) string {
	return f.Raw(header, f.WithMAC(header, claims))
}

// Raw is the token with this header and exactly this payload, validly signed. Nothing is added.
func (f *Forge) Raw(header, payload string) string {
	signed := Signed(header, payload)
	return signed + "." + Encode(f.Sign(signed))
}

// WithMAC answers the claims with a valid mac for this header as the last member.
func (f *Forge) WithMAC(header, claims string) string {
	body := strings.TrimSuffix(claims, "}")
	return body + `,"mac":"` + f.MAC(header, body) + `"}`
}

// MAC is the value of the mac for a header and everything that stands before the comma of the mac.
func (f *Forge) MAC(header, body string) string {
	h := hmac.New(sha256.New, f.mac)
	h.Write([]byte(Encode([]byte(header)) + "." + body))
	return Encode(h.Sum(nil)[:16])
}

// Sign answers the 132 bytes R and S over what [Signed] answers. It is deterministic (RFC 6979).
func (f *Forge) Sign(signed string) []byte {
	r, s := f.RS(signed)
	return append(r.FillBytes(make([]byte, Size)), s.FillBytes(make([]byte, Size))...)
}

// RS is [Forge.Sign] as two numbers.
func (f *Forge) RS(signed string) (r, s *big.Int) {
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(f.DER(signed), &rs); err != nil {
		panic(err) // the standard library made it
	}
	return rs.R, rs.S
}

// DER is [Forge.Sign] in the encoding that JOSE does not use.
func (f *Forge) DER(signed string) []byte {
	digest := sha512.Sum512([]byte(signed))
	der, err := f.Key.Sign(nil, digest[:], crypto.SHA512)
	if err != nil {
		panic(err) // only for keys that New and GenerateKey do not make
	}
	return der
}

// Signed is what a signature covers.
func Signed(header, payload string) string {
	return Encode([]byte(header)) + "." + Encode([]byte(payload))
}

// Encode is base64url without padding.
func Encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Thumbprint is the RFC 7638 name of a P-521 key.
func Thumbprint(key *ecdsa.PublicKey) string {
	point, err := key.Bytes()
	if err != nil {
		panic(err) // only for a point off the curve
	}
	sum := sha256.Sum256([]byte(`{"crv":"P-521","kty":"EC","x":"` + Encode(point[1:1+Size]) + `","y":"` + Encode(point[1+Size:]) + `"}`))
	return Encode(sum[:])
}

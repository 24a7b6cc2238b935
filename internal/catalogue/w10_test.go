package catalogue

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"math/big"
	"net/http"
	"testing"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
)

// public puts another key into a registration.
func public(key []byte) func(*authtest.Answer) {
	return func(n *authtest.Answer) { n.PublicKey = key }
}

// hostileKeys are COSE_Keys that must not be kept.
func hostileKeys(t *testing.T) []tried {
	t.Helper()
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edwards, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	modulus := func(bits uint, e int) *rsa.PublicKey {
		n := new(big.Int).SetBit(big.NewInt(1), int(bits)-1, 1)
		return &rsa.PublicKey{N: n, E: e}
	}
	es256 := authtest.COSEKey(authtest.ES256, &p256.PublicKey)
	off := bytes.Clone(es256)
	off[len(off)-1] ^= 1
	return []tried{
		{"an algorithm that was not offered, ES256K", public(authtest.COSEKey(-47, &p256.PublicKey))},
		{"PS256", public(authtest.COSEKey(-37, modulus(2048, 65537)))},
		{"RS1", public(authtest.COSEKey(-65535, modulus(2048, 65537)))},
		{"no algorithm that exists", public(authtest.COSEKey(0, &p256.PublicKey))},
		{"ES256 with a P-384 key", public(authtest.COSEKey(authtest.ES256, &p384.PublicKey))},
		{"ES384 with a P-256 key", public(authtest.COSEKey(authtest.ES384, &p256.PublicKey))},
		{"a point off the curve", public(off)},
		{"RSA with exponent 1", public(authtest.COSEKey(authtest.RS256, modulus(2048, 1)))},
		{"RSA with exponent 3", public(authtest.COSEKey(authtest.RS256, modulus(2048, 3)))},
		{"RSA with an even exponent", public(authtest.COSEKey(authtest.RS256, modulus(2048, 65538)))},
		{"RSA with 1024 bits", public(authtest.COSEKey(authtest.RS256, modulus(1024, 65537)))},
		{"RSA with 65536 bits", public(authtest.COSEKey(authtest.RS256, modulus(65536, 65537)))},
		{"Ed25519 of 31 bytes", public(authtest.COSEKey(authtest.EdDSA, edwards[:31]))},
		{"Ed25519 of 33 bytes", public(authtest.COSEKey(authtest.EdDSA, append(edwards[:32:32], 0)))},
		{"an indefinite map", public(append(append([]byte{0xbf}, es256[1:]...), 0xff))},
		{"a name twice", public(append(append([]byte{0xa6}, es256[1:]...), 0x03, 0x26))},
		{"a depth of 1000", public(append(bytes.Repeat([]byte{0x81}, 1000), 0x01))},
		{"100 MB declared", public(binary.BigEndian.AppendUint32([]byte{0x5a}, 100<<20))},
		{"a map of 2^32-1 pairs", public([]byte{0xba, 0xff, 0xff, 0xff, 0xff})},
		{"an array of 2^64-1", public([]byte{0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})},
		{"no key", public([]byte{})},
		{"an empty map", public([]byte{0xa0})},
		{"a tag", public(append([]byte{0xc0}, es256...))},
		{"bytes behind the key", func(n *authtest.Answer) { n.Tail = []byte{0} }},
		{"extension data without a flag", func(n *authtest.Answer) { n.Tail = []byte{0xa0} }},
		{"a flag without extension data", authtest.WithFlags(upuv | authtest.AttestedData | authtest.ExtensionData)},
		{"a flag without attested data", func(n *authtest.Answer) { n.PublicKey = nil }},
		{"an attestation format that is not accepted", func(n *authtest.Answer) { n.Format = "fido-u2f" }},
		{"an attestation format that does not exist", func(n *authtest.Answer) { n.Format = "None" }},
		{"packed with another's signature", func(n *authtest.Answer) {
			n.Format = "packed"
			n.Sign = func([]byte) []byte { return []byte{0x30, 6, 2, 1, 1, 2, 1, 1} }
		}},
		{"an attestation object that is none", func(n *authtest.Answer) {
			n.JSON = func(_, response map[string]any) { response["attestationObject"] = "oA" }
		}},
		{"an attestation object with bytes behind it", func(n *authtest.Answer) {
			n.JSON = func(_, response map[string]any) {
				text, _ := response["attestationObject"].(string)
				response["attestationObject"] = text + "AAAA"
			}
		}},
	}
}

// TestW10_Keys: hostile keys and CBOR are refused and cost nothing.
func TestW10_Keys(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		e.refusesRegistrations(t, e.login(ada), &authtest.Authenticator{}, hostileKeys(t))
	})
}

// TestW10_Signatures: ECDSA signatures have one encoding.
func TestW10_Signatures(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		a := &authtest.Authenticator{}
		k := e.passkey(e.login(ada), a)
		change := func(f func(sig []byte) []byte) func(*authtest.Answer) {
			return func(n *authtest.Answer) {
				sign := n.Sign
				n.Sign = func(data []byte) []byte { return f(sign(data)) }
			}
		}
		e.refusesAssertions(t, a, k, []tried{
			{"bytes behind it", change(func(s []byte) []byte { return append(s, 0) })},
			{"a long length", change(func(s []byte) []byte { return append([]byte{0x30, 0x81, s[1]}, s[2:]...) })},
			{"a padded number", change(func(s []byte) []byte {
				out := append([]byte{0x30, s[1] + 1, 0x02, s[3] + 1, 0}, s[4:]...)
				return out
			})},
			{"r and s without an encoding", change(func([]byte) []byte { return make([]byte, 64) })},
			{"authenticator data of 36 bytes", func(n *authtest.Answer) {
				n.JSON = func(_, response map[string]any) {
					text, _ := response["authenticatorData"].(string)
					response["authenticatorData"] = text[:48]
				}
			}},
			{"bytes behind the authenticator data", func(n *authtest.Answer) { n.Tail = []byte{0} }},
			{"attested data flagged and missing", authtest.WithFlags(upuv | authtest.AttestedData)},
			{"extension data that is no map", func(n *authtest.Answer) { n.Flags |= authtest.ExtensionData; n.Tail = []byte{0x01} }},
		})
	})
}

// TestW10_Algorithms: everything that is offered works.
func TestW10_Algorithms(t *testing.T) {
	e := alone(t, auth.Config{})
	token := e.login(ada)
	for _, alg := range []int{authtest.ES256, authtest.ES384, authtest.ES512, authtest.EdDSA, authtest.RS256} {
		for _, format := range []string{"none", "packed"} {
			a := &authtest.Authenticator{Alg: alg}
			k := e.passkey(token, a, func(n *authtest.Answer) { n.Format = format })
			e.signsIn(t, e.assert(a.Assert(e.request(), k)), e.account(ada))
		}
	}
}

// TestW10_Shape: what is no credential at all is 400, and one whose challenge can be read spends it.
func TestW10_Shape(t *testing.T) {
	e := alone(t, auth.Config{})
	a := &authtest.Authenticator{}
	k := e.passkey(e.login(ada), a)
	for name, body := range map[string]string{
		"nothing": `{}`, "null": `{"credential":null}`, "a text": `{"credential":"x"}`, "an array": `{"credential":[]}`, "an empty object": `{"credential":{}}`,
		"no response":                   `{"credential":{"id":"AA","rawId":"AA","type":"public-key"}}`,
		"a name twice":                  `{"credential":{"id":"AA","id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30"}}}`,
		"another case":                  `{"credential":{"ID":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30"}}}`,
		"client data that is no object": `{"credential":{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"W10"}}}`,
		"client data in base64":         `{"credential":{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30="}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			e.refuses(t, http.StatusBadRequest, "invalid_request", func() answer { return e.post("/auth/webauthn/login/verify", body) })
		})
	}
	options := e.request()
	e.refuses(t, http.StatusBadRequest, "invalid_request", func() answer {
		return e.assert(a.Assert(options, k, func(n *authtest.Answer) { n.JSON = func(c, _ map[string]any) { c["id"] = "" } }))
	})
	e.refuses(t, http.StatusUnauthorized, "invalid_credentials", func() answer { return e.assert(a.Assert(options, k)) })
}

package jwt_test

import (
	"bytes"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/jwt"
)

func TestKeysComeBackFromTheirPEM(t *testing.T) {
	keys := generate(t)
	pkcs8 := privatePEM(t, keys)
	f := newFixture(t)
	key := forge.New(t, pkcs8, f.secret, issuer).Key
	der, err := x509.MarshalECPrivateKey(key)
	must(t, err)
	sec1 := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	parameters := pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 5, 0x2b, 0x81, 4, 0, 0x23}})
	for name, text := range map[string][]byte{
		"PKCS #8":               pkcs8,
		"SEC 1":                 sec1,
		"SEC 1 with parameters": append(parameters, sec1...),
		"escaped line breaks":   bytes.ReplaceAll(pkcs8, []byte("\n"), []byte(`\n`)),
		"CRLF":                  bytes.ReplaceAll(pkcs8, []byte("\n"), []byte("\r\n")),
		"escaped CRLF":          bytes.ReplaceAll(pkcs8, []byte("\n"), []byte(`\r\n`)),
		"no final line break":   bytes.TrimSpace(pkcs8),
	} {
		t.Run(name, func(t *testing.T) {
			again, err := jwt.ParseKeys(text)
			must(t, err)
			if again.ID() != keys.ID() || !bytes.Equal(privatePEM(t, again), pkcs8) {
				t.Error("another key")
			}
		})
	}
	if keys.ID() != forge.Thumbprint(&key.PublicKey) {
		t.Error("the id is not the RFC 7638 thumbprint")
	}
}

func TestPrivateKeysThatAreRefused(t *testing.T) {
	good := privatePEM(t, generate(t))
	block, _ := pem.Decode(good)
	encrypted := pem.EncodeToMemory(&pem.Block{
		Type: "EC PRIVATE KEY", Bytes: block.Bytes,
		Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"},
	})
	if _, err := jwt.ParseKeys(sec1Key(t, bytes.Repeat([]byte{1}, 66))); err != nil {
		t.Fatal("the scalars below are refused for another reason:", err)
	}
	for name, text := range map[string][]byte{
		"nothing":                 nil,
		"no PEM":                  []byte("secret"),
		"a public key":            publicPEM(t, generate(t)),
		"two private keys":        append(bytes.Clone(good), privatePEM(t, generate(t))...),
		"encrypted":               encrypted,
		"encrypted PKCS #8":       pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: block.Bytes}),
		"cut short":               good[:len(good)/2],
		"cut DER":                 pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: block.Bytes[:100]}),
		"empty DER":               pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY"}),
		"PKCS #8 called SEC 1":    pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: block.Bytes}),
		"parameters alone":        pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 1, 0}}),
		"a scalar of zero":        sec1Key(t, make([]byte, 66)),
		"a scalar of n":           sec1Key(t, elliptic.P521().Params().N.Bytes()),
		"a scalar beyond n":       sec1Key(t, bytes.Repeat([]byte{0xff}, 66)),
		"a scalar that is longer": sec1Key(t, bytes.Repeat([]byte{1}, 67)),
	} {
		t.Run(name, func(t *testing.T) { refusesKey(t, block.Bytes, text) })
	}
}

func TestPublicKeysThatAreRefused(t *testing.T) {
	keys := generate(t)
	block, _ := pem.Decode(publicPEM(t, keys))
	infinity := append(bytes.Clone(block.Bytes[:len(block.Bytes)-133]), make([]byte, 133)...)
	for name, text := range map[string][]byte{
		"nothing":       nil,
		"no PEM":        []byte("key"),
		"a private key": privatePEM(t, keys),
		"cut short":     pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: block.Bytes[:100]}),
		"a zero point":  pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: infinity}),
		"certificate":   pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate(t)}),
	} {
		t.Run(name, func(t *testing.T) {
			refusesKey(t, block.Bytes, privatePEM(t, keys), text)
			if keys.Match(text) == nil {
				t.Error("matches")
			}
		})
	}
}

func TestFurtherPublicKeysAreMerged(t *testing.T) {
	own, other, third := generate(t), generate(t), generate(t)
	both := append(publicPEM(t, other), publicPEM(t, third)...)
	keys, err := jwt.ParseKeys(privatePEM(t, own), publicPEM(t, own), publicPEM(t, other), both)
	must(t, err)
	f := newFixture(t)
	set := f.serve(t, keys, jwt.Options{Secret: f.secret}).JWKS()
	ids := []string{own.ID(), other.ID(), third.ID()}
	if n := strings.Count(string(set), `"kid"`); n != 3 {
		t.Fatalf("%d keys in %s", n, set)
	}
	for i := range ids[1:] {
		if strings.Index(string(set), ids[i]) > strings.Index(string(set), ids[i+1]) {
			t.Error("the signing key is not first, or the others are out of order")
		}
	}
	if strings.Contains(string(set), `"d"`) {
		t.Error("the set holds a private key")
	}
	t.Run("With changes a copy", func(t *testing.T) {
		if _, err := own.With(publicPEM(t, other)); err != nil {
			t.Fatal(err)
		}
		if set := f.serve(t, own, jwt.Options{Secret: f.secret}).JWKS(); strings.Contains(string(set), other.ID()) {
			t.Error("the original has the key")
		}
	})
	t.Run("Match wants one key", func(t *testing.T) {
		if own.Match(append(publicPEM(t, own), publicPEM(t, other)...)) == nil {
			t.Error("two keys match")
		}
	})
	t.Run("no more than 16", func(t *testing.T) {
		keys := own
		for range 15 {
			var err error
			keys, err = keys.With(publicPEM(t, generate(t)))
			must(t, err)
		}
		if _, err := keys.With(publicPEM(t, generate(t))); err == nil {
			t.Error("17 keys")
		}
	})
}

func TestKeysAndServiceDoNotPrintThemselves(t *testing.T) {
	f := newFixture(t)
	d, err := f.forge.Key.Bytes()
	must(t, err)
	for name, v := range map[string]any{"keys": f.keys, "keys by value": *f.keys, "service": f.service, "service by value": *f.service} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				fmt.Fprintf(&b, verb, v)
			}
			if s, ok := v.(interface {
				fmt.Stringer
				fmt.GoStringer
			}); ok {
				b.WriteString(s.String() + s.GoString())
			}
			slog.New(slog.NewTextHandler(&b, nil)).Info("x", "v", v)
			slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "v", v)
			text, err := json.Marshal(v)
			must(t, err)
			b.Write(text)
			for _, leak := range []string{string(d[:4]), hex.EncodeToString(d[1:5]), new(big.Int).SetBytes(d).String()[:12], "PRIVATE"} {
				if strings.Contains(b.String(), strings.Trim(leak, "[]")) {
					t.Errorf("%q shows the key", b.String())
				}
			}
			if n := strings.Count(b.String(), "[jwt "); n < 9 {
				t.Errorf("%d of 9 ways are hidden: %s", n, b.String())
			}
		})
	}
}

// sec1Key is a P-521 key file with any scalar.
func sec1Key(tb testing.TB, scalar []byte) []byte {
	tb.Helper()
	if len(scalar) > 100 {
		tb.Fatal("too long for a one-byte length")
	}
	octets := append([]byte{4, byte(len(scalar))}, scalar...)
	body := append([]byte{2, 1, 1}, octets...)
	body = append(body, 0xa0, 7, 6, 5, 0x2b, 0x81, 4, 0, 0x23)
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: append([]byte{0x30, byte(len(body))}, body...)})
}

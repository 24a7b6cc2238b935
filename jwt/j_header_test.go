package jwt_test

import (
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/testutil/forge"
)

// J-04: a key id is looked up among a handful of strings in memory, and nowhere else.
func TestJ04_KidInjection(t *testing.T) {
	f := newFixture(t)
	claims := f.forge.Claims("user", f.now)
	for name, kid := range map[string]string{
		"path":         `"../../../../dev/null"`,
		"proc":         `"/proc/self/environ"`,
		"SQL":          `"' OR 1=1--"`,
		"operator":     `"{\"$gt\":\"\"}"`,
		"object":       `{"$gt":""}`,
		"wildcard":     `"*"`,
		"prototype":    `"__proto__"`,
		"10 kB":        forge.Quote(strings.Repeat("k", 10_000)),
		"5 kB":         forge.Quote(strings.Repeat("k", 5_000)),
		"empty":        `""`,
		"null":         `null`,
		"number":       `1`,
		"array":        `["` + f.forge.KeyID + `"]`,
		"line breaks":  `"a\r\nb"`,
		"terminator":   `"` + f.forge.KeyID + `\u0000"`,
		"other case":   forge.Quote(swapCase(f.forge.KeyID)),
		"unknown":      forge.Quote(forge.Thumbprint(&ecKey(t, elliptic.P521()).PublicKey)),
		"Unicode text": forge.Quote(strings.Repeat("\u2028", 20)),
	} {
		t.Run(name, func(t *testing.T) {
			token := f.forge.Token(f.forge.Header("user").With("kid", kid), claims)
			f.refuses(t, token)
			_, err := f.service.Verify(token)
			reason := errors.Unwrap(err).Error()
			if len(reason) > 300 || strings.ContainsAny(reason, "\r\n\u2028") {
				t.Errorf("the reason is not fit for a log: %q", reason)
			}
		})
	}
	f.refuses(t, f.forge.Token(f.forge.Header("user").Without("kid"), claims))
}

// J-05: a key that the token brings along, or points to, is not looked at; with a genuine signature the token is refused
// all the same.
func TestJ05_KeysInTheHeader(t *testing.T) {
	f := newFixture(t)
	attacker := ecKey(t, elliptic.P521())
	forged := f.forge.WithKey(attacker)
	var connections atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { connections.Add(1) }))
	defer server.Close()
	cert := certificate(t)
	sum := sha256.Sum256(cert)
	point, err := attacker.PublicKey.Bytes()
	must(t, err)
	claims := f.forge.Claims("user", f.now)
	for name, value := range map[string]string{
		"jwk":      `{"kty":"EC","crv":"P-521","x":"` + forge.Encode(point[1:67]) + `","y":"` + forge.Encode(point[67:]) + `"}`,
		"jku":      forge.Quote(server.URL + "/jwks.json"),
		"x5u":      forge.Quote(server.URL + "/chain.pem"),
		"x5c":      `["` + base64.StdEncoding.EncodeToString(cert) + `"]`,
		"x5t#S256": forge.Quote(forge.Encode(sum[:])),
	} {
		t.Run(name, func(t *testing.T) {
			header := f.forge.Header("user").With(name, value)
			f.refuses(t, forged.Token(header, claims))
			f.refuses(t, forged.Token(header.Without("kid"), claims))
			f.refuses(t, f.forge.Token(header, claims))
		})
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

// J-06: header members that change what a token means, all signed with the genuine key.
func TestJ06_CriticalAndOtherHeaders(t *testing.T) {
	f := newFixture(t)
	claims := f.forge.Claims("user", f.now)
	header := f.forge.Header("user")
	f.accepts(t, f.forge.Token(header, claims))
	for name, h := range map[string]forge.Object{
		"unknown crit":              header.With("crit", `["x"]`).With("x", "1"),
		"empty crit":                header.With("crit", `[]`),
		"crit of a claim":           header.With("crit", `["exp"]`),
		"crit is a string":          header.With("crit", `"b64"`),
		"b64 false, payload coded":  header.With("crit", `["b64"]`).With("b64", "false"),
		"compressed":                header.With("zip", `"DEF"`),
		"nested":                    header.With("cty", `"JWT"`),
		"encrypted":                 header.With("enc", `"A256GCM"`),
		"any other member":          header.With("x", "1"),
		"alg twice":                 header.Adding("alg", `"ES512"`),
		"kid twice":                 header.Adding("kid", forge.Quote(f.forge.KeyID)),
		"alg twice, escaped":        header.Adding(`\u0061lg`, `"ES512"`),
		"alg in another case too":   header.Adding("Alg", `"none"`),
		"alg in another case alone": header.Without("alg").With("ALG", `"ES512"`),
	} {
		t.Run(name, func(t *testing.T) { f.refuses(t, f.forge.Token(h, claims)) })
	}
	t.Run("b64 false, payload raw", func(t *testing.T) {
		h := header.With("crit", `["b64"]`).With("b64", "false").String()
		signed := forge.Encode([]byte(h)) + "." + f.forge.WithMAC(h, claims.String())
		f.refuses(t, signed+"."+forge.Encode(f.forge.Sign(signed)))
	})
	t.Run("any order of the three is fine", func(t *testing.T) {
		f.accepts(t, f.forge.Token(forge.Object{header[2], header[0], header[1]}, claims))
	})
}

// certificate is a self-signed one, in DER.
func certificate(t *testing.T) []byte {
	t.Helper()
	key := ecKey(t, elliptic.P256())
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now, NotAfter: now.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	return der
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, s)
}

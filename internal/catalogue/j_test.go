package catalogue

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crafteasy/auth"
	"github.com/crafteasy/auth/authtest"
	"github.com/crafteasy/auth/internal/testutil/forge"
)

// forgeries are tokens that must not pass, one or more of each class of area J, each with a valid mac and, unless that is what is
// wrong, a valid signature: nothing but the one thing they are named after refuses them. Package jwt tries all variants.
func forgeries(t *testing.T, e *env, genuine string) map[string]string {
	t.Helper()
	id := e.account(ada)
	f := e.forge
	h, c := f.Header("user"), e.claims("user", id)
	stranger, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signed, signature := cutLast(genuine)
	parts := strings.Split(genuine, ".")
	all := map[string]string{
		"J-01 alg none, no signature":     unsigned(f, h.With("alg", `"none"`), c, nil),
		"J-01 alg none, signed":           f.Token(h.With("alg", `"none"`), c),
		"J-01 alg nOnE":                   unsigned(f, h.With("alg", `"nOnE"`), c, nil),
		"J-01 alg empty":                  f.Token(h.With("alg", `""`), c),
		"J-01 alg null":                   f.Token(h.With("alg", `null`), c),
		"J-01 alg in an array":            f.Token(h.With("alg", `["ES512"]`), c),
		"J-01 alg in lower case":          f.Token(h.With("alg", `"es512"`), c),
		"J-01 alg left out":               f.Token(h.Without("alg"), c),
		"J-02 HS512 with the public key":  unsigned(f, h.With("alg", `"HS512"`), c, publicPEM(t, f)),
		"J-02 HS512 with the empty key":   unsigned(f, h.With("alg", `"HS512"`), c, []byte{}),
		"J-03 ES512 by another key":       f.WithKey(stranger).Token(h, c),
		"J-03 ES256":                      f.Token(h.With("alg", `"ES256"`), c),
		"J-03 EdDSA":                      f.Token(h.With("alg", `"EdDSA"`), c),
		"J-04 kid of a file":              f.Token(h.With("kid", `"../../../../dev/null"`), c),
		"J-04 kid of a database":          f.Token(h.With("kid", `{"$gt":""}`), c),
		"J-04 kid of SQL":                 f.Token(h.With("kid", `"' OR 1=1--"`), c),
		"J-04 kid unknown":                f.Token(h.With("kid", `"nfc7v4yYBkXVgK8jIbMoUaHn3pI0fDJ0nZzP3sO8Xyw"`), c),
		"J-04 kid left out":               f.Token(h.Without("kid"), c),
		"J-04 kid twice":                  f.Token(h.Adding("kid", forge.Quote(f.KeyID)), c),
		"J-05 own key in jwk":             f.WithKey(stranger).Token(h.With("jwk", jwk(stranger)), c),
		"J-05 our signature beside a jwk": f.Token(h.With("jwk", jwk(f.Key)), c),
		"J-05 x5c":                        f.Token(h.With("x5c", `["MIIB"]`), c),
		"J-06 crit":                       f.Token(h.With("crit", `["x"]`).With("x", "1"), c),
		"J-06 crit empty":                 f.Token(h.With("crit", `[]`), c),
		"J-06 b64 false":                  f.Token(h.With("crit", `["b64"]`).With("b64", "false"), c),
		"J-06 zip":                        f.Token(h.With("zip", `"DEF"`), c),
		"J-06 cty":                        f.Token(h.With("cty", `"JWT"`), c),
		"J-08 exp left out":               f.Token(h, c.Without("exp")),
		"J-08 exp null":                   f.Token(h, c.With("exp", "null")),
		"J-08 exp as text":                f.Token(h, c.With("exp", `"9999999999"`)),
		"J-08 exp in the year 9999":       f.Token(h, c.With("exp", "253402300799")),
		"J-08 exp beyond every number":    f.Token(h, c.With("exp", "1e999")),
		"J-08 a life of two hours":        f.Token(h, c.With("exp", forge.Unix(e.Clock.Now().Add(2*time.Hour)))),
		"J-09 issued in the future":       f.Token(h, c.With("iat", forge.Unix(e.Clock.Now().Add(31*time.Second)))),
		"J-09 not before the future":      f.Token(h, c.With("nbf", forge.Unix(e.Clock.Now().Add(31*time.Second)))),
		"J-09 iat left out":               f.Token(h, c.Without("iat")),
		"J-10 another issuer":             f.Token(h, c.With("iss", `"https://auth.example/"`)),
		"J-10 another audience":           f.Token(h, c.With("aud", `"https://other.example"`)),
		"J-10 audience in an array":       f.Token(h, c.With("aud", `["https://auth.example"]`)),
		"J-10 audience of pre_auth":       f.Token(h, c.With("aud", `"https://auth.example/2fa"`)),
		"J-10 no subject":                 f.Token(h, c.Without("sub")),
		"J-10 an empty subject":           f.Token(h, c.With("sub", `""`)),
		"J-11 typ JWT":                    f.Token(h.With("typ", `"JWT"`), c),
		"J-11 typ at+jwt":                 f.Token(h.With("typ", `"at+jwt"`), c),
		"J-11 typ left out":               f.Token(h.Without("typ"), c),
		"J-11 typ of another kind":        f.Token(h.With("typ", `"preauth+jwt"`), c),
		"J-11 token_type of another kind": f.Token(h, c.With("token_type", `"service"`)),
		"J-13 DER":                        signed + "." + forge.Encode(f.DER(signed)),
		"J-13 131 bytes":                  signed + "." + forge.Encode(signature[:131]),
		"J-13 133 bytes":                  signed + "." + forge.Encode(append(slices.Clone(signature), 0)),
		"J-13 halves swapped":             signed + "." + forge.Encode(append(slices.Clone(signature[66:]), signature[:66]...)),
		"J-14 r and s zero":               signed + "." + forge.Encode(make([]byte, 132)),
		"J-14 r and s beyond the order":   signed + "." + forge.Encode(slices.Repeat([]byte{0xff}, 132)),
		"J-14 s negated":                  signed + "." + forge.Encode(negated(signature)),
		"J-14 a bit flipped":              signed + "." + forge.Encode(flipped(signature, 700)),
		"J-16 two parts":                  parts[0] + "." + parts[1],
		"J-16 four parts":                 genuine + "." + parts[2],
		"J-16 a dot behind":               genuine + ".",
		"J-16 padding":                    genuine + "=",
		"J-16 a blank inside":             parts[0] + ". " + parts[1] + "." + parts[2],
		"J-16 the JSON form":              fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, parts[0], parts[1], parts[2]),
		"J-16 other spare bits":           otherSpareBits(genuine),
		"J-16 in base64 of another kind":  strings.NewReplacer("-", "+", "_", "/").Replace(genuine) + "A",
		"J-18 payload null":               f.Raw(h.String(), "null"),
		"J-18 payload an array":           f.Raw(h.String(), "[]"),
		"J-18 payload empty":              f.TokenText(h.String(), `{"a":1}`),
		"J-18 a claim twice":              f.Token(h, c.Adding("sub", `"root"`)),
		"J-18 a claim in another case":    f.Token(h, c.Adding("SUB", `"root"`)),
		"J-18 bad UTF-8":                  f.Token(h, c.With("user_name", "\"\xff\"")),
		"J-18 a lone surrogate":           f.Token(h, c.With("user_name", `"\ud800"`)),
		"J-18 a second object behind":     f.Raw(h.String(), f.WithMAC(h.String(), c.String())+"{}"),
		"J-18 depth 10 000":               f.Token(h, c.With("extra", strings.Repeat(`{"a":`, 3000)+"1"+strings.Repeat("}", 3000))),
		"mac left out":                    f.Raw(h.String(), c.String()),
		"mac of another secret":           f.Raw(h.String(), strings.TrimSuffix(c.String(), "}")+`,"mac":"AAAAAAAAAAAAAAAAAAAAAA"}`),
		"mac first":                       f.Raw(h.String(), `{"mac":"AAAAAAAAAAAAAAAAAAAAAA",`+c.String()[1:]),
		"9 kB":                            f.Token(h, c.With("user_name", forge.Quote(strings.Repeat("a", 9000)))),
		"epoch negative":                  f.Token(h, c.With("epoch", "-1")),
	}
	return all
}

func cutLast(token string) (signed string, signature []byte) {
	i := strings.LastIndexByte(token, '.')
	signature, _ = base64.RawURLEncoding.DecodeString(token[i+1:])
	return token[:i], signature
}

// unsigned is the token with a MAC under the key in place of a signature, or with nothing there.
func unsigned(f *forge.Forge, h, c forge.Object, key []byte) string {
	signed := forge.Signed(h.String(), f.WithMAC(h.String(), c.String()))
	if key == nil {
		return signed + "."
	}
	sum := hmac.New(sha512.New, key)
	sum.Write([]byte(signed))
	return signed + "." + forge.Encode(sum.Sum(nil))
}

func publicPEM(t *testing.T, f *forge.Forge) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&f.Key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func jwk(key *ecdsa.PrivateKey) string {
	point, err := key.PublicKey.Bytes()
	if err != nil {
		panic(err) // only for a point off the curve
	}
	return fmt.Sprintf(`{"kty":"EC","crv":"P-521","x":%q,"y":%q}`, forge.Encode(point[1:67]), forge.Encode(point[67:]))
}

// negated is the other signature that verifies for the same bytes: S in place of n-S.
func negated(signature []byte) []byte {
	s := new(big.Int).Sub(elliptic.P521().Params().N, new(big.Int).SetBytes(signature[66:]))
	return append(slices.Clone(signature[:66]), s.FillBytes(make([]byte, 66))...)
}

func flipped(signature []byte, bit int) []byte {
	s := slices.Clone(signature)
	s[bit/8] ^= 1 << (bit % 8)
	return s
}

// otherSpareBits spells the last character of the header in the other way that decodes to the same bytes, where there is one.
func otherSpareBits(token string) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	parts := strings.Split(token, ".")
	for i, p := range parts[:2] {
		if len(p)%4 != 0 {
			last := strings.IndexByte(digits, p[len(p)-1])
			parts[i] = p[:len(p)-1] + string(digits[last|1])
			return strings.Join(parts, ".")
		}
	}
	return token + "\n"
}

// TestJ_Forgeries presents every one of them, by both headers and at every door: one and the same refusal, and nobody gets in.
func TestJ_Forgeries(t *testing.T) {
	e := alone(t, auth.Config{})
	dialled := listener(t)
	genuine := e.login(ada)
	all := forgeries(t, e, genuine)
	all["J-05 jku"] = e.forge.Token(e.forge.Header("user").With("jku", forge.Quote("http://"+dialled.addr)), e.claims("user", e.account(ada)))
	all["J-05 x5u"] = e.forge.Token(e.forge.Header("user").With("x5u", forge.Quote("http://"+dialled.addr)), e.claims("user", e.account(ada)))
	answers := map[string]answer{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		token := all[name]
		if name == "J-14 s negated" {
			continue // it is another signature over the same bytes, and verifies; see below
		}
		t.Run(name, func(t *testing.T) {
			e.Faults.Forget()
			answers[name] = e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", token) })
			answers[name+", Bearer"] = e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer {
				return e.do(http.MethodGet, "/open", "", header("Authorization", "Bearer "+token))
			})
			for _, path := range []string{"/auth/refresh", "/auth/logout"} {
				if name == "J-08 exp left out" || name == "J-08 exp null" {
					continue
				}
				answers[name+path] = e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.do(http.MethodPost, path, "", key(token)) })
			}
			if n := len(e.Faults.Calls()); n != 0 && name != "epoch negative" {
				t.Errorf("the back ends were asked %d times", n)
			}
		})
	}
	same(t, answers)
	if n := dialled.n.Load(); n != 0 {
		t.Errorf("%d connections were made for a header", n)
	}
	if strings.Contains(e.Logs(), "BEGIN") {
		t.Error("key material is in the log")
	}
	if !e.live(genuine) {
		t.Error("the genuine token is dead")
	}
}

// TestJ14_MalleableSignature: whoever holds a token can make a second signature for it. It is good for what the first is good for, and
// dies with it.
func TestJ14_MalleableSignature(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token := e.login(ada)
		signed, signature := cutLast(token)
		other := signed + "." + forge.Encode(negated(signature))
		if !e.live(other) || !e.live(token) {
			t.Error("whoever presents the twin first locks the owner out")
		}
		e.logout(token)
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.get("/app", other) })
		e.refuses(t, http.StatusUnauthorized, "invalid_token", func() answer { return e.refresh(other) })
	})
}

type dialled struct {
	addr string
	n    atomic.Int64
}

// listener counts who connects.
func listener(t *testing.T) *dialled {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &dialled{addr: l.Addr().String()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			d.n.Add(1)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return d
}

// TestJ09_Clock looks at a token about its end, by the test's clock: it is good strictly before its end and the leeway.
func TestJ09_Clock(t *testing.T) {
	each(t, auth.Config{}, func(t *testing.T, e *env) {
		token := e.login(ada)
		end := e.Clock.Now().Add(30 * time.Minute)
		for _, tt := range []struct {
			at   time.Time
			live bool
		}{
			{end.Add(-time.Second), true},
			{end, true},
			{end.Add(29 * time.Second), true},
			{end.Add(30 * time.Second), false},
			{end.Add(31 * time.Second), false},
		} {
			e.Clock.Set(tt.at)
			if e.live(token) != tt.live {
				t.Errorf("%v after its end the token is live: %v", tt.at.Sub(end), !tt.live)
			}
		}
	})
}

// TestJ11_SessionTokenElsewhere presents a session's token where another thing is asked for.
func TestJ11_SessionTokenElsewhere(t *testing.T) {
	e := alone(t, auth.Config{})
	token := e.login(ada)
	short := token[:60]
	for name, act := range map[string]func() answer{
		"as a code":      func() answer { return e.verify(ada, "", token) },
		"as a challenge": func() answer { return e.verify(ada, token, "123456") },
		"cut, as a handle": func() answer {
			return e.verify(ada, short, "123456")
		},
	} {
		t.Run(name, func(t *testing.T) {
			e.refuses(t, http.StatusUnauthorized, "invalid_code", act)
		})
	}
}

// TestJ_AnotherService presents the token of one service to another with the same keys, and with the same secret.
func TestJ_AnotherService(t *testing.T) {
	e := alone(t, auth.Config{})
	token := e.login(ada)
	for name, c := range map[string]auth.Config{
		"another secret":   {Issuer: issuer, Keys: e.Config.Keys},
		"another issuer":   {Issuer: "https://other.example", Keys: e.Config.Keys, Secret: e.Config.Secret},
		"another audience": {Issuer: issuer, Audience: "api", Keys: e.Config.Keys, Secret: e.Config.Secret},
	} {
		t.Run(name, func(t *testing.T) {
			c.Store, c.Now = e.Config.Store, e.Config.Now
			if p, err := authtest.New(t, c).Authenticate(t.Context(), token); err == nil {
				t.Errorf("it is taken for %+v", p)
			}
		})
	}
}

package jwt_test

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/jwt"
)

// steadyFixture has the same key and secret in every process, so that a corpus keeps its meaning.
func steadyFixture(tb testing.TB) *fixture {
	tb.Helper()
	f := newFixture(tb)
	var err error
	f.keys, err = jwt.ParseKeys(sec1Key(tb, bytes.Repeat([]byte{1}, 66)))
	must(tb, err)
	f.secret, err = secret.FromBytes([]byte("a secret that is known to everyone"))
	must(tb, err)
	f.service = f.serve(tb, f.keys, jwt.Options{Secret: f.secret})
	f.forge = forge.New(tb, privatePEM(tb, f.keys), f.secret, issuer)
	return f
}

// A token that is accepted is the one spelling of its payload: signing the payload again gives the same string.
func FuzzVerify(f *testing.F) {
	x := steadyFixture(f)
	for _, kind := range []jwt.TokenType{jwt.TypeUser, jwt.TypeService, jwt.TypePreAuth} {
		token := x.sign(f, x.payload(kind))
		f.Add(token)
		f.Add(token[:len(token)-1])
		f.Add(token + "=")
		f.Add(modified(token, 10))
		f.Add(x.forge.Token(x.forge.Header(string(kind)).With("crv", `"P-521"`), x.forge.Claims(string(kind), x.now)))
	}
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		for _, verify := range []func(string) (*jwt.TokenPayload, error){x.service.Verify, x.service.VerifyExpired} {
			p, err := verify(token)
			if err != nil {
				continue
			}
			if again := x.sign(t, *p); again != token {
				t.Errorf("%q says the same as %q", token, again)
			}
		}
	})
}

// A payload with a valid mac that is accepted survives being signed: what is read is what was meant.
func FuzzPayload(f *testing.F) {
	x := steadyFixture(f)
	for _, kind := range []string{"user", "service", "pre_auth"} {
		f.Add(x.forge.Header(kind).String(), x.forge.Claims(kind, x.now).String())
	}
	header, claims := x.forge.Header("user").String(), x.forge.Claims("user", x.now)
	f.Add(header, claims.With("extra", `{"a":[1.50,-0,1e400,"\u2028",{"b":null}]}`).With("epoch", "1").With("aal", "2").String())
	f.Add(header, claims.With("user_name", `"\ud83d\ude00"`).With("nbf", "1").With("later", `[[]]`).String())
	f.Add(header, claims.Adding("Sub", `"x"`).String())
	signature := "." + forge.Encode(make([]byte, 132))
	f.Fuzz(func(t *testing.T, header, claims string) {
		p, err := jwt.Examine(x.service, forge.Signed(header, x.forge.WithMAC(header, claims))+signature)
		if err != nil {
			return
		}
		again := x.accepts(t, x.sign(t, *p))
		if len(p.Extra) == 0 {
			p.Extra = nil
		}
		if !reflect.DeepEqual(p, again) {
			t.Errorf("%+v\nbecame\n%+v", p, again)
		}
	})
}

// Keys that are accepted come back the same from their own PEM.
func FuzzParseKeys(f *testing.F) {
	x := steadyFixture(f)
	own, other := publicPEM(f, x.keys), publicPEM(f, generate(f))
	f.Add(privatePEM(f, x.keys), own)
	f.Add(sec1Key(f, bytes.Repeat([]byte{1}, 66)), append(other, own...))
	f.Add(sec1Key(f, nil), own[:80])
	f.Add(bytes.ReplaceAll(privatePEM(f, x.keys), []byte("\n"), []byte(`\n`)), bytes.ReplaceAll(own, []byte("\n"), []byte(`\r\n`)))
	f.Fuzz(func(t *testing.T, private, public []byte) {
		keys, err := jwt.ParseKeys(private, public)
		if err != nil {
			return
		}
		again, err := jwt.ParseKeys(privatePEM(t, keys), publicPEM(t, keys))
		must(t, err)
		must(t, keys.Match(publicPEM(t, again)))
		if again.ID() != keys.ID() {
			t.Error("another key")
		}
	})
}

// A key set is taken with keys of distinct names, or not at all.
func FuzzJWK(f *testing.F) {
	x := steadyFixture(f)
	f.Add(x.service.JWKS())
	f.Add([]byte(`{"keys":[` + string(jwkOf(f, x.service)) + `,{"kty":"oct","k":"AA","kid":"a"},{"kty":"EC","crv":"P-521","x":"","y":"","kid":"b"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-521","x":"AA","y":"AA","use":"sig","alg":"ES512","kid":"c","key_ops":["verify"],"d":null}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		ids, err := jwt.ParseJWKS(text)
		if (err == nil) != (len(ids) > 0) || len(ids) > 16 {
			t.Fatal(ids, err)
		}
		slices.Sort(ids)
		if len(slices.Compact(slices.Clone(ids))) != len(ids) {
			t.Error("a name twice:", ids)
		}
	})
}

package jwt_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/jwt"
)

func TestThePublishedSetIsRead(t *testing.T) {
	f := newFixture(t)
	other := generate(t)
	keys, err := f.keys.With(publicPEM(t, other))
	must(t, err)
	ids, err := jwt.ParseJWKS(f.serve(t, keys, jwt.Options{Secret: f.secret}).JWKS())
	if err != nil || !slices.Equal(ids, []string{f.keys.ID(), other.ID()}) {
		t.Fatal(ids, err)
	}
	t.Run("JWKS answers a copy", func(t *testing.T) {
		clear(f.service.JWKS())
		if f.service.JWKS()[0] != '{' {
			t.Error("the caller can change the set")
		}
	})
}

func TestKeySets(t *testing.T) {
	f := newFixture(t)
	point, err := f.forge.Key.PublicKey.Bytes()
	must(t, err)
	x, y := forge.Encode(point[1:67]), forge.Encode(point[67:])
	good := forge.Object{}.With("kty", `"EC"`).With("crv", `"P-521"`).With("x", forge.Quote(x)).With("y", forge.Quote(y)).
		With("use", `"sig"`).With("alg", `"ES512"`).With("kid", `"a"`)
	set := func(keys ...forge.Object) string {
		var texts []string
		for _, k := range keys {
			texts = append(texts, k.String())
		}
		return `{"keys":[` + strings.Join(texts, ",") + `]}`
	}
	for name, k := range map[string]forge.Object{
		"as published":         good,
		"without use":          good.Without("use"),
		"without alg":          good.Without("alg"),
		"with key_ops":         good.With("key_ops", `["verify"]`),
		"with an unknown name": good.With("x5t", `"AAAA"`).With("exp", "1"),
	} {
		t.Run("a key that is taken: "+name, func(t *testing.T) {
			if ids, err := jwt.ParseJWKS([]byte(set(k))); err != nil || !slices.Equal(ids, []string{"a"}) {
				t.Error(ids, err)
			}
		})
	}
	for name, k := range map[string]forge.Object{
		"kty missing": good.Without("kty"), "kty RSA": good.With("kty", `"RSA"`), "kty oct": good.With("kty", `"oct"`), "kty ec": good.With("kty", `"ec"`),
		"crv missing": good.Without("crv"), "crv P-256": good.With("crv", `"P-256"`), "crv P-384": good.With("crv", `"P-384"`),
		"use enc": good.With("use", `"enc"`), "use null": good.With("use", `["sig"]`), "alg ES256": good.With("alg", `"ES256"`), "alg ES521": good.With("alg", `"ES521"`),
		"alg none": good.With("alg", `"none"`), "key_ops sign": good.With("key_ops", `["sign"]`), "key_ops empty": good.With("key_ops", `[]`),
		"kid missing": good.Without("kid"), "kid empty": good.With("kid", `""`), "kid number": good.With("kid", "1"), "kid long": good.With("kid", forge.Quote(strings.Repeat("k", 256))),
		"x missing": good.Without("x"), "x empty": good.With("x", `""`), "x short": good.With("x", forge.Quote(x[:84])), "x long": good.With("x", forge.Quote("AAAA"+x)),
		"x padded": good.With("x", forge.Quote(x+"=")), "x with a line break": good.With("x", forge.Quote(x[:4]+"\n"+x[4:])), "x null": good.With("x", "null"),
		"off the curve": good.With("y", forge.Quote(modified(y, 40))), "x and y swapped": good.With("x", forge.Quote(y)).With("y", forge.Quote(x)),
		"the zero point": good.With("x", forge.Quote(strings.Repeat("A", 88))).With("y", forge.Quote(strings.Repeat("A", 88))),
		"beyond p":       good.With("x", forge.Quote(forge.Encode([]byte(strings.Repeat("\xff", 66))))),
		"a private key":  good.With("d", forge.Quote(x)), "kid twice": good.Adding("kid", `"b"`), "an array": nil,
	} {
		t.Run("a key that is skipped: "+name, func(t *testing.T) {
			if ids, err := jwt.ParseJWKS([]byte(set(k))); err == nil {
				t.Error("taken:", ids)
			}
			if name == "kid twice" {
				return // no I-JSON, so the set as a whole is refused
			}
			if ids, err := jwt.ParseJWKS([]byte(set(good, k))); err != nil || !slices.Equal(ids, []string{"a"}) {
				t.Error("it spoils its neighbour:", ids, err)
			}
		})
	}
	var seventeen []forge.Object
	for i := range 17 {
		seventeen = append(seventeen, good.With("kid", fmt.Sprintf(`"%d"`, i)))
	}
	for name, text := range map[string]string{
		"nothing": "", "null": "null", "array": "[]", "no keys": "{}", "an empty set": `{"keys":[]}`, "keys is an object": `{"keys":{}}`, "keys twice": `{"keys":[],"keys":[]}`,
		"trailing data": set(good) + "{}", "two keys of one name": set(good, good), "17 keys": set(seventeen...), "bad UTF-8": set(good.With("x5c", "\"\xff\"")),
		"a bare key": good.String(),
	} {
		t.Run("a set that is refused: "+name, func(t *testing.T) {
			if ids, err := jwt.ParseJWKS([]byte(text)); err == nil {
				t.Error("taken:", ids)
			}
		})
	}
	if ids, err := jwt.ParseJWKS([]byte(set(seventeen[:16]...))); err != nil || len(ids) != 16 {
		t.Error("16 keys:", ids, err)
	}
}

// None of Wycheproof's key sets is for ES512, so each is refused as it is. Then each set of EC keys is given the curve,
// the algorithm and the coordinates of a good key wherever it has those of its own good key; what is wrong with it stays.
func TestWycheproofJWK(t *testing.T) {
	f := newFixture(t)
	point, err := f.forge.Key.PublicKey.Bytes()
	must(t, err)
	const theirX, theirY = "04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY", "UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw"
	transpose := strings.NewReplacer(
		theirX, forge.Encode(point[1:67]), theirY, forge.Encode(point[67:]),
		"UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgnw", modified(forge.Encode(point[67:]), 40),
		"ES256", "ES512", "P-256", "P-521")
	counterparts := 0
	for _, g := range wycheproofGroups(t, "json_web_key_test.json") {
		t.Run(g.Comment, func(t *testing.T) {
			text := g.Public
			if text == nil {
				text = g.Private
			}
			if ids, err := jwt.ParseJWKS(text); err == nil {
				t.Error("a set without ES512 keys gives", ids)
			}
			if g.Public == nil || !strings.Contains(string(text), `"crv"`) {
				return
			}
			counterparts++
			if ids, err := jwt.ParseJWKS([]byte(transpose.Replace(string(text)))); err == nil {
				t.Error("taken:", ids)
			}
		})
	}
	if counterparts != 6 {
		t.Errorf("%d counterparts, want 6", counterparts)
	}
	var sound struct{ Keys []map[string]string }
	must(t, json.Unmarshal(f.service.JWKS(), &sound))
	if len(sound.Keys) != 1 {
		t.Error(sound)
	}
}

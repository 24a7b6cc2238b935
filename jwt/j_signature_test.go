package jwt_test

import (
	"bytes"
	"crypto/elliptic"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/testutil"
	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/jwt"
)

// J-13: the right numbers in any other spelling.
func TestJ13_SignatureEncoding(t *testing.T) {
	f := newFixture(t)
	header, claims := f.forge.Header("user").String(), f.forge.Claims("user", f.now)
	// Signing is deterministic, so look for a payload whose R or S begins with a zero byte.
	var signed string
	var r, s *big.Int
	for i := 0; ; i++ {
		signed = forge.Signed(header, f.forge.WithMAC(header, claims.With("sid", fmt.Sprintf(`"s-%d"`, i)).String()))
		if r, s = f.forge.RS(signed); r.BitLen() <= 520 && s.BitLen() <= 520 {
			break
		}
	}
	genuine := f.forge.Sign(signed)
	f.accepts(t, signed+"."+forge.Encode(genuine))
	reversed := func(b []byte) []byte { b = bytes.Clone(b); slices.Reverse(b); return b }
	cases := map[string][]byte{
		"ASN.1 DER":                 f.forge.DER(signed),
		"leading zeros stripped":    append(r.Bytes(), s.Bytes()...),
		"leading zero of R moved":   append(r.Bytes(), s.FillBytes(make([]byte, 67))...),
		"halves swapped":            append(bytes.Clone(genuine[66:]), genuine[:66]...),
		"little endian":             append(reversed(genuine[:66]), reversed(genuine[66:])...),
		"little endian as a whole":  reversed(genuine),
		"one zero byte in front":    append([]byte{0}, genuine...),
		"one zero byte behind":      append(bytes.Clone(genuine), 0),
		"each half a byte longer":   append(r.FillBytes(make([]byte, 67)), s.FillBytes(make([]byte, 67))...),
		"each half a byte shorter":  append(genuine[1:66:66], genuine[67:]...),
		"each half twice as long":   append(r.FillBytes(make([]byte, 132)), s.FillBytes(make([]byte, 132))...),
		"the signature, then again": append(bytes.Clone(genuine), genuine...),
	}
	for _, n := range []int{0, 1, 64, 96, 131, 133, 134, 264} {
		cut := make([]byte, n)
		copy(cut, genuine)
		cases[fmt.Sprintf("%d bytes", n)] = cut
	}
	for name, signature := range cases {
		t.Run(name, func(t *testing.T) {
			token := signed + "." + forge.Encode(signature)
			f.refuses(t, token)
			if _, err := jwt.Examine(f.service, token); (err == nil) != (len(signature) == 132) {
				t.Error("the length is not judged before the curve:", err)
			}
		})
	}
}

// J-14: numbers at and beyond the edges of the group. All zero is CVE-2022-21449.
func TestJ14_SignatureValues(t *testing.T) {
	f := newFixture(t)
	header := f.forge.Header("user").String()
	signed := forge.Signed(header, f.forge.WithMAC(header, f.forge.Claims("user", f.now).String()))
	r, s := f.forge.RS(signed)
	n, p := elliptic.P521().Params().N, elliptic.P521().Params().P
	one := big.NewInt(1)
	values := map[string]*big.Int{
		"0": new(big.Int), "1": one, "n-1": new(big.Int).Sub(n, one), "n": n, "n+1": new(big.Int).Add(n, one), "p": p,
		"2^521-1": new(big.Int).Sub(new(big.Int).Lsh(one, 521), one), "2^528-1": new(big.Int).Sub(new(big.Int).Lsh(one, 528), one),
	}
	check := func(name string, r, s *big.Int) {
		t.Run(name, func(t *testing.T) {
			f.refuses(t, signed+"."+forge.Encode(append(r.FillBytes(make([]byte, 66)), s.FillBytes(make([]byte, 66))...)))
		})
	}
	for rn, rv := range values {
		check("r="+rn, rv, s)
		check("s="+rn, r, rv)
		for sn, sv := range values {
			check("r="+rn+" s="+sn, rv, sv)
		}
	}
	check("r plus n", new(big.Int).Add(r, n), s)
	check("s plus n", r, new(big.Int).Add(s, n))
}

// J-14: each of the 1056 bits counts.
func TestJ14_SignatureBitFlips(t *testing.T) {
	if testing.Short() || testutil.Race {
		t.Skip("pure curve arithmetic, slow under the race detector; plain 'go test ./jwt' runs it")
	}
	f := newFixture(t)
	token := f.sign(t, f.payload("user"))
	dot := strings.LastIndexByte(token, '.')
	signature := f.forge.Sign(token[:dot])
	if forge.Encode(signature) != token[dot+1:] {
		t.Fatal("the service signs differently")
	}
	for i := range 8 * len(signature) {
		signature[i/8] ^= 1 << (i % 8)
		if _, err := f.service.Verify(token[:dot+1] + forge.Encode(signature)); err == nil {
			t.Errorf("bit %d does not count", i)
		}
		signature[i/8] ^= 1 << (i % 8)
	}
}

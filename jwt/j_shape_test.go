package jwt_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/crafteasy/auth/internal/testutil/forge"
)

// J-16: three segments with dots between them, and nothing else.
func TestJ16_SegmentShape(t *testing.T) {
	f := newFixture(t)
	token := f.sign(t, f.payload("user"))
	parts := strings.Split(token, ".")
	header, payload, signature := parts[0], parts[1], parts[2]
	flattened, err := json.Marshal(map[string]string{"protected": header, "payload": payload, "signature": signature})
	must(t, err)
	general, err := json.Marshal(map[string]any{
		"payload": payload, "signatures": []any{map[string]string{"protected": header, "signature": signature}},
	})
	must(t, err)
	for name, s := range map[string]string{
		"nothing":               "",
		"1 segment":             header,
		"2 segments":            header + "." + payload,
		"4 segments":            token + "." + signature,
		"5 segments, a JWE":     header + "." + payload + "." + signature + "." + payload + "." + signature,
		"leading dot":           "." + token,
		"trailing dot":          token + ".",
		"two dots":              "..",
		"three dots":            "...",
		"one dot":               ".",
		"flattened JSON":        string(flattened),
		"general JSON":          string(general),
		"a blank in front":      " " + token,
		"a blank behind":        token + " ",
		"a line break behind":   token + "\n",
		"a line break within":   header + "." + payload[:8] + "\r\n" + payload[8:] + "." + signature,
		"a tab for a dot":       header + "\t" + payload + "." + signature,
		"NUL behind":            token + "\x00",
		"Bearer in front":       "Bearer " + token,
		"padding":               header + "." + payload + "." + signature + "==",
		"padded payload":        header + "." + payload + "=." + signature,
		"standard alphabet":     strings.NewReplacer("-", "+", "_", "/").Replace(token) + "+",
		"percent encoding":      strings.ReplaceAll(token, ".", "%2E"),
		"full-width dot":        strings.ReplaceAll(token, ".", "．"),
		"a thousand dots":       strings.Repeat(".", 1000),
		"longer than 8 KiB":     strings.Repeat("A", 8<<10+1),
		"a million dots":        strings.Repeat(".", 1_000_000),
		"8 KiB of one segment":  strings.Repeat("A", 8<<10),
		"8 KiB in three":        strings.Repeat("A", 4000) + "." + strings.Repeat("A", 4000) + "." + signature,
		"stray bits, header":    stray(t, header) + "." + payload + "." + signature,
		"stray bits, payload":   header + "." + stray(t, payload) + "." + signature,
		"stray bits, signature": header + "." + payload + "." + signature[:len(signature)-1] + swapCase(signature[len(signature)-1:]) + "A",
	} {
		t.Run(name, func(t *testing.T) { f.refuses(t, s) })
	}
	f.accepts(t, token)
	for name, s := range map[string]string{
		"empty header":    "." + payload + "." + signature,
		"empty payload":   header + ".." + signature,
		"empty signature": header + "." + payload + ".",
	} {
		t.Run(name, func(t *testing.T) { f.refusesBecause(t, s, "not three segments") })
	}
}

// A token of 8 KiB is looked at, one of a byte more is not, genuine or not.
func TestJ16_Size(t *testing.T) {
	f := newFixture(t)
	sized := func(n int) string {
		return f.forge.Token(f.forge.Header("user"), f.forge.Claims("user", f.now).With("extra", `{"x":"`+strings.Repeat("x", n)+`"}`))
	}
	n := 5000
	for len(sized(n+1)) <= 8<<10 {
		n++
	}
	f.accepts(t, sized(n))
	f.refuses(t, sized(n+1))
}

// Stray bits are the ones in the last character of a segment that belong to no byte. The genuine key signs them here.
func TestJ16_StrayBitsAreRefusedEvenWhenSigned(t *testing.T) {
	f := newFixture(t)
	for length := range 3 {
		claims := f.forge.Claims("user", f.now).With("origin_app", forge.Quote("w"+strings.Repeat("x", length)))
		header := f.forge.Header("user").String()
		payload := f.forge.WithMAC(header, claims.String())
		f.accepts(t, f.forge.Raw(header, payload))
		segment := forge.Encode([]byte(payload))
		if len(segment)%4 == 0 {
			continue // every bit of the last character belongs to a byte
		}
		signed := forge.Encode([]byte(header)) + "." + stray(t, segment)
		f.refuses(t, signed+"."+forge.Encode(f.forge.Sign(signed)))
	}
}

// stray sets the lowest bit of the last character.
func stray(t *testing.T, segment string) string {
	t.Helper()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(segment) - 1
	return segment[:last] + string(alphabet[strings.IndexByte(alphabet, segment[last])^1])
}

// J-18: a payload that is no JSON object of I-JSON (RFC 7493), or no decent one, signed with the genuine key. What takes a
// mac has a valid one.
func TestJ18_PayloadShape(t *testing.T) {
	f := newFixture(t)
	header := f.forge.Header("user").String()
	claims := f.forge.Claims("user", f.now)
	good := claims.String()
	sealed := f.forge.WithMAC(header, good)
	f.accepts(t, f.forge.Raw(header, sealed))
	for name, payload := range map[string]string{
		"null": "null", "array": "[]", "string": `"x"`, "number": "1", "empty object": "{}", "empty object with a mac": `{"mac":"AAAAAAAAAAAAAAAAAAAAAA"}`,
		"nothing but blanks": "   ", "a byte order mark": "\ufeff" + good, "a second object": good + "{}",
		"UTF-16": utf16(good), "an array around it": "[" + good + "]", "depth 10000": strings.Repeat("[", 10_000),
		"a comment": "/**/" + good, "single quotes": strings.ReplaceAll(good, `"`, `'`),
	} {
		t.Run(name, func(t *testing.T) {
			f.refuses(t, f.forge.Raw(header, payload))
			f.refuses(t, f.forge.TokenText(header, payload))
		})
	}
	for name, payload := range map[string]string{
		"a second object behind the mac": sealed + "{}", "a line break behind the mac": sealed + "\n", "a blank before the end": strings.TrimSuffix(sealed, "}") + " }",
	} {
		t.Run(name, func(t *testing.T) { f.refuses(t, f.forge.Raw(header, payload)) })
	}
	deep := strings.Repeat(`{"a":`, 500) + "1" + strings.Repeat("}", 500)
	for name, c := range map[string]forge.Object{
		"invalid UTF-8":            claims.With("user_name", "\"\xff\xfe\""),
		"invalid UTF-8 in a name":  claims.With("x\xff", "1"),
		"overlong UTF-8":           claims.With("user_name", "\"\xc0\xaf\""),
		"a lone surrogate":         claims.With("user_name", `"\ud800"`),
		"surrogates reversed":      claims.With("user_name", `"\udc00\ud800"`),
		"sub with NUL":             claims.With("sub", `"user\u0000"`),
		"sub with CRLF":            claims.With("sub", `"user\r\n1"`),
		"sub with a raw CR":        claims.With("sub", "\"user\r1\""),
		"sub with a C1 control":    claims.With("sub", `"user\u0085"`),
		"sub twice":                claims.Adding("sub", `"user-2"`),
		"sub twice, escaped":       claims.Adding(`\u0073ub`, `"user-2"`),
		"sub in another case":      claims.Adding("Sub", `"user-2"`),
		"an escaped name":          claims.With(`\u0074enant_id`, `"t"`),
		"token_type without _":     claims.Adding("tokentype", `"service"`),
		"scope with a long s":      claims.Adding("ſcope", `"system"`),
		"extra nested deeply":      claims.With("extra", deep),
		"unknown, nested deeply":   claims.With("x", deep),
		"extra is null":            claims.With("extra", "null"),
		"extra is an array":        claims.With("extra", "[]"),
		"extra with a name twice":  claims.With("extra", `{"a":1,"a":2}`),
		"amr is a string":          claims.With("amr", `"totp"`),
		"amr with null":            claims.With("amr", `["totp",null]`),
		"amr with an array":        claims.With("amr", `[["totp"]]`),
		"amr of 17":                claims.With("amr", `["a"`+strings.Repeat(`,"a"`, 16)+`]`),
		"scope unknown":            claims.With("scope", `"root"`),
		"is_system_user is text":   claims.With("is_system_user", `"true"`),
		"is_system_user is a 1":    claims.With("is_system_user", "1"),
		"is_system_user is null":   claims.With("is_system_user", "null"),
		"epoch negative":           claims.With("epoch", "-1"),
		"epoch beyond 2^53":        claims.With("epoch", "9007199254740993"),
		"aal 3":                    claims.With("aal", "3"),
		"mac before the end":       claims.With("mac", `"AAAAAAAAAAAAAAAAAAAAAA"`),
		"mac before the end, case": claims.With("MAC", `"AAAAAAAAAAAAAAAAAAAAAA"`),
		"a number with a zero":     claims.With("x", "01"),
		"NaN":                      claims.With("x", "NaN"),
		"a comma too many":         claims.With("x", "1,"),
	} {
		t.Run(name, func(t *testing.T) { f.refuses(t, f.forge.Token(f.forge.Header("user"), c)) })
	}
	t.Run("a claim of a later version is ignored", func(t *testing.T) {
		f.accepts(t, f.forge.Token(f.forge.Header("user"), claims.With("later", `{"a":[1]}`)))
	})
}

func utf16(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(0)
	}
	return b.String()
}

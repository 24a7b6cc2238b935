package jwt_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/jwt"
)

func TestEveryFieldComesBack(t *testing.T) {
	f := newFixture(t)
	for _, kind := range []jwt.TokenType{jwt.TypeUser, jwt.TypeService, jwt.TypePreAuth} {
		t.Run(string(kind), func(t *testing.T) {
			want := f.payload(kind)
			got := f.accepts(t, f.sign(t, want))
			want.Issuer, want.Audience = issuer, issuer
			if kind == jwt.TypePreAuth {
				want.Audience = issuer + "/2fa"
			}
			if !reflect.DeepEqual(*got, want) {
				t.Errorf("got  %+v\nwant %+v", *got, want)
			}
			if again := f.sign(t, *got); again != f.sign(t, want) {
				t.Error("the payload of a token gives another token")
			}
		})
	}
}

func TestSigningIsDeterministic(t *testing.T) {
	f := newFixture(t)
	p := f.payload(jwt.TypeUser)
	token := f.sign(t, p)
	for range 3 {
		if f.sign(t, p) != token {
			t.Fatal("two tokens of one payload")
		}
	}
	p.TokenID = "another"
	other := f.sign(t, p)
	if other[len(other)-176:] == token[len(token)-176:] {
		t.Error("one signature for two payloads")
	}
	t.Run("Extra in any order of insertion", func(t *testing.T) {
		extra := map[string]any{}
		for i := range 20 {
			extra[string(rune('t'-i))] = map[string]any{"b": 1, "a": 2}
		}
		p.Extra = extra
		want := f.sign(t, p)
		for range 10 {
			if f.sign(t, p) != want {
				t.Fatal("the order of a map shows")
			}
		}
	})
}

// RFC 6979 appendix A.2.7, SHA-512: no randomness, and no other way to make the nonce.
func TestRFC6979(t *testing.T) {
	keys, err := jwt.ParseKeys(sec1Key(t, unhex(t, "00FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75CA"+
		"A896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83538")))
	must(t, err)
	for text, want := range map[string]string{
		"sample": "00C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F174E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E377FA" +
			"00617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF282623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A67A",
		"test": "013E99020ABF5CEE7525D16B69B229652AB6BDF2AFFCAEF38773B4B7D08725F10CDB93482FDCC54EDCEE91ECA4166B2A7C6265EF0CE2BD7051B7CEF945BABD47EE6D" +
			"01FBD0013C674AA79CB39849527916CE301C66EA7CE8B80682786AD60F98F7E78A19CA69EFF5C57400E3B3A0AD66CE0978214D13BAF4E9AC60752F7B155E2DE4DCE3",
	} {
		got, err := jwt.SignText(keys, text)
		must(t, err)
		if !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("%s gives %X", text, got)
		}
	}
}

// The layout is a contract with whoever reads tokens, and with instances of other versions.
func TestTheLayoutOfAToken(t *testing.T) {
	f := newFixture(t)
	p := jwt.TokenPayload{
		TokenID: "id", TokenType: jwt.TypeUser, UserID: "u", UserName: "<&>", OriginApp: "web",
		IssuedAt: f.now.Add(time.Millisecond), ExpiresAt: f.now.Add(time.Minute + time.Millisecond), Extra: map[string]any{"auth_method": "x"},
	}
	header, payload, _ := parts(t, f.sign(t, p))
	if want := `{"alg":"ES512","kid":"` + f.keys.ID() + `","typ":"user+jwt"}`; header != want {
		t.Errorf("header %s, want %s", header, want)
	}
	want := f.forge.WithMAC(header, `{"iss":"https://issuer.example","aud":"https://issuer.example","sub":"u","iat":1775390400,"exp":1775390460,`+
		`"jti":"id","token_type":"user","user_name":"<&>","origin_app":"web","is_system_user":false,"extra":{"auth_method":"x"}}`)
	if payload != want {
		t.Errorf("payload %s\nwant    %s", payload, want)
	}
	t.Run("empty claims are left out", func(t *testing.T) {
		p.UserName, p.Extra, p.Methods = "", map[string]any{}, []string{}
		_, payload, _ := parts(t, f.sign(t, p))
		var m map[string]any
		must(t, json.Unmarshal([]byte(payload), &m))
		for _, name := range []string{"user_name", "tenant_id", "partner_id", "scope", "sid", "auth_time", "epoch", "aal", "amr", "extra"} {
			if v, ok := m[name]; ok {
				t.Errorf("%s is %v", name, v)
			}
		}
	})
}

func TestExtraComesBackOrIsRefused(t *testing.T) {
	f := newFixture(t)
	for name, value := range map[string]any{
		"text": "ünï <&>\u2028", "number": 1.5, "whole number": 5, "the largest exact": 1 << 53, "list": []any{"a", 1.0, nil},
		"typed": struct {
			A int `json:"a"`
		}{1}, "object": map[string]any{"sub": "nobody", "token_type": "service", "mac": "x"}, "bytes": []byte{1, 2}, "empty": map[string]any{},
	} {
		t.Run(name, func(t *testing.T) {
			p := f.payload(jwt.TypeUser)
			p.Extra = map[string]any{"v": value}
			got := f.accepts(t, f.sign(t, p))
			if got.UserID != p.UserID || got.TokenType != p.TokenType {
				t.Fatal("Extra reached the claims")
			}
			in, err := json.Marshal(value)
			must(t, err)
			out, err := json.Marshal(got.Extra["v"])
			must(t, err)
			if string(in) != string(out) {
				t.Errorf("%s came back as %s", in, out)
			}
		})
	}
	for name, value := range map[string]any{
		"a number beyond 2^53": int64(1<<53 + 1), "NaN": math.NaN(), "a channel": make(chan int), "bad UTF-8": "\xff",
		"nested too deeply": nest(20), "too large": strings.Repeat("x", 8<<10), "duplicate names": json.RawMessage(`{"a":1,"a":2}`),
	} {
		t.Run(name, func(t *testing.T) {
			p := f.payload(jwt.TypeUser)
			p.Extra = map[string]any{"v": value}
			if _, err := f.service.Sign(p); err == nil {
				t.Error("signed")
			}
		})
	}
}

// Whatever Verify would refuse is not signed in the first place.
func TestSignRefuses(t *testing.T) {
	f := newFixture(t)
	for name, change := range map[string]func(p *jwt.TokenPayload){
		"no token id":            func(p *jwt.TokenPayload) { p.TokenID = "" },
		"no user id":             func(p *jwt.TokenPayload) { p.UserID = "" },
		"a control in an id":     func(p *jwt.TokenPayload) { p.UserID = "a\nb" },
		"bad UTF-8":              func(p *jwt.TokenPayload) { p.UserName = "\xff" },
		"a long id":              func(p *jwt.TokenPayload) { p.SessionID = strings.Repeat("s", 256) },
		"a long name":            func(p *jwt.TokenPayload) { p.UserName = strings.Repeat("s", 1025) },
		"no type":                func(p *jwt.TokenPayload) { p.TokenType = "" },
		"an unknown type":        func(p *jwt.TokenPayload) { p.TokenType = "admin" },
		"another issuer":         func(p *jwt.TokenPayload) { p.Issuer = "https://other.example" },
		"another audience":       func(p *jwt.TokenPayload) { p.Audience = issuer + "/2fa" },
		"an unknown scope":       func(p *jwt.TokenPayload) { p.Scope = "root" },
		"no iat":                 func(p *jwt.TokenPayload) { p.IssuedAt = time.Time{} },
		"no exp":                 func(p *jwt.TokenPayload) { p.ExpiresAt = time.Time{} },
		"a life over the cap":    func(p *jwt.TokenPayload) { p.ExpiresAt = p.IssuedAt.Add(time.Hour + time.Second) },
		"no life at all":         func(p *jwt.TokenPayload) { p.ExpiresAt = p.IssuedAt },
		"an expired token":       func(p *jwt.TokenPayload) { p.IssuedAt, p.ExpiresAt = f.now.Add(-time.Hour), f.now.Add(-time.Minute) },
		"a token of the future":  func(p *jwt.TokenPayload) { p.IssuedAt = f.now.Add(time.Minute) },
		"proof from the future":  func(p *jwt.TokenPayload) { p.AuthTime = f.now.Add(time.Minute) },
		"a time before 1970":     func(p *jwt.TokenPayload) { p.AuthTime = time.Unix(-1, 0) },
		"a negative epoch":       func(p *jwt.TokenPayload) { p.Epoch = -1 },
		"an epoch over 2^53":     func(p *jwt.TokenPayload) { p.Epoch = 1 << 60 },
		"a level that is not":    func(p *jwt.TokenPayload) { p.AAL = 3 },
		"a negative level":       func(p *jwt.TokenPayload) { p.AAL = -1 },
		"an empty method":        func(p *jwt.TokenPayload) { p.Methods = []string{""} },
		"too many methods":       func(p *jwt.TokenPayload) { p.Methods = make([]string, 17) },
		"more than 8 KiB in all": func(p *jwt.TokenPayload) { p.Extra = map[string]any{"x": strings.Repeat("x", 5800)} },
	} {
		t.Run(name, func(t *testing.T) {
			p := f.payload(jwt.TypeUser)
			change(&p)
			if token, err := f.service.Sign(p); token != "" || err == nil {
				t.Error("signed")
			}
		})
	}
	t.Run("pre_auth over 10 minutes", func(t *testing.T) {
		p := f.payload(jwt.TypePreAuth)
		p.ExpiresAt = p.IssuedAt.Add(10*time.Minute + time.Second)
		if _, err := f.service.Sign(p); err == nil {
			t.Error("signed")
		}
	})
}

// The half of a signature with leading zeros keeps its 66 bytes; one in two has some.
func TestShortHalvesArePadded(t *testing.T) {
	f := newFixture(t)
	p := f.payload(jwt.TypeUser)
	for i := range 12 {
		p.TokenID = strings.Repeat("x", i+1)
		token := f.sign(t, p)
		signed := token[:strings.LastIndexByte(token, '.')]
		if token != signed+"."+forge.Encode(f.forge.Sign(signed)) {
			t.Fatal("another signature than big.Int writes")
		}
	}
}

func parts(t *testing.T, token string) (header, payload string, signature []byte) {
	t.Helper()
	var out [3][]byte
	for i, segment := range strings.Split(token, ".") {
		b, err := base64.RawURLEncoding.DecodeString(segment)
		must(t, err)
		out[i] = b
	}
	return string(out[0]), string(out[1]), out[2]
}

func nest(n int) any {
	if n == 0 {
		return 1
	}
	return map[string]any{"a": nest(n - 1)}
}

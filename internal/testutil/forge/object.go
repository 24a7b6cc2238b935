package forge

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Member is a member of a JSON object: a name as it is written between the quotes, and a value in JSON.
type Member struct{ Name, JSON string }

// Object is a JSON object in its order. Nothing keeps its names unique or its values valid.
type Object []Member

// With answers the object with the value replaced, or added at the end.
func (o Object) With(name, value string) Object {
	o = slices.Clone(o)
	if i := o.index(name); i >= 0 {
		o[i].JSON = value
		return o
	}
	return append(o, Member{name, value})
}

// Adding answers the object with the member at the end, whether it has one of that name or not.
func (o Object) Adding(name, value string) Object {
	return append(slices.Clone(o), Member{name, value})
}

// Without answers the object without the member.
func (o Object) Without(name string) Object {
	return slices.DeleteFunc(slices.Clone(o), func(m Member) bool { return m.Name == name })
}

func (o Object) index(name string) int {
	return slices.IndexFunc(o, func(m Member) bool { return m.Name == name })
}

// String is the object in JSON without blanks.
func (o Object) String() string {
	var b strings.Builder
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + m.Name + `":` + m.JSON)
	}
	b.WriteByte('}')
	return b.String()
}

// Quote is a text as a JSON string.
func Quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(b)
}

// Unix is a time as a JSON number.
func Unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// types are the "typ" headers by kind.
var types = map[string]string{"user": "user+jwt", "pre_auth": "preauth+jwt", "service": "service+jwt"}

// Header is the header of a genuine token of the kind "user", "pre_auth" or "service".
func (f *Forge) Header(kind string) Object {
	return Object{{"alg", `"ES512"`}, {"kid", Quote(f.KeyID)}, {"typ", Quote(types[kind])}}
}

// Claims are the claims of a genuine token of the kind, issued now for five minutes, without the mac.
func (f *Forge) Claims(kind string, now time.Time) Object {
	audience := f.Issuer
	if kind == "pre_auth" {
		audience += "/2fa"
	}
	return Object{
		{"iss", Quote(f.Issuer)},
		{"aud", Quote(audience)},
		{"sub", `"user-1"`},
		{"iat", Unix(now)},
		{"exp", Unix(now.Add(5 * time.Minute))},
		{"jti", `"AAAAAAAAAAAAAAAAAAAAAA"`},
		{"token_type", Quote(kind)},
		{"origin_app", `"web"`},
		{"is_system_user", "false"},
		{"sid", `"session-1"`},
		{"auth_time", Unix(now)},
		{"amr", `["email_otp"]`},
	}
}

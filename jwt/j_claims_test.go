package jwt_test

import (
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/jwt"
)

// J-08: an end that is no time, or too far away.
func TestJ08_Expiry(t *testing.T) {
	f := newFixture(t)
	header, claims := f.forge.Header("user"), f.forge.Claims("user", f.now)
	for name, exp := range map[string]string{
		"null": "null", "0": "0", "-1": "-1", "string": forge.Quote(forge.Unix(f.now.Add(time.Minute))), "true": "true",
		"array": "[]", "object": "{}", "1e300": "1e300", "1e999": "1e999", "the largest int64": "9223372036854775807",
		"beyond int64": "9223372036854775808", "2^64 and a minute": "18446744073709551676", "year 9999": "253402300799",
		"fraction": forge.Unix(f.now.Add(time.Minute)) + ".5", "exponent": "1.775391e9",
	} {
		t.Run(name, func(t *testing.T) { f.refuses(t, f.forge.Token(header, claims.With("exp", exp))) })
	}
	t.Run("missing", func(t *testing.T) {
		f.refusesBecause(t, f.forge.Token(header, claims.Without("exp")), "no iat or exp")
	})
	for kind, life := range map[string]time.Duration{"user": time.Hour, "service": time.Hour, "pre_auth": 10 * time.Minute} {
		t.Run("the longest life of "+kind, func(t *testing.T) {
			c := f.forge.Claims(kind, f.now)
			f.accepts(t, f.forge.Token(f.forge.Header(kind), c.With("exp", forge.Unix(f.now.Add(life)))))
			f.refuses(t, f.forge.Token(f.forge.Header(kind), c.With("exp", forge.Unix(f.now.Add(life+time.Second)))))
		})
	}
}

// J-09: the clock at its edges. The leeway is 30 seconds.
func TestJ09_ClockBoundaries(t *testing.T) {
	f := newFixture(t)
	issued, header := f.now, f.forge.Header("user")
	claims := f.forge.Claims("user", issued)
	end, leeway := issued.Add(5*time.Minute), f.service.Leeway()
	if leeway != 30*time.Second {
		t.Fatal("leeway", leeway)
	}
	token := f.forge.Token(header, claims)
	for name, c := range map[string]struct {
		now  time.Time
		want bool
	}{
		"a second before exp":            {end.Add(-time.Second), true},
		"at exp":                         {end, true},
		"a second before exp and leeway": {end.Add(leeway - time.Second), true},
		"a tick before exp and leeway":   {end.Add(leeway - 1), true},
		"at exp and leeway":              {end.Add(leeway), false},
		"a second after":                 {end.Add(leeway + time.Second), false},
		"iat in the future, in leeway":   {issued.Add(-leeway), true},
		"iat in the future, beyond":      {issued.Add(-leeway - time.Second), false},
	} {
		t.Run(name, func(t *testing.T) {
			f.now = c.now
			if _, err := f.service.Verify(token); (err == nil) != c.want {
				t.Errorf("accepted: %v", err == nil)
			}
		})
	}
	f.now = issued
	at := func(d time.Duration) string { return forge.Unix(issued.Add(d)) }
	for name, c := range map[string]forge.Object{
		"nbf beyond the leeway": claims.With("nbf", at(leeway+time.Second)),
		"nbf is a string":       claims.With("nbf", forge.Quote(at(0))),
		"nbf is null":           claims.With("nbf", "null"),
		"iat beyond the leeway": claims.With("iat", at(leeway+time.Second)),
		"iat is a string":       claims.With("iat", forge.Quote(at(0))),
		"iat after exp":         claims.With("iat", at(20*time.Second)).With("exp", at(10*time.Second)),
		"iat at exp":            claims.With("iat", at(10*time.Second)).With("exp", at(10*time.Second)),
		"auth_time after iat":   claims.With("auth_time", at(leeway+time.Second)),
	} {
		t.Run(name, func(t *testing.T) { f.refuses(t, f.forge.Token(header, c)) })
	}
	t.Run("iat missing", func(t *testing.T) {
		f.refusesBecause(t, f.forge.Token(header, claims.Without("iat")), "no iat or exp")
	})
	for name, c := range map[string]forge.Object{
		"nbf missing":       claims,
		"nbf in the past":   claims.With("nbf", at(-time.Minute)),
		"nbf in the leeway": claims.With("nbf", at(leeway)),
		"iat in the leeway": claims.With("iat", at(leeway)),
	} {
		t.Run(name, func(t *testing.T) { f.accepts(t, f.forge.Token(header, c)) })
	}
	for name, leeway := range map[string]time.Duration{"10 minutes": 10 * time.Minute, "just over 2 minutes": 2*time.Minute + 1, "negative": -1} {
		t.Run("a leeway that is refused: "+name, func(t *testing.T) {
			if _, err := jwt.New(f.keys, jwt.Options{Issuer: issuer, Secret: f.secret, Leeway: leeway}); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// J-10: exactly this issuer, exactly this audience, and a subject.
func TestJ10_IssuerAudienceSubject(t *testing.T) {
	f := newFixture(t)
	for claim, values := range map[string]map[string]string{
		"iss": {
			"other": `"https://other.example"`, "trailing slash": `"` + issuer + `/"`, "upper case": `"HTTPS://ISSUER.EXAMPLE"`,
			"array": `["` + issuer + `"]`, "empty": `""`, "null": "null",
		},
		"aud": {
			"other": `"https://other.example"`, "none of them": `[]`, "ours among others": `["` + issuer + `","https://other.example"]`,
			"ours in an array": `["` + issuer + `"]`, "case variant": `"https://Issuer.example"`, "prefix": `"https://issuer"`,
			"number": "1", "empty": `""`, "that of pre_auth": `"` + issuer + `/2fa"`,
		},
		"sub": {
			"empty": `""`, "number": "1", "object": "{}", "4 kB": forge.Quote(strings.Repeat("s", 4096)),
			"256 bytes": forge.Quote(strings.Repeat("s", 256)), "null": "null",
		},
		"jti": {"empty": `""`, "number": "1", "null": "null", "256 bytes": forge.Quote(strings.Repeat("s", 256))},
	} {
		for _, kind := range []string{"user", "service"} {
			claims := f.forge.Claims(kind, f.now)
			for name, value := range values {
				t.Run(kind+" "+claim+" "+name, func(t *testing.T) {
					f.refuses(t, f.forge.Token(f.forge.Header(kind), claims.With(claim, value)))
				})
			}
			t.Run(kind+" "+claim+" missing", func(t *testing.T) {
				f.refuses(t, f.forge.Token(f.forge.Header(kind), claims.Without(claim)))
			})
		}
	}
	t.Run("an audience of its own", func(t *testing.T) {
		f.service = f.serve(t, f.keys, jwt.Options{Secret: f.secret, Audience: "api"})
		claims := f.forge.Claims("user", f.now)
		f.accepts(t, f.forge.Token(f.forge.Header("user"), claims.With("aud", `"api"`)))
		f.refuses(t, f.forge.Token(f.forge.Header("user"), claims))
		f.accepts(t, f.forge.Token(f.forge.Header("pre_auth"), f.forge.Claims("pre_auth", f.now)))
		f.refuses(t, f.forge.Token(f.forge.Header("pre_auth"), f.forge.Claims("pre_auth", f.now).With("aud", `"api"`)))
	})
}

// J-11: no kind of token passes for another, and no foreign kind passes at all.
func TestJ11_CrossTokenConfusion(t *testing.T) {
	f := newFixture(t)
	kinds := map[string]string{"user": "user+jwt", "pre_auth": "preauth+jwt", "service": "service+jwt"}
	for kind, typ := range kinds {
		claims := f.forge.Claims(kind, f.now)
		for other, otherTyp := range kinds {
			if other == kind {
				continue
			}
			t.Run(kind+" under the typ of "+other, func(t *testing.T) {
				f.refuses(t, f.forge.Token(f.forge.Header(other), claims))
				f.refuses(t, f.forge.Token(f.forge.Header(kind).With("typ", forge.Quote("application/"+otherTyp)), claims))
			})
			t.Run(kind+" with token_type "+other, func(t *testing.T) {
				f.refuses(t, f.forge.Token(f.forge.Header(kind), claims.With("token_type", forge.Quote(other))))
			})
			if kind == "pre_auth" || other == "pre_auth" {
				t.Run(kind+" with all of "+other+" but the audience", func(t *testing.T) {
					c := f.forge.Claims(other, f.now)
					f.refuses(t, f.forge.Token(f.forge.Header(other), c.With("aud", claims[1].JSON)))
				})
			}
		}
		for name, value := range map[string]string{"null": "null", "number": "1", "upper case": forge.Quote(strings.ToUpper(kind)), "unknown": `"admin"`} {
			t.Run(kind+" with token_type "+name, func(t *testing.T) {
				f.refuses(t, f.forge.Token(f.forge.Header(kind), claims.With("token_type", value)))
			})
		}
		t.Run(kind+" without token_type", func(t *testing.T) {
			f.refuses(t, f.forge.Token(f.forge.Header(kind), claims.Without("token_type")))
		})
		for _, foreign := range []string{
			"JWT", "jwt", "id_token+jwt", "at+jwt", "application/at+jwt", "", strings.ToUpper(typ), "application/" + strings.ToUpper(typ),
			"Application/" + typ, "application/application/" + typ, "text/" + typ, typ + " ", " " + typ, typ + "; charset=utf-8", "+jwt",
		} {
			t.Run(kind+" as "+foreign, func(t *testing.T) {
				f.refuses(t, f.forge.Token(f.forge.Header(kind).With("typ", forge.Quote(foreign)), claims))
			})
		}
		t.Run(kind+" without typ", func(t *testing.T) {
			f.refuses(t, f.forge.Token(f.forge.Header(kind).Without("typ"), claims))
		})
		t.Run(kind+" in the long form", func(t *testing.T) {
			f.accepts(t, f.forge.Token(f.forge.Header(kind).With("typ", forge.Quote("application/"+typ)), claims))
		})
	}
}

package jwt_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/internal/problem"
	"github.com/crafteasy/auth/internal/secret"
	"github.com/crafteasy/auth/internal/testutil/forge"
	"github.com/crafteasy/auth/jwt"
)

func TestVerifyExpiredForgivesTheEndAndNothingElse(t *testing.T) {
	f := newFixture(t)
	token := f.sign(t, f.payload(jwt.TypeUser))
	f.now = f.now.Add(24 * time.Hour)
	if _, err := f.service.Verify(token); !errors.Is(err, problem.ErrInvalidToken) || !jwt.Expired(err) {
		t.Fatal("an expired token passes Verify, or is not called expired:", err)
	}
	if _, err := f.service.Verify(token[:len(token)-1]); !errors.Is(err, problem.ErrInvalidToken) || jwt.Expired(err) {
		t.Fatal("half a token passes Verify, or is called expired:", err)
	}
	p, err := f.service.VerifyExpired(token)
	if err != nil || p.UserID != "user-1" || !p.ExpiresAt.Before(f.now) {
		t.Fatal(p, err)
	}
	header, old := f.forge.Header("user"), f.forge.Claims("user", f.now.Add(-time.Hour))
	for name, c := range map[string]forge.Object{
		"no exp": old.Without("exp"), "another issuer": old.With("iss", `"x"`), "another audience": old.With("aud", `"x"`),
		"a life over the cap": old.With("iat", forge.Unix(f.now.Add(-3*time.Hour))),
		"nbf in the future":   old.With("nbf", forge.Unix(f.now.Add(time.Hour))),
	} {
		t.Run(name, func(t *testing.T) { f.refuses(t, f.forge.Token(header, c)) })
	}
	t.Run("another key", func(t *testing.T) {
		other := newFixture(t)
		f.refuses(t, f.forge.WithKey(other.forge.Key).Token(header, old))
	})
}

// The mac spares the curve; it never replaces it.
func TestMACOnlyRefuses(t *testing.T) {
	f := newFixture(t)
	header, claims := f.forge.Header("user").String(), f.forge.Claims("user", f.now).String()
	sealed := f.forge.WithMAC(header, claims)
	f.accepts(t, f.forge.Raw(header, sealed))
	value := sealed[len(sealed)-24 : len(sealed)-2]
	other := forge.New(t, privatePEM(t, f.keys), secret.New(), issuer)
	body := strings.TrimSuffix(claims, "}")
	for name, payload := range map[string]string{
		"no mac":                 claims,
		"another secret's":       other.WithMAC(header, claims),
		"another header's":       f.forge.WithMAC(f.forge.Header("service").String(), claims),
		"another payload's":      strings.Replace(sealed, "user-1", "user-2", 1),
		"cut short":              body + `,"mac":"` + value[:21] + `"}`,
		"longer":                 body + `,"mac":"` + value + `A"}`,
		"stray bits":             body + `,"mac":"` + stray(t, value) + `"}`,
		"empty":                  body + `,"mac":""}`,
		"null":                   body + `,"mac":null}`,
		"under another name":     body + `,"mad":"` + value + `"}`,
		"in front":               `{"mac":"` + value + `",` + claims[1:],
		"before the last member": body + `,"mac":"` + value + `","x":1}`,
		"in front and at end":    f.forge.WithMAC(header, `{"mac":"`+value+`",`+claims[1:]),
		"with a blank":           body + `, "mac":"` + value + `"}`,
		"with an escaped name":   body + `,"m\u0061c":"` + value + `"}`,
		"inside a string":        `{"x":"` + strings.ReplaceAll(sealed, `"`, `\"`) + `"}`,
		"inside an object":       strings.TrimSuffix(sealed, "}") + `}}`,
	} {
		t.Run(name, func(t *testing.T) { f.refuses(t, f.forge.Raw(header, payload)) })
	}
	t.Run("a valid mac, no valid signature", func(t *testing.T) {
		signed := forge.Signed(header, sealed)
		f.refuses(t, signed+"."+forge.Encode(make([]byte, 132)))
		f.refuses(t, signed+"."+forge.Encode(f.forge.Sign(signed+"x")))
	})
}

func TestRotation(t *testing.T) {
	f := newFixture(t)
	token := f.sign(t, f.payload(jwt.TypeUser))
	oldPublic, newKeys := publicPEM(t, f.keys), generate(t)

	t.Run("the previous secret verifies and does not sign", func(t *testing.T) {
		next := secret.New()
		s := f.serve(t, f.keys, jwt.Options{Secret: next, PreviousSecrets: []secret.Secret{secret.New(), f.secret}})
		if _, err := s.Verify(token); err != nil {
			t.Error(errors.Unwrap(err))
		}
		fresh, err := s.Sign(f.payload(jwt.TypeUser))
		must(t, err)
		if _, err := f.service.Verify(fresh); err == nil {
			t.Error("signed under the previous secret")
		}
		if _, err := f.serve(t, f.keys, jwt.Options{Secret: next}).Verify(token); err == nil {
			t.Error("a secret that was dropped still verifies")
		}
	})
	t.Run("the previous key verifies and does not sign", func(t *testing.T) {
		both, err := newKeys.With(oldPublic)
		must(t, err)
		s := f.serve(t, both, jwt.Options{Secret: f.secret})
		if _, err := s.Verify(token); err != nil {
			t.Error(errors.Unwrap(err))
		}
		fresh, err := s.Sign(f.payload(jwt.TypeUser))
		must(t, err)
		f.refuses(t, fresh)
		if _, err := f.serve(t, newKeys, jwt.Options{Secret: f.secret}).Verify(token); err == nil {
			t.Error("a key that was dropped still verifies")
		}
	})
	t.Run("a key verifies under its own name only", func(t *testing.T) {
		both, err := newKeys.With(oldPublic)
		must(t, err)
		f.service = f.serve(t, both, jwt.Options{Secret: f.secret})
		claims := f.forge.Claims("user", f.now)
		f.accepts(t, f.forge.Token(f.forge.Header("user"), claims))
		f.refuses(t, f.forge.Token(f.forge.Header("user").With("kid", forge.Quote(newKeys.ID())), claims))
	})
}

func TestOptionsThatAreRefused(t *testing.T) {
	keys, s := generate(t), secret.New()
	for name, c := range map[string]struct {
		keys *jwt.Keys
		opts jwt.Options
		want string
	}{
		"no keys":                   {nil, jwt.Options{Issuer: issuer, Secret: s}, "keys"},
		"empty keys":                {&jwt.Keys{}, jwt.Options{Issuer: issuer, Secret: s}, "keys"},
		"no issuer":                 {keys, jwt.Options{Secret: s}, "Issuer"},
		"a long issuer":             {keys, jwt.Options{Issuer: strings.Repeat("i", 256), Secret: s}, "Issuer"},
		"a control in the issuer":   {keys, jwt.Options{Issuer: "a\nb", Secret: s}, "Issuer"},
		"a control in the audience": {keys, jwt.Options{Issuer: issuer, Audience: "a\nb", Secret: s}, "Audience"},
		"the audience of pre_auth":  {keys, jwt.Options{Issuer: issuer, Audience: issuer + "/2fa", Secret: s}, "Audience"},
		"no secret":                 {keys, jwt.Options{Issuer: issuer}, "Secret"},
		"an empty previous secret":  {keys, jwt.Options{Issuer: issuer, Secret: s, PreviousSecrets: []secret.Secret{{}}}, "PreviousSecrets"},
		"a leeway over 2 minutes":   {keys, jwt.Options{Issuer: issuer, Secret: s, Leeway: 3 * time.Minute}, "Leeway"},
		"a life over 1 hour":        {keys, jwt.Options{Issuer: issuer, Secret: s, MaxTTL: time.Hour + 1}, "MaxTTL"},
		"a negative life":           {keys, jwt.Options{Issuer: issuer, Secret: s, MaxTTL: -1}, "MaxTTL"},
	} {
		t.Run(name, func(t *testing.T) {
			service, err := jwt.New(c.keys, c.opts)
			if service != nil || err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q does not name %s", err, c.want)
			}
		})
	}
}

func TestMaxTTL(t *testing.T) {
	f := newFixture(t)
	s := f.serve(t, f.keys, jwt.Options{Secret: f.secret, MaxTTL: 15 * time.Minute})
	p := f.payload(jwt.TypeUser)
	p.ExpiresAt = p.IssuedAt.Add(15 * time.Minute)
	if _, err := s.Sign(p); err != nil {
		t.Error(err)
	}
	p.ExpiresAt = p.ExpiresAt.Add(time.Second)
	if _, err := s.Sign(p); err == nil {
		t.Error("signed for longer")
	}
	if _, err := s.Verify(f.sign(t, p)); err == nil {
		t.Error("accepted for longer")
	}
}
